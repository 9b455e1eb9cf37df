"""Which peppers keys are made with: pure, from what is in the secret and the stage of a change."""

from collections.abc import Mapping
from typing import Final

from rules.keys import Pepper
from schemas.errors import Misconfigured
from schemas.rekeying import RekeyView

FIRST: Final = "secret"
SHORTEST: Final = 32
"""Bytes of a pepper: one that can be guessed guards nothing."""


def field(version: int, first: int = 1) -> str:
    """Where in the secret the pepper of a version is."""
    return FIRST if version == first else f"{FIRST}_{version}"


def pepper(held: Mapping[str, str], view: RekeyView | None) -> Pepper:
    """The peppers in use at a stage; `Misconfigured` where one is missing."""
    number = held.get("version", "1")
    first = int(number) if number.isdecimal() else 1
    version = view.version if view else first
    later = tuple(Pepper(_read(held, n, first), n) for n in range(first + 1, version + 1))
    made = Pepper(_read(held, first, first), first)
    if view is None or not later or view.stage in ("alone", "done"):
        return _with(made, later)
    return _with(made, later[:-1], later[-1], begun=view.stage == "begun")


def sweeping(held: Mapping[str, str], view: RekeyView) -> Pepper:
    """What all of a change is carried out with: both names are known, whatever the stage."""
    return pepper(held, view.model_copy(update={"stage": "begun"}))


def _with(
    first: Pepper,
    later: tuple[Pepper, ...],
    coming: Pepper | None = None,
    *,
    begun: bool = False,
) -> Pepper:
    return Pepper(first.secret, first.version, later, coming, begun)


def _read(held: Mapping[str, str], version: int, first: int) -> bytes:
    name = field(version, first)
    try:
        return bytes.fromhex(held[name])
    except (KeyError, ValueError) as error:
        message = f"the secret pepper/graph has no pepper {version} ({name}, in hexadecimal)"
        raise Misconfigured(message) from error
