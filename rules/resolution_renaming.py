"""An identifier comes to its name under the next pepper, with all of its carriers.

One that links, and has not too many carriers, in one transaction. Another a few carriers at a
time: it is marked as moved, so that new carriers come to the new name, which counts nobody until
all have arrived. Islands read both names as one (`rules.renaming`), so no customer ever changes.
"""

from typing import Final, Literal

from rules import keys
from rules.renaming import renamed_head
from rules.resolution_calls import Steps, query, read_many
from rules.resolution_commit import commit
from rules.resolution_consents import bring_consents
from rules.resolution_islands import (
    Laws,
    member_writes,
    pruned,
    recompute,
    usable,
)
from rules.resolution_items import (
    SHARDS,
    gate_key,
    identifier_key,
    member_key,
    shard_key,
    subject_key,
)
from rules.resolution_settling import Amendment, settle
from rules.resolution_view import Draft, View
from schemas.errors import RetryLater
from schemas.graph import IdentifierHead, IdentifierKey, Island, SubjectKey
from schemas.rows import PRESENT, Write

TOGETHER: Final = 60
"""Carriers of one transaction that are all on one island."""
APART: Final = 12
"""Carriers of one transaction on islands of their own: each brings at most five items."""
AT_ONCE: Final = 40
"""Transactions of one turn: who has more carriers goes on in the next."""


def rename(key: IdentifierKey, laws: Laws) -> Steps[None]:
    """Takes an identifier to its new name; again goes on where it was cut short."""
    cell = yield from _read(key)
    if cell is None or keys.renewed(laws.pepper, key) == key:
        return
    yield from bring_consents([key], laws.pepper)
    if usable(cell) and not cell.moved and len(cell.members) <= TOGETHER:
        yield from commit(View(), lambda draft, _apart: plan_whole(draft, key, laws))
        cell = yield from _read(key)
        if cell is None:
            return
    yield from commit(View(), lambda draft, _apart: plan_begin(draft, key, laws))
    yield from _carry(key, laws)
    new = keys.renewed(laws.pepper, key)
    yield from settle(View(), Amendment(new, arrived=True), laws)
    yield from commit(View(), lambda draft, _apart: plan_end(draft, key))


def _carry(key: IdentifierKey, laws: Laws) -> Steps[None]:
    """All carriers that there are: nobody can come to the former name any more. `RetryLater` when
    they are too many for one turn.
    """
    cell = yield from _read(key)
    if cell is None:
        return
    carriers = set(cell.members)
    for shard in range(SHARDS):
        rows = yield from query(shard_key(key, shard), "M#")
        carriers.update(str(row["s"]) for row in rows)
    size = TOGETHER if usable(cell) else APART
    left = sorted(carriers)
    for turn, start in enumerate(range(0, len(left), size)):
        if turn == AT_ONCE:
            raise RetryLater("an identifier with very many carriers")
        part = left[start : start + size]

        def plan(draft: Draft, _apart: bool, part: list[SubjectKey] = part) -> None:
            plan_part(draft, key, part, laws)

        yield from commit(View(), plan)


def plan_whole(draft: Draft, key: IdentifierKey, laws: Laws) -> None:
    """All at once, where it still links and still has not too many carriers. The new name has no
    gates yet.
    """
    cell = draft.identifier(key)
    if cell is None or not usable(cell) or cell.moved or len(cell.members) > TOGETHER:
        return
    new = keys.renewed(laws.pepper, key)
    _take(draft, cell, sorted(cell.members), laws)
    draft.drop(cell)
    draft.put(cell.model_copy(update={"key": new, "version": 0, "epoch": 0}))
    recompute(draft, laws)


def plan_begin(draft: Draft, key: IdentifierKey, laws: Laws) -> None:
    """Closes the former name to new carriers, and opens the new one."""
    cell = draft.identifier(key)
    if cell is None or cell.moved:
        return
    update: dict[str, object] = {"moved": True}
    if cell.quarantined:
        epoch = cell.epoch + 1
        draft.rows += [Write("put", gate_key(key, n), {"epoch": epoch}) for n in range(SHARDS)]
        update["epoch"] = epoch
    draft.put(cell.model_copy(update=update))
    arriving = IdentifierHead(
        key=keys.renewed(laws.pepper, key),
        version=0,
        members=frozenset(),
        island=cell.island,
        quarantined=_counts_nobody(cell),
        blocked=cell.blocked,
        trusted=cell.trusted,
        marked=cell.marked,
        arriving=True,
    )
    draft.put(arriving)


def _counts_nobody(cell: IdentifierHead) -> Literal["degree", "too_large"] | None:
    if usable(cell):
        return None
    return "too_large" if cell.quarantined == "too_large" else "degree"


def plan_part(draft: Draft, key: IdentifierKey, part: list[SubjectKey], laws: Laws) -> None:
    """Some of the carriers; those that left meanwhile are passed over."""
    cell, new = draft.identifier(key), draft.identifier(keys.renewed(laws.pepper, key))
    if cell is None or new is None:
        return
    draft.need(subject_key(s) for s in part)
    heads = {s: draft.subject(s) for s in part}
    there = [s for s, head in heads.items() if head and key in head.links]
    _take(draft, cell, there, laws)
    shards = [s for s in there if s not in cell.members]
    draft.rows += [Write("delete", member_key(key, s), condition=PRESENT) for s in shards]
    draft.put(cell.model_copy(update={"members": cell.members.difference(there)}))
    if new.quarantined:
        draft.rows += _member_rows(new, there)
    else:
        draft.put(new.model_copy(update={"members": new.members.union(there)}))
    recompute(draft, laws)


def _member_rows(new: IdentifierHead, there: list[SubjectKey]) -> list[Write]:
    """Each gate is checked once, whoever else is in its shard."""
    writes = [write for s in there for write in member_writes(new, s)]
    return list({write.key: write for write in writes}.values())


def plan_end(draft: Draft, key: IdentifierKey) -> None:
    """The former name is free again, and nobody will take it. Its gates stay closed until all have
    ended who may have read it in an epoch before.
    """
    cell = draft.identifier(key)
    if cell and not cell.members:
        draft.drop(cell)


def _take(draft: Draft, cell: IdentifierHead, part: list[SubjectKey], laws: Laws) -> None:
    """Subjects and their nodes, by the new name."""
    new = keys.renewed(laws.pepper, cell.key)
    draft.need(subject_key(s) for s in part)
    heads = [head for head in map(draft.subject, part) if head]
    islands = draft.all_live({head.island for head in heads if head.island})
    homes = {head.s: draft.live(head.island).g for head in heads if head.island}
    for head in heads:
        draft.put(renamed_head(head, cell.key, new))
    for g in islands:
        island = draft.live(g)
        mine = {s for s, home in homes.items() if home == g}
        draft.put(_renamed_island(island, mine, cell, new))


def _renamed_island(
    island: Island, mine: set[SubjectKey], cell: IdentifierHead, new: IdentifierKey
) -> Island:
    nodes = dict(island.nodes)
    for s in mine & nodes.keys():
        if cell.key in nodes[s].links:
            links = nodes[s].links - {cell.key} | {new}
            nodes[s] = nodes[s].model_copy(update={"links": links})
        if cell.key in nodes[s].crowded:
            crowded = nodes[s].crowded - {cell.key} | {new}
            nodes[s] = nodes[s].model_copy(update={"crowded": crowded})
    marked = island.unusable | ({new} if cell.key in island.unusable else frozenset())
    large = island.oversized | ({new} if cell.key in island.oversized else frozenset())
    island = island.model_copy(update={"unusable": marked, "oversized": large})
    return pruned(island, nodes, island.verdicts)


def _read(key: IdentifierKey) -> Steps[IdentifierHead | None]:
    view = View()
    place = identifier_key(key)
    view.learn([place], (yield from read_many([place])))
    found = view.at(place)
    assert found is None or isinstance(found, IdentifierHead)
    return found
