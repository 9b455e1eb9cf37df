"""New rules reach what is in the graph already, page by page, beside resolvers that use them.

What the rules say of a value itself (junk patterns, new types, composites) was decided when its
record arrived: that part of a change takes effect as the sources are synchronised again.
"""

from dataclasses import dataclass
from typing import Final

from rules.identity import rule_of
from rules.keys import type_of
from rules.resolution_calls import Page, Scan, Steps, read_many, surely
from rules.resolution_commit import commit
from rules.resolution_crowds import unsettled, weighed
from rules.resolution_islands import Laws, recompute
from rules.resolution_items import HEAD, subject_from
from rules.resolution_release import plan_weigh
from rules.resolution_settling import Amendment, leave, settle
from rules.resolution_view import Draft, View
from schemas.graph import IdentifierKey
from schemas.rows import Item, Key, Write, key_of

DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an adoption has come; `seen` are items looked at so far."""

    seen: int
    done: bool


def adopt(name: str, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages of the sweep that `name` (the rules' hash) identifies; repeat until done.

    `laws.rules` are the new rules. Start when no resolver uses the former ones any more.
    """
    place = Key("POLICY", f"ADOPT#{name}")
    found = (yield from read_many([place])).get(place, {})
    seen, after = _number(found), _after(found)
    if found.get(DONE):
        return Progress(seen, done=True)
    for _ in range(pages):
        page: Page = yield Scan(after)
        for item in page.items:
            yield from _adopt_item(item, laws)
        seen, after = seen + len(page.items), page.after
        yield from surely(Write("put", place, _progress(seen, after)))
        if after is None:
            return Progress(seen, done=True)
    return Progress(seen, done=False)


def _adopt_item(item: Item, laws: Laws) -> Steps[None]:
    key = key_of(item)
    kind, _, name = key.pk.partition("#")
    if key.sk != HEAD:
        return
    if kind == "G" and item.get("data"):
        yield from commit(View(), lambda draft, _apart: _plan_island(draft, name, laws))
    elif kind == "I":
        yield from _adopt_identifier(name, laws)
    elif kind == "S":
        head = subject_from(item)
        if head.own:
            yield from _adopt_identifier(head.own.key, laws)
        if unsettled(head, laws.rules) or weighed(head, laws.rules) != head:
            yield from commit(View(), lambda draft, _apart: plan_weigh(draft, head.s, laws))
            yield from leave(head.s, laws)


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
