"""The stand-ins for the vendors' systems, as one program."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from local import service
from local.install import ENVIRONMENTS, ROOT
from local.service import Service
from schemas.config import Config, System

PORT = 41990  # the one that sluice.yaml names; where it is taken, the copy deployed names another
Instance = TypeVar("Instance", bound=System)
HOST = f"127.0.0.1:{PORT}"


def vendors(home: Path, config: Config) -> Service:
    """The program, with every shop that the configuration names; what it holds survives a stop."""
    shops = [word for name in _shops(config) for word in ("--shop", name)]
    return Service(
        "standins",
        home,
        ENVIRONMENTS["dev"] / "bin" / "python",
        lambda running: [
            *("-m", "local.standins", "--port", str(running.port)),
            *("--instance", running.mark, "--state", str(home / "standins-state.json")),
            *shops,
        ],
        lambda _: {"PYTHONPATH": str(ROOT)},
        lambda running: service.health(running, "/_control/health").get("instance") == running.mark,
        PORT,
    )


def _shops(config: Config) -> Iterator[str]:
    for name, source in config.sources.items():
        if source.connector == "shopify" and is_stand_in(source):
            yield stand_in_name(name, source)


def is_stand_in(system: System) -> bool:
    """Whether a system's base URL leads to the stand-ins."""
    return urlsplit(system.base_url).netloc == HOST


def stand_in_name(name: str, system: System) -> str:
    """What the stand-ins call a system: the first part of its path, or its own name.

    Also after `at_port` has moved it.
    """
    address = urlsplit(system.base_url)
    first = address.path.strip("/").partition("/")[0]
    return first if address.hostname == "127.0.0.1" and first else name


def at_port(config: Config, port: int) -> Config:
    """The configuration with its stand-ins where they really are."""

    sources = {name: _moved(system, port) for name, system in config.sources.items()}
    destinations = {name: _moved(system, port) for name, system in config.destinations.items()}
    return config.model_copy(update={"sources": sources, "destinations": destinations})


def _moved(system: Instance, port: int) -> Instance:
    if not is_stand_in(system):
        return system
    parts = urlsplit(system.base_url)._replace(netloc=f"127.0.0.1:{port}")
    return system.model_copy(update={"base_url": urlunsplit(parts)})
