"""Which peppers keys are made with: pure, from what is in the secret and the stage of a change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rules.keys import Pepper, digest
from schemas.errors import Misconfigured
from schemas.rekeying import RekeyView

FIRST: Final = "secret"
SHORTEST: Final = 32
"""Bytes of a pepper: one that can be guessed guards nothing."""


def field(version: int) -> str:
    """Where in the secret the pepper of a version is."""
    return FIRST if version == 1 else f"{FIRST}_{version}"


def pepper(held: Mapping[str, str], view: RekeyView | None) -> Pepper:
    """The peppers in use at a stage; `Misconfigured` where one is missing, or is another one."""
    version = view.version if view else 1
    first, *others = (Pepper(_read(held, n), n) for n in range(1, version + 1))
    later = tuple(others)
    if view is None or not later:
        return first
    if view.mark and _mark(later[-1]) != view.mark:
        message = f"pepper {version} in the secret pepper/graph is not the one that keys go to"
        raise Misconfigured(message)
    if view.stage in ("alone", "done"):
        return replace(first, later=later)
    return replace(first, later=later[:-1], coming=later[-1], begun=view.stage == "begun")


def sweeping(held: Mapping[str, str], view: RekeyView) -> Pepper:
    """What all of a change is carried out with: both names are known, whatever the stage."""
    return pepper(held, view.model_copy(update={"stage": "begun"}))


def mark_of(made: Pepper) -> str:
    """The mark of the pepper that is coming."""
    return _mark(made.coming) if made.coming else ""


def _mark(pepper: Pepper) -> str:
    return digest(pepper, "mark", b"")


def _read(held: Mapping[str, str], version: int) -> bytes:
    name = field(version)
    try:
        found = bytes.fromhex(held[name])
    except (KeyError, ValueError):
        found = b""
    if len(found) < (SHORTEST if version > 1 else 1):
        message = f"the secret pepper/graph has no pepper {version} ({name}, in hexadecimal)"
        raise Misconfigured(message)
    return found
