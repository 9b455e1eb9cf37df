"""Going through a whole table page by page, with the place kept in a row: cut short, it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rules.resolution_calls import Page, Scan, Steps, TableName, read_many, surely
from schemas.rows import Item, Key, Write

DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep has come; `seen` are items looked at so far."""

    seen: int
    done: bool


def swept(
    place: Key, visit: Callable[[Item], Steps[None]], pages: int = 1, table: TableName = "graph"
) -> Steps[Progress]:
    """Visits the items of the next pages; repeat until done. A page may be visited twice."""
    found = (yield from read_many([place])).get(place, {})
    seen, after = _number(found), _after(found)
    if found.get(DONE):
        return Progress(seen, done=True)
    for _ in range(pages):
        page: Page = yield Scan(after, table)
        for item in page.items:
            yield from visit(item)
        seen, after = seen + len(page.items), page.after
        yield from surely(Write("put", place, _progress(seen, after)))
        if after is None:
            return Progress(seen, done=True)
    return Progress(seen, done=False)


def _progress(seen: int, after: Key | None) -> Item:
    if after is None:
        return {"seen": seen, DONE: True}
    return {"seen": seen, "after_pk": after.pk, "after_sk": after.sk}


def _number(found: Item) -> int:
    seen = found.get("seen", 0)
    return seen if isinstance(seen, int) else 0


def _after(found: Item) -> Key | None:
    return Key(str(found["after_pk"]), str(found["after_sk"])) if "after_pk" in found else None
