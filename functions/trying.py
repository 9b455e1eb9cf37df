"""The dry run of a policy, page by page over the customers; its sums are kept until adoption."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from adapters import lists, policy, rekeying
from adapters.customers import Customers
from adapters.table import Key, Write
from functions import wiring
from functions.foretelling import Future
from functions.problem import NotServed
from rules import listing, normalise
from rules.policy import version_of
from rules.policy_diff import Compared, compare, may_open, opens, reads_otherwise
from schemas.errors import BadRecord
from schemas.evidence import DiffView, PolicyAsked
from schemas.graph import IdentifierHead, IdentifierKey, Island
from schemas.policy import IdentityRules
from schemas.rekeying import RekeyView

PAGE: Final = 100
SCANNED: Final = 200
"""Rows of the whole table that are looked at in one call, for what subjects would gain."""
READING: Final = "reading "
REKEYING: Final = "Keys are being taken to another pepper: ./sluice rekey show"


def tried(asked: PolicyAsked) -> DiffView:
    """The next page of the dry run; without a cursor it begins anew."""
    version, current = policy.read(wiring.graph())
    other = _survives(current.identity) != _survives(asked.policy.identity)
    start = DiffView(current=version, candidate=version_of(asked.policy), traits=other)
    if current.identity == asked.policy.identity and not outdated():
        return start
    settled()
    before = known(start) if asked.cursor else start
    if before is None or (asked.cursor and before.next != asked.cursor):
        raise NotServed(409, "This dry run was begun anew meanwhile: begin without a cursor.")
    view = _turn(before, asked, current.identity)
    row = {"data": view.model_copy(update={"items": ()}).model_dump_json()}
    wiring.graph().write(Write("put", _place(view), row))
    return view


def _survives(rules: IdentityRules) -> tuple[object, ...]:
    """What decides which source a trait is taken from; no customer depends on it."""
    return dict(rules.survivorship), rules.trust


def settled() -> RekeyView | None:
    """409 while keys are being taken to another pepper: one change of the graph at a time."""
    view = rekeying.read(wiring.graph())
    if view and view.under_way:
        raise NotServed(409, REKEYING)
    return view


def outdated() -> bool:
    """Whether what is in the graph was read by a former normaliser."""
    return policy.normaliser(wiring.graph()) != normalise.NORMALISER


def known(view: DiffView) -> DiffView | None:
    """The dry run of the same two policies, as far as it came."""
    row = wiring.graph().get(_place(view))
    return DiffView.model_validate_json(str(row["data"])) if row else None


def _place(view: DiffView) -> Key:
    name = sha256(f"{view.current} {view.candidate}".encode()).hexdigest()[:16]
    return Key("POLICY", f"DIFF#{name}")


def _turn(before: DiffView, asked: PolicyAsked, old: IdentityRules) -> DiffView:
    """First all that subjects would gain is noted, where records are read otherwise."""
    new = asked.policy.identity
    if not reads_otherwise(old, new) and not outdated():
        return _page(before, asked.cursor, old, new, None)
    future = _future(before, new)
    if asked.cursor and not asked.cursor.startswith(READING):
        return _page(before, asked.cursor, old, new, future)
    after = asked.cursor.removeprefix(READING).partition(" ")
    rows = wiring.graph().scan(Key(after[0], after[2]) if asked.cursor else None, limit=SCANNED)
    future.note(rows.items)
    before = before.model_copy(update={"read": before.read + len(rows.items)})
    if rows.after is None:
        return _page(before, "", old, new, future)
    return before.model_copy(update={"next": f"{READING}{rows.after.pk} {rows.after.sk}"})


def _future(view: DiffView, new: IdentityRules) -> Future:
    return Future(wiring.graph(), _place(view).sk.removeprefix("DIFF#"), wiring.laws(new))


def _page(
    before: DiffView, cursor: str, old: IdentityRules, new: IdentityRules, future: Future | None
) -> DiffView:
    try:
        page = lists.page(wiring.graph(), listing.partitions(listing.CUSTOMERS), cursor, PAGE)
    except BadRecord as error:
        raise NotServed(400, f"{error.reason}.") from error
    ids = {str(row["sk"]) for row in page.items}
    found = list(_groups(ids, old, new, future))
    moves = tuple(move for each in found for move in each.moves)
    return before.model_copy(
        update={
            "items": moves,
            "seen": before.seen + len(ids),
            "changed": before.changed + sum(len(each.touched) for each in found),
            "merges": before.merges + sum(move.kind == "merge" for move in moves),
            "splits": before.splits + sum(move.kind == "split" for move in moves),
            "largest": max(before.largest, *(each.largest for each in found), 0),
            "next": page.next,
        }
    )


def _groups(
    ids: set[str], old: IdentityRules, new: IdentityRules, future: Future | None
) -> Iterable[Compared]:
    """Islands that belong together, each where its first customer is on the page."""
    customers = Customers(wiring.graph())
    names = {profile.island for profile in customers.profiles(ids).values()}
    for island in {each.g: each for each in customers.islands(names).values()}.values():
        then, heads = None, dict[IdentifierKey, IdentifierHead]()
        if future:
            group, then = future.together(island)
        else:
            group, heads = _together(customers, island, old, new)
        first = min((c for each in group.values() for c in each.labels.values()), default="")
        if first in ids and first in island.labels.values():
            yield compare(group.values(), heads, old, new, then)


def _together(
    customers: Customers, island: Island, old: IdentityRules, new: IdentityRules
) -> tuple[dict[str, Island], dict[IdentifierKey, IdentifierHead]]:
    """An island with those that the new rules would let it be joined to."""
    group, heads = {island.g: island}, dict[IdentifierKey, IdentifierHead]()
    while True:
        keys = {k for each in group.values() for k in each.unusable if may_open(k, old, new)}
        fresh = customers.carriers(sorted(keys - heads.keys()))
        members = {key: customers.all_of(head) for key, head in fresh.items()}
        opened = {k for k, head in fresh.items() if opens(head, len(members[k]), new)}
        heads |= {key: fresh[key] for key in opened}
        subjects = {s for key in opened for s in members[key]}
        names = {head.island for head in customers.heads(subjects).values()}
        more = {each.g: each for each in customers.islands(names).values()} if names else {}
        if more.keys() <= group.keys():
            return group, heads
        group |= more
