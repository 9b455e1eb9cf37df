"""Of an island at its limit everything can be taken apart; only what joins is refused."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from rules import bonds, resolution
from rules.resolution import Report, resolve
from rules.resolution_bonds import bonded
from rules.resolution_calls import Steps
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_marks import mark
from rules.resolution_removal import erase, remove_record
from rules.resolution_settling import leave
from rules.resolution_size import LARGEST, ROW, TooLarge, fitting, size
from rules.resolution_verdicts import judge
from schemas.errors import BadRecord
from schemas.graph import ConsentRow, Island, Node, Verdict
from schemas.policy import IdentifierRule, IdentityRules
from tests.simulator.histories import PEPPER, START
from tests.simulator.moving import Watched
from tests.simulator.orders import LAWS, order, s_of
from tests.simulator.reading import heads, islands
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

LATER = START + timedelta(hours=5)
WIDE = replace(LAWS, rules=IdentityRules(types={"email": IdentifierRule(level=1, limit=3)}))
NO = ConsentRow(
    purpose="offers", channel="email", state="withdrawn", effective_at=START, stated=True,
    source="shop", record="order:1", heard_at=START,
)  # fmt: skip


def carrying(n: int, *emails: int) -> Received:
    """The n-th customer, each of a shop of its own, with these addresses."""
    found = order(f"c{n}", *(f"a{e}@example.com" for e in emails), number=n, movable=False)
    observation = found.observation
    subject = observation.subject.model_copy(update={"source": f"s{n}"})
    return found._replace(observation=observation.model_copy(update={"subject": subject}))


def chain(length: int) -> list[Received]:
    """Each has an address in common with the next."""
    return [carrying(n, n, n + 1) for n in range(length)]


def full(received: list[Received]) -> tuple[Watched, Laws]:
    """What hangs together by these, and laws by which it is as large as it may be."""
    table = Watched()
    run(table, resolve(received, WIDE))
    return table, replace(WIDE, largest=size(largest(table)))


def at(moment: datetime) -> Laws:
    return replace(WIDE, now=lambda: moment)


def largest(table: Watched) -> Island:
    return max(islands(table).values(), key=lambda island: len(island.nodes))


def run(table: Watched, steps: Steps[Report]) -> Report:
    found = run_alone(steps, table, MemoryTable())
    assert isinstance(found, Report)
    return found


def address(table: Watched, one: Received, other: Received) -> str:
    found = heads(table)
    (key,) = found[s_of(one)].links.keys() & found[s_of(other)].links.keys()
    return key


def binds(table: Watched, one: Received, other: Received) -> bool:
    """Whether what `one` withdrew before they parted is refused to `other`."""
    known = [bond for island in islands(table).values() for bond in island.bonds]
    return bool(bonds.taken_along(known, frozenset({s_of(other)}), {s_of(one): [NO]}))


def apart(table: Watched, one: Received, other: Received) -> bool:
    labels = {s: label for island in islands(table).values() for s, label in island.labels.items()}
    return labels[s_of(one)] != labels[s_of(other)]


@pytest.mark.parametrize("length", [3, 4, 6, 12])
def test_who_is_erased_goes_however_large_the_island(length: int) -> None:
    said = chain(length)
    table, tight = full(said)
    run_alone(erase(s_of(said[1]), LATER, tight), table, MemoryTable())
    assert not heads(table)[s_of(said[1])].seen
    assert apart(table, said[0], said[-1])
    assert binds(table, said[0], said[-1])
    assert binds(table, said[1], said[-1])


def test_a_record_is_taken_out_however_large_the_island() -> None:
    said = chain(4)
    table, tight = full(said)
    gone = said[1].observation.record
    for last in (False, True):
        steps = remove_record(s_of(said[1]), (gone.kind, gone.id), LATER, tight, last=last)
        run_alone(steps, table, MemoryTable())
    assert not heads(table)[s_of(said[1])].seen
    assert apart(table, said[0], said[-1])
    assert binds(table, said[0], said[-1])


def test_an_address_is_blocked_however_large_the_island() -> None:
    said = chain(6)
    table, tight = full(said)
    key = address(table, said[2], said[3])
    run_alone(mark(key, tight, blocked=True), table, MemoryTable())
    assert key in largest(table).unusable
    assert apart(table, said[0], said[-1])
    assert binds(table, said[0], said[-1])


def test_two_are_kept_apart_however_large_the_island() -> None:
    said = chain(2)
    table, tight = full(said)
    never = Verdict(kind="never", a=s_of(said[0]), b=s_of(said[1]), at=LATER, by="support")
    run_alone(judge([never], tight), table, MemoryTable())
    assert apart(table, *said)
    assert binds(table, *said)


def test_what_was_said_of_two_can_be_said_in_other_words_however_large_the_island() -> None:
    said = chain(2)
    one = Verdict(kind="always", a=s_of(said[0]), b=s_of(said[1]), at=START, by="support")
    table, _ = full(said)
    run_alone(judge([one], WIDE), table, MemoryTable())
    tight = replace(WIDE, largest=size(largest(table)))
    again = one.model_copy(update={"at": LATER, "why": "they called once more"})
    run_alone(judge([again], tight), table, MemoryTable())
    assert largest(table).verdicts == (again,)


@pytest.mark.parametrize("known", [False, True], ids=["a stranger", "one of the island"])
def test_whose_address_becomes_one_too_many_is_resolved(known: bool) -> None:
    said = [*chain(3), carrying(7, 1), carrying(8, 3)]
    table, tight = full(said)
    key = address(table, said[0], said[1])
    more = carrying(8, 3, 1) if known else carrying(9, 1)
    report = run(table, resolve((more,), tight))
    assert not report.bad
    assert not report.later
    assert key in largest(table).unusable
    assert apart(table, said[0], said[1])
    assert binds(table, said[0], said[1])


def test_what_would_join_is_kept_apart_and_what_would_grow_is_refused() -> None:
    said = chain(4)
    table, tight = full(said)
    joins, grows = carrying(9, 4), carrying(3, 3, 4, 5)
    before = largest(table).nodes
    assert not run(table, resolve((joins,), tight)).bad
    assert apart(table, joins, said[3])
    assert largest(table).oversized
    assert isinstance(run(table, resolve((grows,), tight)).bad[0], TooLarge)
    assert largest(table).nodes == before


def test_bonds_do_not_count_for_whether_it_may_grow() -> None:
    said = chain(8)
    table, tight = full(said)
    for n in (1, 2):
        run_alone(erase(s_of(said[n]), LATER, tight), table, MemoryTable())
    held = largest(table)
    assert size(held) > tight.largest > size(held.model_copy(update={"bonds": ()}))
    assert not run(table, resolve((carrying(9, 8),), tight)).bad
    assert not apart(table, carrying(9, 8), said[-1])


def test_with_too_many_bonds_for_its_row_it_has_fewer_which_bind_as_much() -> None:
    said = chain(12)
    loose, table = full(said)[0], full(said)[0]
    for n in (9, 7, 5, 3):
        made = at(LATER - timedelta(hours=n))
        run_alone(erase(s_of(said[n]), LATER, made), loose, MemoryTable())
        run_alone(erase(s_of(said[n]), LATER, replace(made, largest=1)), table, MemoryTable())
    assert len(largest(table).bonds) == 1 < len(largest(loose).bonds)
    bound = [(one, other) for one, other in permutations(said, 2) if binds(loose, one, other)]
    assert len(bound) > 30
    assert all(binds(table, one, other) for one, other in bound)


def customers(many: int) -> Island:
    """Customers of four subjects each, who have an address in common and another of their own."""
    random = Random(many)
    nodes, labels = dict[str, Node](), dict[str, str]()
    for _ in range(many):
        label, shared = name(random), f"email#{name(random)}"
        for s in (name(random) for _ in range(4)):
            links = frozenset({shared, f"phone#{name(random)}"})
            nodes[s] = Node(created=START.isoformat(), own=f"shop:customer#{s}", links=links)
            labels[s] = label
    return Island(g="g", version=1, nodes=nodes, labels=labels)


def name(random: Random) -> str:
    return urlsafe_b64encode(random.randbytes(16)).decode().rstrip("=")


def test_as_many_as_may_join_find_room_when_all_of_them_fall_apart() -> None:
    many = customers(700)
    assert fitting([], many, LARGEST, PEPPER) == many
    alone = {s: name(Random(s)) for s in many.nodes}
    after = bonded([many], many.model_copy(update={"labels": alone}), LATER, PEPPER)
    found = fitting([many], after, LARGEST, PEPPER)
    assert LARGEST < size(found) < ROW
    who = frozenset(alone)
    assert bonds.reached(after.bonds, who) <= bonds.reached(found.bonds, who)


def test_more_may_not_join_than_find_room_when_all_of_them_fall_apart() -> None:
    many = customers(850)
    assert size(many) < LARGEST
    with pytest.raises(TooLarge):
        fitting([], many, LARGEST, PEPPER)
    assert fitting([many], many, LARGEST, PEPPER) == many


def test_what_may_link_again_waits_until_its_island_may_grow() -> None:
    few = IdentityRules(types={"email": IdentifierRule(level=1, limit=3, per_subject=2)})
    laws, table = replace(WIDE, rules=few), Watched()
    stays = order("c", "a@example.com", "b@example.com", number=1, movable=False)
    gone = order("c", "d@example.com", number=2, movable=False)
    tight = replace(laws, largest=1)
    run(table, resolve((stays, gone), laws))
    assert not largest(table).nodes[s_of(stays)].links
    for last in (False, True):
        steps = remove_record(s_of(gone), ("fixed", "2"), LATER, tight, last=last)
        run_alone(steps, table, MemoryTable())
    assert len(heads(table)[s_of(stays)].crowded) == 2
    run(table, resolve((stays,), laws))
    assert len(largest(table).nodes[s_of(stays)].links) == 2


def test_one_that_cannot_leave_is_set_aside_and_the_others_are_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Watched()

    def broken(s: str, laws: Laws) -> Steps[None]:
        if s == s_of(carrying(1)):
            raise BadRecord("a subject that cannot leave")
        yield from leave(s, laws)

    monkeypatch.setattr(resolution, "leave", broken)
    monkeypatch.setattr(resolution, "unsettled", lambda *_: True)
    report = run(table, resolve((carrying(1, 1), carrying(2, 2)), WIDE))
    assert report.bad.keys() == {0}
    assert table.query(f"S#{s_of(carrying(2))}", "R#")
    assert not table.query(f"S#{s_of(carrying(1))}", "R#")
