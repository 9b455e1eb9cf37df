"""Whether the systems of `sluice.yaml` fit their connectors: use, names and kinds of settings."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from connectors import registry
from connectors.contract import Setting, SettingKind, Spec
from schemas import documents
from schemas.advice import Complaint, Place, meant
from schemas.config import Config, System
from schemas.countries import COUNTRIES, COUNTRY
from schemas.errors import Misconfigured
from schemas.observation import Trait
from schemas.policy import Fact

TOLD: Final = (*get_args(Trait), *get_args(Fact))
HINT: Final = Setting(
    "hint for phone numbers; the company's, unless a source has its own", "country"
)
"""`country`, which every connector takes."""


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _strings(value: Any) -> bool:  # noqa: ANN401 - whatever YAML held
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _mapping(value: object) -> bool:
    return isinstance(value, dict) and _strings([*value.keys(), *value.values()])


FITS: Final[Mapping[SettingKind, tuple[Callable[[Any], bool], str]]] = {
    "text": (lambda value: value != "" and (isinstance(value, str) or _number(value)), "text"),
    "whole": (lambda value: _number(value) and value > 0, "a whole number above 0"),
    "switch": (lambda value: isinstance(value, bool), "true or false"),
    "list": (_strings, "a list: [one, another]"),
    "fields": (_mapping, "pairs: {first_name: THEIR_NAME}"),
    "country": (lambda value: isinstance(value, str) and value in COUNTRIES, COUNTRY),
}


def fit(config: Config, path: Path) -> None:
    """`Invalid` when systems do not fit their connectors; `path` is where they are written."""
    problems = documents.placed(path, complaints(config))
    if problems:
        raise documents.Invalid(problems)


def complaints(config: Config) -> Iterator[Complaint]:
    """What does not fit, at its place in the file."""
    for name, source in config.sources.items():
        yield from _system(("sources", name), source)
    for name, destination in config.destinations.items():
        yield from _system(("destinations", name), destination)


def _system(place: Place, system: System) -> Iterator[Complaint]:
    try:
        spec = registry.load(system.connector).SPEC
    except Misconfigured as error:
        yield Complaint((*place, "connector"), _unknown(system.connector, error))
        return
    if place[0] == "sources" and not spec.kinds:
        text = f"{spec.name} is no source: nothing is read from it. Write it under destinations."
        yield Complaint((*place, "connector"), text)
    if place[0] == "destinations" and not spec.destination:
        text = f"{spec.name} is no destination: it only reads. Write it under sources."
        yield Complaint((*place, "connector"), text)
    yield from _settings((*place, "settings"), spec, system.settings)


def _unknown(name: str, error: Misconfigured) -> str:
    if "." in name and "there is no" not in str(error):
        return f"{error}."
    other = "" if "." in name else " Or write a dotted module of your own."
    return f'there is no connector "{name}".{meant(name, registry.REGISTRY)}{other}'


def _settings(place: Place, spec: Spec, given: Mapping[str, Any]) -> Iterator[Complaint]:
    known = {"country": HINT, **spec.settings}
    for name, value in given.items():
        if name not in known:
            text = f'{spec.name} has no setting "{name}".{meant(name, known)}'
            yield Complaint((*place, name), text)
        else:
            yield from _value((*place, name), known[name], value)
    for name, setting in known.items():
        if setting.required and name not in given:
            text = f"{spec.name} needs it. Write {name}: and {setting.what}."
            yield Complaint((*place, name), text)


def _value(place: Place, setting: Setting, value: object) -> Iterator[Complaint]:
    fits, write = FITS[setting.kind]
    if not fits(value):
        yield Complaint(place, f"this does not fit. Write {write}.")
    elif setting.choices and value not in setting.choices:
        yield Complaint(place, f'"{value}" is not known here.{meant(str(value), setting.choices)}')
    elif setting.kind == "fields" and isinstance(value, dict):
        for name in value.keys() - set(TOLD):
            text = f'"{name}" is nothing that is sent.{meant(name, TOLD)}'
            yield Complaint((*place, name), text)
