"""What a record said of a subject that it left goes: a guest's order that is tied to an account."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from rules import resolution_parting, resolution_removal
from rules.resolution_again import Kept
from rules.resolution_islands import Laws
from rules.resolution_items import record_from
from rules.resolution_leaving import plan_doubts
from rules.resolution_parting import OF, PARTED, WAIT, place
from rules.resolution_removal import erase
from rules.resolution_size import TooLarge
from rules.resolution_view import Draft
from schemas.rows import Key, Write
from tests.simulator.histories import START, expected
from tests.simulator.meter import Meter
from tests.simulator.moving import Watched, turn
from tests.simulator.orders import ADA, BEA, LAWS, order, resolved, s_of, settled
from tests.simulator.reading import graph_in, heads
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

GUEST = order("guest", ADA)
TIED = order("account", ADA, version=2)
OTHER = order("other guest", BEA, number=8)


def test_an_order_that_is_tied_to_an_account_is_of_that_account_alone() -> None:
    table = Watched()
    resolved(table, GUEST)
    resolved(table, TIED)
    settled(table)
    assert graph_in(table) == expected([TIED])
    assert not heads(table)[s_of(GUEST)].seen
    assert heads(table)[s_of(TIED)].totals["EUR"].minor == 990


def test_what_comes_too_late_links_nobody_at_any_time() -> None:
    table = Watched()
    resolved(table, TIED)
    resolved(table, GUEST)
    assert heads(table).keys() == {s_of(TIED)}
    assert not table.query(PARTED, "")


def test_of_a_batch_the_newest_version_alone_links_anybody() -> None:
    table = Watched()
    resolved(table, GUEST, TIED)
    assert heads(table).keys() == {s_of(TIED)}


def test_an_address_that_the_next_version_lacks_is_no_longer_linked() -> None:
    table = Watched()
    now = order("account", ADA, version=2)
    resolved(table, order("account", ADA, BEA))
    resolved(table, now)
    settled(table)
    assert graph_in(table) == expected([now])
    assert len(heads(table)[s_of(now)].links) == 1


def waiting(table: Watched) -> list[str]:
    return [str(row["sk"]).partition("#")[2] for row in table.query(PARTED, "")]


def hurried(table: Watched, number: int) -> None:
    """A turn so slow that it ends once it has begun with one."""
    seconds = count(step=10)
    laws = replace(LAWS, now=lambda: START + timedelta(seconds=next(seconds)))
    run_alone(turn(number, laws), table, MemoryTable())


@pytest.fixture(name="stuck")
def _stuck(monkeypatch: pytest.MonkeyPatch) -> str:
    """The first of two that wait, which cannot be settled."""
    stuck = min(s_of(GUEST), s_of(OTHER))

    def too_large(
        draft: Draft, s: str, due: frozenset[str], rows: Sequence[Kept], laws: Laws
    ) -> None:
        if s == stuck:
            raise TooLarge
        plan_doubts(draft, s, due, rows, laws)

    monkeypatch.setattr(resolution_parting, "plan_doubts", too_large)
    return stuck


def two_left() -> Watched:
    """Two guests whose orders were tied to an account."""
    table = Watched()
    resolved(table, GUEST, OTHER)
    resolved(table, TIED, order("account", ADA, number=8, version=2))
    return table


def test_one_that_cannot_be_settled_holds_up_no_other(stuck: str) -> None:
    table = two_left()
    with pytest.raises(TooLarge):
        settled(table)
    assert waiting(table) == [stuck]


def test_a_turn_begins_nothing_once_its_time_is_over() -> None:
    table = two_left()
    hurried(table, 1)
    assert len(waiting(table)) == 1
    hurried(table, 2)
    assert not waiting(table)


def test_one_that_is_stuck_keeps_no_other_from_its_turn(stuck: str) -> None:
    table = two_left()
    with pytest.raises(TooLarge):
        hurried(table, 1)
    hurried(table, 2)
    assert waiting(table) == [stuck]


def crowd(table: Watched, since: timedelta) -> None:
    """A thousand of whom nothing is known any more, each with a row as long as any."""
    for n in range(1000):
        key = place(f"{n:04}{s_of(GUEST)}", START + since + WAIT)
        table.transact([Write("put", key, {OF: 1})])


def reads_of(number: int, table: Watched) -> float:
    meter = Meter(table)
    meter.run(turn(number, LAWS))
    return meter.read


def test_a_turn_reads_nothing_of_those_whose_time_is_yet_to_come() -> None:
    table = Watched()
    crowd(table, timedelta(seconds=1))
    assert reads_of(1, table) == 1


def test_a_turn_reads_no_more_of_those_who_are_due_than_it_may_settle() -> None:
    table = Watched()
    crowd(table, timedelta())
    reads_of(1, table)
    assert len(waiting(table)) == 1000 - resolution_parting.DUE_AT_ONCE


def test_an_order_moves_back_as_its_newest_version_says() -> None:
    table = Watched()
    back = order("guest", ADA, version=3)
    for each in (GUEST, TIED, back):
        resolved(table, each)
    settled(table)
    assert graph_in(table) == expected([back])
    assert heads(table)[s_of(back)].seen


def erased_after_two_versions() -> Watched:
    """The account's order was seen at its first and third version, then the account erased."""
    table, gone = Watched(), order("account", ADA, version=3)
    resolved(table, order("account", ADA))
    resolved(table, gone)
    for _ in range(2):
        run_alone(erase(s_of(gone), START + timedelta(hours=5), LAWS), table, MemoryTable())
    return table


def test_what_was_erased_does_not_come_back_by_an_older_version() -> None:
    table = erased_after_two_versions()
    resolved(table, order("other", BEA, version=2))
    assert graph_in(table) == expected([])


def test_without_a_trace_of_its_version_it_would_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = Write("put", Key("X", "x"))
    monkeypatch.setattr(resolution_removal, "outlived", lambda *_: elsewhere)
    table = erased_after_two_versions()
    resolved(table, order("other", BEA, version=2))
    assert graph_in(table) != expected([])


def test_a_newer_version_than_what_was_erased_starts_afresh() -> None:
    table, new = erased_after_two_versions(), order("other", BEA, version=6)
    resolved(table, new)
    assert graph_in(table) == expected([new])


def test_a_version_of_who_was_erased_before_it_came_still_takes_the_order_away() -> None:
    table = Watched()
    resolved(table, GUEST)
    run_alone(erase(s_of(TIED), START + timedelta(hours=5), LAWS), table, MemoryTable())
    resolved(table, TIED)
    settled(table)
    assert graph_in(table) == expected([])


def test_a_record_from_before_there_were_pointers_has_one_from_its_next_version_on() -> None:
    table = Watched()
    resolved(table, GUEST._replace(movable=False))
    again, tied = order("guest", ADA, version=2, minor=5), order("account", ADA, version=3)
    resolved(table, again)
    resolved(table, tied)
    settled(table)
    assert graph_in(table) == expected([tied])


def test_beside_what_is_new_no_erased_order_comes_in_while_the_erase_is_under_way() -> None:
    old, new = order("account", ADA, number=9), order("account", BEA, number=8, version=6)
    for point in range(2, 20):
        table = Watched()
        resolved(table, TIED)
        until = START + timedelta(hours=5)
        done = run_alone(erase(s_of(old), until, LAWS), table, MemoryTable(), point)
        if heads(table)[s_of(old)].erased_at:
            resolved(table, old, new)
            rows = table.query(f"S#{s_of(old)}", "R#")
            assert {"8"} <= {record_from(row).id for row in rows} <= {"7", "8"}, f"call {point}"
        if done:
            return
    pytest.fail("the erase does not end")
