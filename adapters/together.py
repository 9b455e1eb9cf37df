"""Several calls at once, for the time of the slowest."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Answer = TypeVar("Answer")

AT_ONCE: Final = 8
"""Calls under way: as many as the connection pool holds."""


def side_by_side(asked: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """The answers in order, or the first one's error; all have ended when this returns."""
    if len(asked) < 2:
        return [ask() for ask in asked]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each.result() for each in [pool.submit(ask) for ask in asked]]
