"""The stand-ins for the vendors' systems, as one program."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from local import service
from local.install import ENVIRONMENTS, ROOT
from local.programs import Running
from local.service import Service
from schemas.config import Config, System

PORT = 41990  # the one that sluice.yaml names; where it is taken, the copy deployed names another
Instance = TypeVar("Instance", bound=System)
HOST = f"127.0.0.1:{PORT}"
NAME = "standins"


def vendors(home: Path, shops: Sequence[str]) -> Service:
    """The program, with these shops; what it holds survives a stop.

    One that runs without one of them is another program: it is replaced.
    """
    return Service(
        NAME,
        home,
        ENVIRONMENTS["dev"] / "bin" / "python",
        lambda running: [
            *("-m", "local.standins", "--port", str(running.port)),
            *("--instance", running.mark, "--state", str(home / "standins-state.json")),
            *(word for name in shops for word in ("--shop", name)),
        ],
        lambda _: {"PYTHONPATH": str(ROOT)},
        lambda running: _is_this(service.health(running, "/_control/health"), running, shops),
        PORT,
    )


def _is_this(told: Mapping[str, Any], running: Running, shops: Sequence[str]) -> bool:
    return told.get("instance") == running.mark and set(shops) <= set(told.get("systems", ()))


def stop(home: Path) -> None:
    """Stops the program, whichever shops it was started with."""
    service.stop(service.record_of(home, NAME))


def stand_ins(config: Config) -> dict[str, str]:
    """System → what the stand-ins call it, of those whose base URL leads to the stand-ins."""
    destinations = config.destinations.items()
    theirs = {name: _called(system) for name, system in destinations if _is_stand_in(system)}
    return {**theirs, **invented(config)}


def invented(config: Config) -> dict[str, str]:
    """The same, of sources alone: only they are sent what is invented."""
    return {n: _called(source) for n, source in config.sources.items() if _is_stand_in(source)}


def shops(config: Config) -> tuple[str, ...]:
    """The shops among them, by the stand-ins' names."""
    named = invented(config)
    return tuple(named[n] for n in named if config.sources[n].connector == "shopify")


def _is_stand_in(system: System) -> bool:
    return urlsplit(system.base_url).netloc == HOST


def _called(system: System) -> str:
    """The first part of its path."""
    return urlsplit(system.base_url).path.strip("/").partition("/")[0]


def at_port(config: Config, port: int) -> Config:
    """The configuration with its stand-ins where they really are."""

    sources = {name: _moved(system, port) for name, system in config.sources.items()}
    destinations = {name: _moved(system, port) for name, system in config.destinations.items()}
    return config.model_copy(update={"sources": sources, "destinations": destinations})


def _moved(system: Instance, port: int) -> Instance:
    if not _is_stand_in(system):
        return system
    parts = urlsplit(system.base_url)._replace(netloc=f"127.0.0.1:{port}")
    return system.model_copy(update={"base_url": urlunsplit(parts)})
