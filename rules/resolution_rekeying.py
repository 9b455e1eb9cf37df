"""All keys come to the pepper that is coming, beside resolvers, and no customer changes.

Start it when every process makes new keys with that pepper (`Pepper.begun`). Nobody makes one of
the former kind then, so what one going through finds is all there is. Consents are copied; who
read an island a moment ago may look for them under the former name, so they go with the `last`
going through, when all of those have ended who knew a former name.
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
    last: bool = False

    @property
    def place(self) -> Key:
        """The row that says how far it has come."""
        return Key("POLICY", f"REKEY#{self.version}#{self.table}{'#LAST' if self.last else ''}")


def rekey(going: Going, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages; repeat until done, for each of the tables, and then so with the last.

    Between the two the pepper that was coming comes to be among the `later` ones; the laws of the
    last one still have it as `coming`.
    """
    visit = partial(_visit, going=going, laws=laws)
    return (yield from swept(going.place, visit, pages, going.table))


def _visit(item: Item, going: Going, laws: Laws) -> Steps[None]:
    place = key_of(item)
    if place.sk == HEAD and going.table == "graph":
        yield from _visit_head(place, item, laws)
        return
    to = taken(place, laws.pepper)
    if to != place:
        yield from insert_many([{**item, "pk": to.pk, "sk": to.sk}], going.table)
        if going.last:
            yield from surely(Write("delete", place), going.table)


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
    """Where a consent is under the coming pepper; itself what is none, or is there already."""
    kind, _, name = place.pk.partition("#")
    if kind != "I" or not place.sk.startswith("K#"):
        return place
    return place._replace(pk=f"I#{keys.renewed(pepper, name)}")
