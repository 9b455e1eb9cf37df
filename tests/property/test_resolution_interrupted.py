"""Records leave their subject while others come, whatever falls between two calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from rules import resolution_parting
from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_items import HEAD
from rules.resolution_parting import PARTED, WAIT
from rules.resolution_removal import remove_record
from schemas.graph import SubjectHead
from schemas.rows import Write
from tests.simulator.histories import START, expected
from tests.simulator.moving import Watched, turn
from tests.simulator.orders import BEA, LAWS, order, resolved, s_of, settled
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import interrupted, run_alone

MOVED = order("account", BEA, version=2, number=7)
GOES = order("other", BEA, version=3, number=8)


def wrong_at_some_point(
    table: Callable[[], Watched], one: Callable[[], Steps[object]], two: Callable[[], Steps[object]]
) -> bool:
    """Whether it ends wrong when all of the second comes after some call of the first."""
    left = [MOVED, GOES]
    for point in count():
        there = table()
        come = run_alone(interrupted(one(), two(), point), there, MemoryTable())
        if not come:
            return False
        for number in range(2, 6):
            run_alone(turn(number, LAWS), there, MemoryTable())
        if graph_in(there) != expected(left) or broken_promises(there):
            return True
    return False


def before(drops: Callable[[Write], bool] = lambda _write: False) -> Watched:
    """One of the customer's two orders has left them: it waits since turn 0."""
    table = Watched(drops=drops)
    resolved(table, order("customer", BEA, number=7), order("customer", BEA, number=8))
    resolved(table, MOVED)
    run_alone(turn(0, LAWS), table, MemoryTable())
    return table


def changing() -> Steps[object]:
    return resolve([order("customer", BEA, version=2, number=8, minor=5)], LAWS)


def settling() -> Steps[object]:
    return turn(1, LAWS)


def leaving(since: timedelta = WAIT) -> Steps[object]:
    return resolve([GOES], replace(LAWS, now=lambda: START + since))


def leaving_as_the_other_did() -> Steps[object]:
    return leaving(timedelta(0))


def test_a_record_may_leave_while_another_that_left_is_settled() -> None:
    assert not wrong_at_some_point(before, settling, leaving)
    assert not wrong_at_some_point(before, settling, leaving_as_the_other_did)
    assert not wrong_at_some_point(before, leaving, settling)


def test_a_record_may_leave_while_its_former_version_comes() -> None:
    assert not wrong_at_some_point(before, changing, leaving)
    assert not wrong_at_some_point(before, leaving, changing)


def test_without_the_condition_on_its_row_it_may_not() -> None:
    def table() -> Watched:
        return before(lambda write: write.key.sk.startswith("R#I#") and write.kind == "put")

    with pytest.raises(AssertionError, match="in 2 places"):
        wrong_at_some_point(table, changing, leaving)


def test_without_the_condition_on_the_head_it_may_not() -> None:
    def table() -> Watched:
        return before(lambda write: write.key.sk == HEAD and not write.add)

    assert wrong_at_some_point(table, settling, leaving)


def test_without_the_condition_on_who_waits_it_may_not() -> None:
    def table() -> Watched:
        return before(lambda write: write.key.pk == PARTED and write.kind == "delete")

    assert wrong_at_some_point(table, settling, leaving_as_the_other_did)


def test_were_whoever_is_left_again_settled_before_their_time_it_may_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution_parting, "later", lambda _head, _row: False)
    assert wrong_at_some_point(before, leaving, settling)


CALLED = order("customer", BEA, number=9, movable=False)


def test_whoever_relies_on_what_is_in_doubt_has_time_to_say_so() -> None:
    assert not relied_on_in_vain()


def test_without_that_time_a_record_is_there_without_its_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution_parting, "WAIT", timedelta(0))
    assert relied_on_in_vain()


def relied_on_in_vain() -> bool:
    """Another record comes, of a kind that cannot move, while the one that said the same leaves."""
    for point in count():
        table = Watched()
        resolved(table, order("customer", BEA, number=7))
        come = run_alone(interrupted(resolve([CALLED], LAWS), away(), point), table, MemoryTable())
        if not come:
            return False
        if broken_promises(table):
            return True
        settled(table)
        if graph_in(table) != expected([MOVED, CALLED]):
            return True
    return False


def away() -> Steps[None]:
    """The order leaves, and the clock turns twice in one minute."""
    yield from resolve([MOVED], LAWS)
    yield from turn(0, LAWS)
    yield from turn(0, LAWS)


TAKEN_OUT = order("customer", BEA, number=8)


def taking_out(*, last: bool = False) -> Steps[bool]:
    at = START + timedelta(hours=5)
    return remove_record(s_of(TAKEN_OUT), ("order", "8"), at, LAWS, last=last)


def kept_alive_by_what_is_to_be_swept() -> bool:
    """An order comes while it is taken out; before that is ended, the other one leaves."""
    for point in count():
        table = Watched()
        resolved(table, order("customer", BEA, number=7))
        come = run_alone(
            interrupted(resolve([TAKEN_OUT], LAWS), taking_out(), point), table, MemoryTable()
        )
        if not come:
            return False
        resolved(table, MOVED)
        for number in (0, 1):
            run_alone(turn(number, LAWS), table, MemoryTable())
        run_alone(taking_out(last=True), table, MemoryTable())
        settled(table)
        if graph_in(table) != expected([MOVED]) or broken_promises(table):
            return True
    return False


def test_what_is_to_be_swept_keeps_nothing_alive() -> None:
    assert not kept_alive_by_what_is_to_be_swept()


def test_unless_it_were_swept_first_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_yet(_head: SubjectHead) -> Steps[None]:
        yield from ()

    monkeypatch.setattr(resolution_parting, "sweep", not_yet)
    assert kept_alive_by_what_is_to_be_swept()
