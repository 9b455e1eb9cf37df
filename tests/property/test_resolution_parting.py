"""What a record said of a subject that it left goes, whatever comes between two calls of it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from rules import resolution_parting, resolution_removal
from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_items import HEAD
from rules.resolution_parting import PARTED
from rules.resolution_removal import erase
from rules.subjects import anonymous
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record
from schemas.rows import Key, Write
from tests.property.test_resolution import laws
from tests.simulator.histories import PEPPER, RULES, START, expected
from tests.simulator.moving import Watched, turn
from tests.simulator.reading import broken_promises, graph_in, heads
from tests.simulator.store import MemoryTable
from tests.simulator.world import interrupted, run_alone


def order(
    who: str,
    *emails: str,
    version: int = 1,
    number: int = 7,
    minor: int = 990,
    movable: bool = True,
) -> Received:
    """An order of a customer of the shop, or of a guest, who is the addresses that they gave."""
    claims = tuple(Claim(identifier=Identifier(type="email", value=each)) for each in emails)
    guest = anonymous("shop", claims) if who == "guest" else None
    observation = Observation(
        subject=guest or Subject(source="shop", object="customer", id=who, created_at=START),
        record=Record(
            kind="order" if movable else "fixed",
            id=str(number),
            version=(START + timedelta(hours=version)).isoformat(),
            occurred_at=START,
        ),
        claims=claims,
        interaction=Interaction(
            kind="order", title="Lamp", amount=Money(minor=minor, currency="EUR")
        ),
    )
    return Received(observation, START, movable=movable)


def s_of(received: Received) -> str:
    return prepare(received, PEPPER, RULES).s


def resolved(table: Watched, *received: Received) -> None:
    run_alone(resolve(received, laws()), table, MemoryTable())


def settled(table: Watched, since: int = 1) -> None:
    for number in range(since, since + 4):
        run_alone(turn(number, laws()), table, MemoryTable())
    assert not table.query(PARTED, "")


ADA, BEA = "ada@example.com", "bea@example.com"
GUEST = order("guest", ADA)
TIED = order("account", ADA, version=2)


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
        run_alone(erase(s_of(gone), START + timedelta(hours=5), laws()), table, MemoryTable())
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
    run_alone(erase(s_of(TIED), START + timedelta(hours=5), laws()), table, MemoryTable())
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
            run_alone(turn(number, laws()), there, MemoryTable())
        if graph_in(there) != expected(left) or broken_promises(there):
            return True
    return False


def before(drops: Callable[[Write], bool] = lambda _write: False) -> Watched:
    """One of the customer's two orders has left them: it waits since turn 0."""
    table = Watched(drops=drops)
    resolved(table, order("customer", BEA, number=7), order("customer", BEA, number=8))
    resolved(table, MOVED)
    run_alone(turn(0, laws()), table, MemoryTable())
    return table


def changing() -> Steps[object]:
    return resolve([order("customer", BEA, version=2, number=8, minor=5)], laws())


def settling() -> Steps[object]:
    return turn(1, laws())


def leaving() -> Steps[object]:
    return resolve([GOES], laws())


def test_a_record_may_leave_while_another_that_left_is_settled() -> None:
    assert not wrong_at_some_point(before, settling, leaving)
    assert not wrong_at_some_point(before, leaving, settling)


def test_a_record_may_leave_while_its_former_version_comes() -> None:
    assert not wrong_at_some_point(before, changing, leaving)
    assert not wrong_at_some_point(before, leaving, changing)


def test_without_the_condition_on_its_row_it_may_not() -> None:
    def table() -> Watched:
        return before(lambda write: write.key.sk.startswith("R#I#") and write.kind == "put")

    with pytest.raises(AssertionError, match="in 2 places"):
        wrong_at_some_point(table, changing, leaving)


@pytest.mark.parametrize("kind", ["check", "delete"])
def test_without_the_condition_on_who_waits_it_may_not(kind: str) -> None:
    def table() -> Watched:
        return before(lambda write: write.key.pk == PARTED and write.kind == kind)

    assert wrong_at_some_point(table, settling, leaving)


def test_without_the_condition_on_the_head_it_may_not() -> None:
    def table() -> Watched:
        return before(lambda write: write.key.sk == HEAD and write.kind == "check")

    assert wrong_at_some_point(table, leaving, settling)


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
        come = run_alone(
            interrupted(resolve([CALLED], laws()), away(), point), table, MemoryTable()
        )
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
    yield from resolve([MOVED], laws())
    yield from turn(0, laws())
    yield from turn(0, laws())
