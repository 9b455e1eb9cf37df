"""How large an island may be: what joins is refused in time, what takes apart never is for that."""

from collections.abc import Sequence
from typing import Final

from rules.bonds import EVER
from rules.keys import Pepper
from rules.renaming import renamed
from rules.resolution_bonds import fewer, listed
from rules.resolution_items import island_item
from schemas.bonds import Bond
from schemas.errors import BadRecord
from schemas.graph import Island, Node

LARGEST: Final = 300 * 1024
"""Bytes of an island's data, beside its bonds, up to which it may grow."""
MOST: Final = 390 * 1024
"""What it may come to by falling apart."""
ROW: Final = 399 * 1024
"""DynamoDB's 400 KB, less the key and the names of the attributes."""


class TooLarge(BadRecord):
    """An island would outgrow its row."""

    def __init__(self) -> None:
        super().__init__("a group of records too large to join any further")


def fitting(before: Sequence[Island], after: Island, largest: int, pepper: Pepper) -> Island:
    """`after`, with fewer bonds that bind as much where its row would be too large for all.

    `TooLarge` when it grew past `largest` bytes, or so that all of it apart would not fit a row.
    One that only falls apart is not held to that.
    """
    if _guess(after) <= largest // 2 or size(after) <= largest // 2:
        return after  # one that is apart has less than twice and a half of that
    if grown(before, after, pepper) and _full(after, largest):
        raise TooLarge
    narrower = fewer(after.bonds)
    while size(after) > largest + largest // 4 and (bonds := next(narrower, None)):
        after = after.model_copy(update={"bonds": tuple(bonds)})
    if size(after) > ROW:
        raise TooLarge
    return after


def _full(island: Island, largest: int) -> bool:
    bare = island.model_copy(update={"bonds": ()})
    return size(bare) > largest or size(_scattered(island)) > MOST


def _scattered(island: Island) -> Island:
    """As large as it can become without growing: everybody alone, and bound to all others."""
    bound = {thing for bond in island.bonds for part in bond.parts for thing in part}
    things = bound.union(island.nodes, *(node.links for node in island.nodes.values()))
    parts = tuple(frozenset({thing}) for thing in sorted(things))
    labels = {s: s[::-1] for s in island.nodes}
    bonds = (Bond(parts=parts, since=EVER, until=EVER),) if parts else ()
    return island.model_copy(update={"labels": labels, "bonds": bonds})


def grown(before: Sequence[Island], after: Island, pepper: Pepper) -> bool:
    """Whether it takes anybody in, or anything that links. Another name is nothing new."""
    if len(before) != 1:
        return True
    was, now = renamed(before[0], pepper), renamed(after, pepper)
    if _joining(now) - _joining(was):
        return True
    return any(_gained(was.nodes.get(s), node, now.unusable) for s, node in now.nodes.items())


def _joining(island: Island) -> set[tuple[str, frozenset[str]]]:
    """Saying it once more, with other words, takes nobody in."""
    joins = (v for v in island.verdicts if v.kind in ("always", "alias"))
    return {(v.kind, frozenset((v.a, v.b))) for v in joins}


def _gained(was: Node | None, now: Node, unusable: frozenset[str]) -> bool:
    return was is None or bool(now.links - was.links - unusable)


def size(island: Island) -> int:
    """Bytes of its data as they are stored."""
    data = island_item(island)["data"]
    assert isinstance(data, bytes)
    return len(data)


def _guess(island: Island) -> int:
    """No less than its size, without packing it."""
    links = sum(len(node.links) + len(node.crowded) for node in island.nodes.values())
    reviewed = sum(len(review.subjects) for review in island.reviews)
    marked = len(island.unusable) + len(island.oversized)
    many = 8 * (len(island.nodes) + len(island.verdicts) + len(island.reviews))
    words = sum(len(verdict.why.encode()) for verdict in island.verdicts)
    return words + 64 * (many + links + reviewed + marked + listed(island.bonds))
