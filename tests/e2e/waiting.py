"""Waiting for something that comes about by itself: bounded, and with a word on what did not."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Found = TypeVar("Found")

LOOK_EVERY = 0.25


def until(look: Callable[[], Found | None], what: str, seconds: float = 60.0) -> Found:
    """What `look` finds, once it finds something; the test fails when it takes longer."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:.0f} s")
        time.sleep(LOOK_EVERY)


def steady(look: Callable[[], Found | None], what: str, seconds: float, looks: int = 4) -> Found:
    """What `look` finds so many times in a row: between two steps of a flow nothing is under way
    for an instant."""
    seen: list[Found] = []

    def again() -> Found | None:
        found = look()
        if found:
            seen.append(found)
        else:
            seen.clear()
        return found if len(seen) >= looks else None

    return until(again, what, seconds)
