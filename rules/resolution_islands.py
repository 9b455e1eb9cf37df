"""Islands: supersets of scopes that only grow; all that is not monotone is computed inside one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from rules import keys
from rules.identity import founder, partition, rule_of
from rules.identity_evidence import carried, lasting
from rules.keys import Pepper
from rules.renaming import renamed, verdicts_of
from rules.resolution_bonds import bonded
from rules.resolution_items import gate_key, member_key, own_carriers, shard_of
from rules.resolution_size import LARGEST, fitting
from rules.resolution_view import Draft
from schemas.graph import IdentifierHead, IdentifierKey, Island, Node, Review, SubjectKey, Verdict
from schemas.policy import IdentityRules
from schemas.rows import Condition, Write

SLACK: Final = 8
"""Carriers that may come to an identifier's head while its quarantine is being lifted."""


@dataclass(frozen=True, slots=True)
class Laws:
    """What decides beside the observations themselves."""

    rules: IdentityRules
    pepper: Pepper
    new_island: Callable[[], str]
    now: Callable[[], datetime]
    """The clock, for when customers fall apart: who is who does not depend on it."""
    largest: int = LARGEST


@dataclass(frozen=True, slots=True)
class RowCarriers:
    """Carriers that were rows in an epoch in which no further row could be added."""

    epoch: int
    members: frozenset[SubjectKey]


def usable(cell: IdentifierHead) -> bool:
    """Whether it links its carriers, who then share an island."""
    return cell.quarantined is None and not cell.blocked


def cell_of(draft: Draft, key: IdentifierKey) -> IdentifierHead:
    """An identifier's carriers; nobody, when it is new. A subject carries its own source's id."""
    found = draft.identifier(key)
    if found:
        return found
    head = draft.subject(keys.subject_of(key)) if keys.is_own(key) else None
    if head:
        return own_carriers(key, head)
    return IdentifierHead(key=key, version=0, members=frozenset(), island="")


def add_carrier(draft: Draft, cell: IdentifierHead, s: SubjectKey, laws: Laws) -> IdentifierHead:
    """`s` carries it now. Past its limit it is quarantined and its carriers' island recomputed."""
    if cell.quarantined and cell.quarantined != "lifting":
        draft.rows += member_writes(cell, s)
        return cell
    after = cell.model_copy(update={"members": cell.members | {s}})
    if cell.quarantined == "lifting":
        return _still_over(after, laws)
    return quarantine(draft, after, "degree") if over(after, laws) else after


def over(cell: IdentifierHead, laws: Laws) -> bool:
    """Whether more carry it than its type allows."""
    rule = rule_of(keys.type_of(cell.key), laws.rules)
    return rule is not None and len(cell.members) > rule.limit and not cell.trusted


def _still_over(cell: IdentifierHead, laws: Laws) -> IdentifierHead:
    """One whose lifting was given up must not gather everybody on its head."""
    rule = rule_of(keys.type_of(cell.key), laws.rules)
    if rule and len(cell.members) > rule.limit + SLACK:
        return cell.model_copy(update={"quarantined": "degree"})
    return cell


def member_writes(cell: IdentifierHead, s: SubjectKey) -> list[Write]:
    """Puts a further carrier in its shard, while the quarantine that was read lasts."""
    gate = gate_key(cell.key, shard_of(s))
    return [
        Write("put", member_key(cell.key, s), {"s": s}),
        Write("check", gate, condition=epoch_is(cell.epoch)),
    ]


def epoch_is(epoch: int) -> Condition:
    """The gate is as the identifier's head said; the first epoch has no gate rows."""
    if not epoch:
        return Condition("attribute_not_exists(#pk)")
    return Condition("#epoch = :epoch", {":epoch": epoch})


def quarantine(
    draft: Draft, cell: IdentifierHead, why: Literal["degree", "too_large"]
) -> IdentifierHead:
    """It links nobody from now on, in the island where its carriers are: if any still are, since
    who was taken out of it leaves the identifier later.
    """
    after = cell.model_copy(update={"quarantined": why})
    if cell.island and usable(cell):
        island = draft.live(cell.island)
        if carries(island, cell.key):
            draft.put(without(island, after))
    return after


def carries(island: Island, key: IdentifierKey) -> bool:
    """Whether anybody on the island carries an identifier."""
    return any(key in carried(node) for node in island.nodes.values())


def without(island: Island, cell: IdentifierHead) -> Island:
    """The island with an identifier that links nobody."""
    unusable = island.unusable | {cell.key}
    oversized = island.oversized | {cell.key} if cell.quarantined == "too_large" else None
    update = {"unusable": unusable, "oversized": oversized or island.oversized}
    return island.model_copy(update=update)


def unite(draft: Draft, names: Iterable[str], laws: Laws) -> Island:
    """One island for all of these, or a new one; the others redirect to it."""
    islands = draft.all_live(names).values()
    if not islands:
        return Island(g=laws.new_island(), version=0)
    winner = max(islands, key=lambda i: (len(i.nodes), i.g))
    losers = [island for island in islands if island.g != winner.g]
    if not losers:
        return winner
    for island in losers:
        draft.put(Island(g=island.g, version=island.version, into=winner.g))
    return _union(winner, losers)


def _union(winner: Island, losers: list[Island]) -> Island:
    nodes = dict(winner.nodes)
    for island in losers:
        nodes |= island.nodes
    every = [winner, *losers]
    verdicts = {verdict for island in every for verdict in island.verdicts}
    return winner.model_copy(
        update={
            "nodes": nodes,
            "verdicts": lasting(verdicts),
            "unusable": frozenset[str]().union(*(island.unusable for island in every)),
            "oversized": frozenset[str]().union(*(island.oversized for island in every)),
        }
    )


def with_verdicts(island: Island, said: Iterable[Verdict]) -> Island:
    """The island where this is known, too; what is said again, or was overruled since, changes
    nothing.
    """
    fresh = set(said).difference(island.verdicts)
    if not fresh:
        return island
    return island.model_copy(update={"verdicts": lasting({*island.verdicts, *fresh})})


def recompute(draft: Draft, laws: Laws) -> None:
    """Customers and reviews of every island that changes; `TooLarge` when one grows too large."""
    for island in draft.islands():
        if island.into is None:
            before = draft.before(island.g)
            after = bonded(before, computed(island, laws), laws.now(), laws.pepper)
            draft.put(fitting(before, after, laws.largest, laws.pepper))


def computed(island: Island, laws: Laws) -> Island:
    """The island with what the pure function says of it."""
    seen = renamed(island, laws.pepper)
    found = partition(seen.nodes, seen.unusable, seen.verdicts, laws.rules)
    labels = {}
    for customer in found.customers:
        label = keys.of_customer(laws.pepper, founder(customer, island.nodes))
        labels.update(dict.fromkeys(sorted(customer), label))
    reviews = (*found.reviews, *(_oversized(key, seen) for key in sorted(seen.oversized)))
    verdicts = lasting(verdicts_of(island, laws.pepper))
    update = {"labels": labels, "reviews": reviews, "verdicts": verdicts}
    return island.model_copy(update=update)


def _oversized(key: IdentifierKey, island: Island) -> Review:
    carriers = frozenset(s for s, node in island.nodes.items() if key in carried(node))
    return Review(identifier=key, subjects=carriers, reason="too_large")


def pruned(island: Island, nodes: dict[SubjectKey, Node], verdicts: tuple[Verdict, ...]) -> Island:
    """The island with these nodes; only what they carry can be unusable."""
    left = frozenset(key for node in nodes.values() for key in carried(node))
    return island.model_copy(
        update={
            "nodes": nodes,
            "verdicts": verdicts,
            "unusable": island.unusable & left,
            "oversized": island.oversized & left,
        }
    )
