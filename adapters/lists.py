"""One list over several partitions, page by page."""

from collections.abc import Sequence
from typing import NamedTuple

from adapters.table import Item, Key, Table
from schemas.errors import BadRecord


class Page(NamedTuple):
    """Rows, and where the next page begins; none at the end."""

    items: tuple[Item, ...]
    next: str | None


def page(table: Table, partitions: Sequence[str], cursor: str, limit: int) -> Page:
    """The rows after `cursor`, partition after partition; `BadRecord` for a strange cursor."""
    position, after = _read(cursor, len(partitions))
    found: list[Item] = []
    for number in range(position, len(partitions)):
        start = Key(partitions[number], after) if after else None
        rows = table.query(
            partitions[number], consistent=False, limit=limit - len(found), after=start
        )
        found += rows.items
        after = rows.after.sk if rows.after else ""
        if len(found) >= limit:
            return Page(tuple(found), _following(number, after, len(partitions)))
    return Page(tuple(found), None)


def count(table: Table, partitions: Sequence[str]) -> int:
    """How many rows there are."""
    return sum(table.count(pk) for pk in partitions)


def _following(number: int, after: str, partitions: int) -> str | None:
    if after:
        return f"{number}|{after}"
    return f"{number + 1}|" if number + 1 < partitions else None


def _read(cursor: str, partitions: int) -> tuple[int, str]:
    if not cursor:
        return 0, ""
    number, bar, after = cursor.partition("|")
    places = [str(place) for place in range(partitions)]
    if not bar or number not in places:
        raise BadRecord("this cursor is not one that was answered: begin without it")
    return int(number), after
