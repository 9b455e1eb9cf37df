"""All keys come to the pepper that is coming, beside resolvers, and no customer changes.

Start it when every process makes new keys with that pepper (`Pepper.begun`). Nobody makes one of
the former kind then, so what one going through finds is all there is. Consents are copied; who
read an island a moment ago may look for them under the former name, so the `rest` goes last, when
all have ended who knew a former name, and no island's bonds have one. What a subject has too much
of is on no identifier's head, so it follows when every identifier has its new name: before, it
could be set aside by a former name once more, or released by a new one that nobody else has yet.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from rules import keys
from rules.keys import Pepper
from rules.rekeying_ledger import is_ledger, move
from rules.resolution_calls import (
    Pause,
    Steps,
    TableName,
    insert_many,
    read_many,
    surely,
    transact,
)
from rules.resolution_commit import ATTEMPTS, commit
from rules.resolution_consents import bring_consents
from rules.resolution_islands import Laws, recompute
from rules.resolution_items import HEAD, island_from
from rules.resolution_release import plan_renew
from rules.resolution_renaming import rename
from rules.resolution_sweep import Progress, swept
from rules.resolution_view import Draft, View
from schemas.bonds import Bond
from schemas.errors import RetryLater
from schemas.graph import IdentifierKey, Island
from schemas.rows import PRESENT, Conflict, Item, Key, Write, key_of

Step = Literal["names", "crowds", "bonds", "rest"]
"""Identifiers and what was delivered under them get their new names; what links nobody, since its
subject has too much of it, does; what islands remember of others does; former rows go."""


@dataclass(frozen=True, slots=True)
class Going:
    """Through one table, to the pepper of this version."""

    version: int
    table: TableName = "graph"
    step: Step = "names"

    @property
    def place(self) -> Key:
        """The row that says how far it has come."""
        return Key("POLICY", f"REKEY#{self.version}#{self.table}#{self.step}")


def rekey(going: Going, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages; repeat until done, for each of the tables, then so with each next step.

    After the first two steps the pepper that was coming comes to be among the `later` ones, for all
    but the laws of the steps that are left.
    """
    visit = partial(_visit, going=going, laws=laws)
    return (yield from swept(going.place, visit, pages, going.table))


def _visit(item: Item, going: Going, laws: Laws) -> Steps[None]:
    place = key_of(item)
    if place.sk == HEAD and going.table == "graph":
        yield from _visit_head(place, item, going, laws)
        return
    if is_ledger(place) and (going.table, going.step) == ("graph", "names"):
        yield from move(item, laws)
        return
    if place.pk.startswith("N#") and going.step == "names":
        yield from relist(place, laws.pepper)
        return
    if going.step == "rest" and (_is_of_a_dry_run(place) or _is_gate(place, laws.pepper)):
        yield from surely(Write("delete", place))
        return
    to = taken(place, laws.pepper)
    if to != place and going.step in ("names", "rest"):
        yield from insert_many([{**item, "pk": to.pk, "sk": to.sk}], going.table)
        if going.step == "rest":
            yield from surely(Write("delete", place), going.table)


def _visit_head(place: Key, item: Item, going: Going, laws: Laws) -> Steps[None]:
    kind, _, name = place.pk.partition("#")
    if kind == "I" and going.step == "names" and keys.renewed(laws.pepper, name) != name:
        yield from rename(name, laws)
    elif kind == "S" and going.step == "crowds":
        yield from commit(View(), lambda draft, _apart: plan_renew(draft, name, laws))
    elif kind == "G" and item.get("data") and going.step in ("names", "bonds"):
        if going.step == "bonds":
            yield from bring_consents(_bound(island_from(item)), laws.pepper)
        yield from commit(View(), lambda draft, _apart: _plan_island(draft, name, going, laws))


def _plan_island(draft: Draft, g: str, going: Going, laws: Laws) -> None:
    """Links that people had ignored are so under their new names; then so are bonds' addresses."""
    island = draft.live(g)
    if going.step == "names":
        draft.put(island)
        recompute(draft, laws)
        return
    bonds = tuple(_rebound(bond, laws.pepper) for bond in island.bonds)
    draft.put(island.model_copy(update={"bonds": bonds}))


def _rebound(bond: Bond, pepper: Pepper) -> Bond:
    parts = tuple(
        frozenset(keys.renewed(pepper, thing) if "#" in thing else thing for thing in part)
        for part in bond.parts
    )
    return bond.model_copy(update={"parts": parts})


def _bound(island: Island) -> frozenset[IdentifierKey]:
    things = (thing for bond in island.bonds for part in bond.parts for thing in part)
    return frozenset(thing for thing in things if "#" in thing)


def _is_of_a_dry_run(place: Key) -> bool:
    """What it noted is under former names; one that was cut short is begun anew."""
    return place.pk.startswith("POLICY") and place.sk.startswith("DIFF#")


def _is_gate(place: Key, pepper: Pepper) -> bool:
    """Of a former name."""
    kind, _, name = place.pk.partition("#")
    return kind == "I" and place.sk.startswith("GATE#") and keys.renewed(pepper, name) != name


def relist(place: Key, pepper: Pepper) -> Steps[None]:
    """A customer under a word of its name, unless it is struck off meanwhile."""
    to = place._replace(pk=keys.renewed(pepper, place.pk))
    for attempt in range(1, ATTEMPTS + 1):
        if to == place or not (yield from read_many([place])):
            return
        try:
            yield from transact([Write("delete", place, condition=PRESENT), Write("put", to)])
        except Conflict:
            yield Pause(attempt)
    raise RetryLater("a name: others keep writing the same row")


def taken(place: Key, pepper: Pepper) -> Key:
    """Where a consent is under the coming pepper; itself what is none, or is there already."""
    kind, _, name = place.pk.partition("#")
    if kind != "I" or not place.sk.startswith("K#"):
        return place
    return place._replace(pk=f"I#{keys.renewed(pepper, name)}")
