"""All keys come to the pepper that is coming, beside resolvers, and no customer changes.

Start it when every process makes new keys with that pepper (`Pepper.begun`). Nobody makes one of
the former kind then, so what one going through finds is all there is. Rows that never change are
copied before they are deleted: who reads the former place first, and then the new, misses none.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from rules import keys
from rules.keys import Pepper
from rules.resolution_calls import Steps, TableName, insert_many, surely
from rules.resolution_commit import commit
from rules.resolution_islands import Laws, recompute
from rules.resolution_items import HEAD
from rules.resolution_renaming import rename
from rules.resolution_sweep import Progress, swept
from rules.resolution_view import Draft, View
from schemas.rows import Item, Key, Write, key_of

TABLES: Final[tuple[TableName, ...]] = ("graph", "journal")


@dataclass(frozen=True, slots=True)
class Going:
    """Through one table, to the pepper of this version."""

    version: int
    table: TableName = "graph"

    @property
    def place(self) -> Key:
        """The row that says how far it has come."""
        return Key("POLICY", f"REKEY#{self.version}#{self.table}")


def rekey(going: Going, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages; repeat until done, for each of the tables."""
    visit = partial(_visit, table=going.table, laws=laws)
    return (yield from swept(going.place, visit, pages, going.table))


def _visit(item: Item, table: TableName, laws: Laws) -> Steps[None]:
    place = key_of(item)
    if place.sk == HEAD and table == "graph":
        yield from _visit_head(place, item, laws)
        return
    to = taken(place, laws.pepper)
    if to != place:
        yield from insert_many([{**item, "pk": to.pk, "sk": to.sk}], table)
        yield from surely(Write("delete", place), table)


def _visit_head(place: Key, item: Item, laws: Laws) -> Steps[None]:
    kind, _, name = place.pk.partition("#")
    if kind == "I" and keys.renewed(laws.pepper, name) != name:
        yield from rename(name, laws)
    elif kind == "G" and item.get("data"):
        yield from commit(View(), lambda draft, _apart: _plan_island(draft, name, laws))


def _plan_island(draft: Draft, g: str, laws: Laws) -> None:
    """Links that people had ignored are so under their new names."""
    draft.put(draft.live(g))
    recompute(draft, laws)


def taken(place: Key, pepper: Pepper) -> Key:
    """Where a row that never changes is under the coming pepper: consents, and names."""
    kind, _, name = place.pk.partition("#")
    if kind == "I" and place.sk.startswith("K#"):
        return place._replace(pk=f"I#{keys.renewed(pepper, name)}")
    if kind == "N":
        word = keys.renewed(pepper, f"name#{name}").partition("#")[2]
        return place._replace(pk=f"N#{word}")
    return place
