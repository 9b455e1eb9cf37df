"""New rules reach what is in the graph already, page by page, beside resolvers that use them.

Limits, levels and the cap are looked at again where they apply; what the rules say of a value
itself (junk patterns, new types, composites, spelling) by reading each record again.
"""

from dataclasses import dataclass
from typing import Final

from rules.identity import rule_of
from rules.keys import type_of
from rules.resolution_calls import Page, Scan, Steps, read_many, surely
from rules.resolution_commit import commit
from rules.resolution_islands import Laws, recompute
from rules.resolution_items import HEAD, subject_from
from rules.resolution_restating import Sweep, restate
from rules.resolution_settling import Amendment, settle
from rules.resolution_view import Draft, View
from schemas.graph import IdentifierKey
from schemas.rows import Item, Key, Write, key_of

DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an adoption has come; `seen` are items looked at so far."""

    seen: int
    done: bool


def adopt(sweep: Sweep, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages of the sweep; repeat until done, then so with the last.

    `laws.rules` are the new rules. Start when no resolver uses the former ones any more.
    """
    place = sweep.place
    found = (yield from read_many([place])).get(place, {})
    seen, after = _number(found), _after(found)
    if found.get(DONE):
        return Progress(seen, done=True)
    for _ in range(pages):
        page: Page = yield Scan(after)
        for item in page.items:
            yield from _adopt_item(item, sweep, laws)
        seen, after = seen + len(page.items), page.after
        yield from surely(Write("put", place, _progress(seen, after)))
        if after is None:
            return Progress(seen, done=True)
    return Progress(seen, done=False)


def _adopt_item(item: Item, sweep: Sweep, laws: Laws) -> Steps[None]:
    key = key_of(item)
    kind, _, name = key.pk.partition("#")
    if key.sk != HEAD:
        return
    if kind == "G" and item.get("data"):
        yield from commit(View(), lambda draft, _apart: _plan_island(draft, name, laws))
    elif kind == "I":
        yield from _adopt_identifier(name, laws)
    elif kind == "S":
        yield from restate(name, sweep, laws)
        own = subject_from(item).own
        if own:
            yield from _adopt_identifier(own.key, laws)


def _plan_island(draft: Draft, g: str, laws: Laws) -> None:
    draft.put(draft.live(g))
    recompute(draft, laws)


def _adopt_identifier(key: IdentifierKey, laws: Laws) -> Steps[None]:
    """A type that lost its rule links nobody whatever its carriers: it is left as it is."""
    if rule_of(type_of(key), laws.rules):
        yield from settle(View(), Amendment(key, again=True), laws)


def _progress(seen: int, after: Key | None) -> Item:
    if after is None:
        return {"seen": seen, DONE: True}
    return {"seen": seen, "after_pk": after.pk, "after_sk": after.sk}


def _number(found: Item) -> int:
    seen = found.get("seen", 0)
    return seen if isinstance(seen, int) else 0


def _after(found: Item) -> Key | None:
    return Key(str(found["after_pk"]), str(found["after_sk"])) if "after_pk" in found else None
