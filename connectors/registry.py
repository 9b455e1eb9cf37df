"""The connectors that come with Sluice: one line each. Nothing is imported until it is asked for.

A dotted module of one's own works wherever a name does.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Final, cast

from connectors import defaults
from connectors.contract import Connector, Spec
from schemas.errors import Misconfigured


def named(entries: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Name → module; a name given twice is `Misconfigured`, never the last one silently."""
    found: dict[str, str] = {}
    for name, module in entries:
        if name in found:
            message = f"connector {name!r} is registered twice, as {found[name]} and {module}"
            raise Misconfigured(message)
        found[name] = module
    return found


REGISTRY: Final[Mapping[str, str]] = named(
    (
        ("hubspot", "connectors.hubspot"),
        ("mailchimp", "connectors.mailchimp"),
        ("shopify", "connectors.shopify"),
        ("webhook", "connectors.webhook"),
        ("zendesk", "connectors.zendesk"),
    )
)


@cache
def load(name: str) -> Connector:
    """The connector of a registry name or a dotted module.

    What the module leaves out comes from `connectors.defaults`.
    """
    dotted = REGISTRY.get(name, name)
    if "." not in dotted or not _exists(dotted):
        known = ", ".join(sorted(REGISTRY))
        message = f"there is no connector {name!r}: use one of {known}, or a dotted module"
        raise Misconfigured(message)
    return completed(import_module(dotted))


def completed(module: ModuleType) -> Connector:
    """A module as a connector, with the defaults for what it does not define."""
    if not isinstance(getattr(module, "SPEC", None), Spec):
        message = f"{module.__name__} is no connector: it needs SPEC = Spec(...)"
        raise Misconfigured(message)
    return cast("Connector", SimpleNamespace(**(_functions(defaults) | _functions(module))))


def _exists(dotted: str) -> bool:
    try:
        return find_spec(dotted) is not None
    except ModuleNotFoundError:
        return False


def _functions(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}
