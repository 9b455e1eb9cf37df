"""Deliveries in every order while the ledger comes to another pepper, beside the sweep, cut short
at any call: nobody is sent anything twice, and who is to be left alone is told so once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal, NamedTuple

import pytest

from adapters import leases
from adapters.graph import Stores
from adapters.http_connection import Call
from adapters.leases import Leases, Names
from adapters.ledger import Ledger, entries
from connectors.contract import Response
from functions.office import Errand
from functions.telling import Telling
from rules import delivery, keys, ledger_rows, rekeying_ledger
from rules.delivery import Addressee, Person
from rules.keys import Pepper
from rules.ledger_rows import row_from, state_key
from rules.rekeying_ledger import is_ledger, move
from rules.resolution_islands import Laws
from rules.resolution_rekeying import Going, rekey
from schemas.errors import RetryLater
from schemas.graph import ConsentRow
from schemas.rows import Conflict, Item, Key, Write
from tests.simulator.histories import RULES
from tests.simulator.mailing import PEPPER, START, Hub, Service, key_of
from tests.simulator.store import MemoryTable, Row
from tests.simulator.turns import Drops, Place, Port, Turns, whole

SECOND = Pepper(b"another pepper for tests", 2)
AWARE = replace(PEPPER, coming=SECOND)
BEGUN = replace(PEPPER, coming=SECOND, begun=True)
AFTER = replace(PEPPER, later=(SECOND,))
FORMER = key_of("ada")
NEW = keys.renewed(BEGUN, FORMER)
MINUTE = 60.0

Story = Literal["granted", "withdrawn"]
Rows = Mapping[Key, Row]


class Line(Service):
    """The service at the other end: a request is a call like any other, under a lease."""

    def __init__(self, port: Port, holder: str) -> None:
        super().__init__()
        self.port, self.holder = port, holder

    def exchange(self, call: Call, before_first_byte: Callable[[], None]) -> Response:
        before_first_byte()
        status = "off" if b"off" in (call.body or b"") else "on"
        request = {"status": status, "name": call.headers["idempotency-key"]}
        self.port.act(partial(_arrives, request=request, holder=self.holder))
        return Response(200, {"content-type": "application/json"}, b"{}")


def _arrives(memory: MemoryTable, request: Item, holder: str) -> None:
    states = [row for key, row in memory.rows.items() if key.pk.startswith("L#")]
    assert [row.get("holder") for row in states] == [holder], "only under the one lease"
    key = Key("SENT", f"{len(sent(memory.rows)):02}")
    memory.transact([Write("put", key, request)])


def sent(rows: Rows) -> list[Row]:
    """What arrived, in order."""
    return [rows[key] for key in sorted(rows) if key.pk == "SENT"]


class Told(NamedTuple):
    """A reading of the customer, and of what was said, from a moment ago."""

    who: Person
    state: Story

    def person(self, _customer: str, _version: int) -> Person:
        return self.who

    def said(self, _person: Person, addressee: Addressee) -> dict[str, tuple[ConsentRow, ...]]:
        (about,) = addressee.addresses
        row = ConsentRow(
            purpose="offers", channel="email", state=self.state, stated=True, source="shop",
            record="customer:1", effective_at=START,
        )  # fmt: skip
        return {about: (row,)}


@cache
def person(view: str, island: str) -> Person:
    """Ada, whose address has these names where it is read."""
    hub = Hub()
    found = hub.office().reader.person(hub.knows("ada"), 0)
    assert found
    (known,), ((s, node),) = found.profile.identifiers, found.island.nodes.items()
    known, node = (
        known.model_copy(update={"key": view}),
        node.model_copy(update={"links": frozenset({island})}),
    )
    return Person(
        found.profile.model_copy(update={"identifiers": (known,)}),
        found.island.model_copy(update={"nodes": {s: node}}),
    )


@dataclass(frozen=True)
class Delivers:
    """One delivery, by who knows this pepper and read the address by these names."""

    pepper: Pepper
    view: str = FORMER
    island: str = FORMER
    state: Story = "granted"
    holder: str = "somebody"
    seconds: float = 0.0

    def __call__(self, port: Port) -> None:
        hub = Hub(seconds=self.seconds, service=Line(port, self.holder))
        who = person(self.view, self.island)
        office = hub.office(
            pepper=self.pepper,
            reader=Told(who, self.state),
            ledger=Ledger(port, hub.name, self.pepper),
            token=lambda: self.holder,
        )
        (addressee,) = delivery.addressees(who, "email", self.pepper)
        errand = Errand(who.profile.customer, 1, START)
        Telling(office, errand, addressee).run(who, hub.clock())


@dataclass(frozen=True)
class Sweeps:
    """Goes through what was there when it began."""

    items: tuple[Item, ...]
    seconds: float = 0.0

    def __call__(self, port: Port) -> None:
        laws = Laws(RULES, BEGUN, lambda: "", Hub(seconds=self.seconds).now)
        for item in self.items:
            stores_of(port).run(move(item, laws))


def stores_of(port: Port) -> Stores:
    return Stores(port, port, lambda _seconds: None, lambda: 0.0)


def items_in(rows: Rows) -> tuple[Item, ...]:
    return tuple(rows[key] for key in sorted(rows) if is_ledger(key))


STARTS: dict[str, tuple[Delivers, ...]] = {
    "nothing": (),
    "former": (Delivers(PEPPER),),
    "new": (Delivers(BEGUN),),
}
BEFORE, COMING, SWEPT, AFTERWARDS = (
    (Delivers(PEPPER), Delivers(AWARE)),
    (Delivers(AWARE, NEW, NEW), Delivers(BEGUN)),
    (Delivers(BEGUN, FORMER, NEW), Delivers(BEGUN, NEW, FORMER)),
    (Delivers(BEGUN, NEW, FORMER), Delivers(AFTER, FORMER, NEW)),
)
"""Who delivers at the same time, in the order of the stages."""
CASES = {
    "before, nothing": (BEFORE, "nothing"),
    "before, former": (BEFORE, "former"),
    "coming, nothing": (COMING, "nothing"),
    "coming, former": (COMING, "former"),
    "coming, new": (COMING, "new"),
    "swept, nothing": (SWEPT, "nothing"),
    "swept, former": (SWEPT, "former"),
    "swept, new": (SWEPT, "new"),
    "after, nothing": (AFTERWARDS, "nothing"),
    "after, new": (AFTERWARDS, "new"),
}


def before(start: str) -> Rows:
    memory = MemoryTable()
    for each in STARTS[start]:
        whole(each, memory)
    return {key: row for key, row in memory.rows.items() if key.pk != "SENT"}


def numbers(rows: Rows) -> list[int]:
    """Of all entries, by whichever name."""
    return sorted(row.number for row in entries(port_of(rows), "s-ada", "letters"))


def port_of(rows: Rows) -> Port:
    return Port(MemoryTable(dict(rows)), more=10_000)


def checked(place: Place) -> None:
    """What holds between any two calls."""
    states = [key for key in place.rows if key.pk.startswith("L#")]
    assert len(states) <= 1, "one state"
    for key, row in place.rows.items():
        said = row_from(row) if is_ledger(key) else None
        assert not said or said.identifier in key.sk, "a row says what it is called"
    found = numbers(place.rows)
    assert found == list(range(1, len(found) + 1)), "each number once"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekeying_ledger, "ATTEMPTS", 2)


def played(case: str, state: Story, crashes: int = 0, drops: Drops = lambda _write: False) -> None:
    """Every order of it, and what comes after."""
    pair, start = CASES[case]
    rows = before(start)
    both = [replace(each, state=state, holder=f"h{n}") for n, each in enumerate(pair)]
    items = items_in(rows)
    for ordered in (items, items[::-1]) if pair is SWEPT else ((),):
        turns = Turns([*both, Sweeps(ordered)], crashes, drops)
        for end in turns.ends(rows, checked):
            for last in both:
                memory = MemoryTable(dict(end.rows), drops=drops)
                settled(memory, last, ordered)
                came_to(memory.rows, last.state, start, len(end.gone))


def settled(memory: MemoryTable, last: Delivers, items: tuple[Item, ...]) -> None:
    """All leases are over; who was put off comes again, then the sweep, then anybody."""
    whole(replace(last, holder="h8", seconds=MINUTE), memory)
    whole(Sweeps(items, 2 * MINUTE), memory)
    whole(replace(last, holder="h9", seconds=3 * MINUTE), memory)
    checked(Place(memory.rows, ()))
    if items:
        assert FORMER not in repr(memory.rows)


def came_to(rows: Rows, state: Story, start: str, gone: int) -> None:
    """Each who vanished may have sent something: it is sent, and entered, once more at most."""
    requests, wanted = sent(rows), expected(start, state)
    may = {"on" if state == "granted" else "off"} if gone else set[str]()
    assert wanted <= {str(each["status"]) for each in requests} <= wanted | may
    assert len(requests) <= len(wanted) + gone
    made, news = len(numbers(rows)) - len(STARTS[start]), state == "withdrawn" or start == "nothing"
    assert news <= made <= news + gone
    assert len({each["name"] for each in requests}) <= made, "a repeat is known as one"


def expected(start: str, state: Story) -> set[str]:
    """What the service is to hear: nothing of what it knows, and of who it never knew."""
    if state == "granted":
        return {"on"} if start == "nothing" else set()
    return set() if start == "nothing" else {"off"}


@pytest.mark.parametrize("state", ["granted", "withdrawn"])
@pytest.mark.parametrize("case", CASES)
def test_in_every_order(case: str, state: Story) -> None:
    played(case, state)


@pytest.mark.parametrize("state", ["granted", "withdrawn"])
@pytest.mark.parametrize("case", CASES)
def test_cut_short_at_any_call(case: str, state: Story) -> None:
    played(case, state, crashes=1)


Mutant = Callable[[pytest.MonkeyPatch], Drops]


def _none(_write: Write) -> bool:
    return False


def _other_name_may_be_taken(_patch: pytest.MonkeyPatch) -> Drops:
    return lambda write: write.kind == "check" and write.key.pk.startswith("L#")


def _entry_under_the_other_name_may_be_there(_patch: pytest.MonkeyPatch) -> Drops:
    return lambda write: write.kind == "check" and write.key.pk.startswith("S#")


def _row_may_have_moved(patch: pytest.MonkeyPatch) -> Drops:
    patch.setattr(leases, "THERE", leases.FREE)
    return _none


def _holder_may_be_another(patch: pytest.MonkeyPatch) -> Drops:
    patch.setattr(rekeying_ledger, "CHANGING", ("data",))
    return _none


def _state_may_be_another(patch: pytest.MonkeyPatch) -> Drops:
    patch.setattr(rekeying_ledger, "CHANGING", ("holder",))
    return _none


def _leased_is_moved(patch: pytest.MonkeyPatch) -> Drops:
    patch.setattr(ledger_rows, "leased", lambda _item, _now: False)
    return _none


def _name_of_the_row_is_entered(patch: pytest.MonkeyPatch) -> Drops:
    def entering(_ledger: Ledger, names: Names, there: str) -> Names:
        return there, *(name for name in names if name != there)

    patch.setattr(Ledger, "_entering", entering)
    return _none


def _only_the_new_name_is_read(patch: pytest.MonkeyPatch) -> Drops:
    patch.setattr(Leases, "read", lambda self, wanted: read(self, [each[-1:] for each in wanted]))
    return _none


read = Leases.read
MUTANTS: dict[Mutant, str] = {
    _other_name_may_be_taken: "coming, nothing",
    _entry_under_the_other_name_may_be_there: "coming, former",
    _row_may_have_moved: "swept, former",
    _holder_may_be_another: "swept, former",
    _state_may_be_another: "swept, former",
    _leased_is_moved: "swept, former",
    _name_of_the_row_is_entered: "swept, former",
    _only_the_new_name_is_read: "coming, former",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_condition_is_needed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = mutant(monkeypatch)
    with pytest.raises((AssertionError, RetryLater)):
        played(MUTANTS[mutant], "withdrawn", crashes=1, drops=drops)


def test_a_stage_waits_for_those_of_the_last_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not know the new name never finds what is there by it."""
    monkeypatch.setitem(CASES, "skipped", ((Delivers(PEPPER), Delivers(BEGUN)), "nothing"))
    with pytest.raises(AssertionError):
        played("skipped", "granted")


def found_at_every_call() -> bool:
    """Whether a state that is there all the time is seen while it moves."""
    rows, missed = before("former"), list[object]()

    def looks(port: Port) -> None:
        known = Ledger(port, "letters", BEGUN).states([FORMER])
        missed.extend([] if known else [FORMER])

    turns = Turns([looks, Sweeps(items_in(rows))])
    assert [*turns.ends(rows, checked)]
    return not missed


def test_a_state_is_seen_while_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_at_every_call()
    monkeypatch.setattr(Leases, "read", lambda self, wanted: read(self, [w[::-1] for w in wanted]))
    assert not found_at_every_call()


def test_who_finds_it_moved_takes_it_where_it_is() -> None:
    rows = before("former")

    def claims(port: Port) -> None:
        Ledger(port, "letters", BEGUN).claim(FORMER, "somebody", Hub().now())

    for end in Turns([claims, Sweeps(items_in(rows))]).ends(rows, checked):
        assert "somebody" in {row.get("holder") for row in end.rows.values()}


def test_where_a_stage_was_left_out_the_sweep_overwrites_nothing() -> None:
    memory = MemoryTable(dict(before("former")))
    (item, new) = (memory.rows[state_key("letters", FORMER)], state_key("letters", NEW))
    memory.transact([Write("put", new, {**item, "outcome": "another"})])
    with pytest.raises(RetryLater):
        whole(Sweeps((item,)), memory)
    assert memory.rows[new]["outcome"] == "another"


def test_an_entry_keeps_its_number_when_a_move_is_in_its_way() -> None:
    memory, failures = MemoryTable(), [Conflict(), Conflict()]

    def transact(port: Port, writes: Sequence[Write]) -> None:
        if failures and any(write.key.pk.startswith("S#") for write in writes):
            raise failures.pop()
        port.act(lambda memory: memory.transact(writes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Port, "transact", transact)
        whole(Delivers(BEGUN), memory)
    assert (numbers(memory.rows), failures) == ([1], [])


def test_what_vanished_and_was_told_to_stop_moves_as_it_is() -> None:
    memory = MemoryTable(dict(before("former")))
    whole(Delivers(PEPPER, state="withdrawn", seconds=MINUTE), memory)
    place = state_key("letters", FORMER)
    crashed = {**memory.rows[place], "until": 1, "holder": "gone"}
    memory.transact([Write("put", place, crashed)])
    whole(Sweeps(items_in(memory.rows), 2 * MINUTE), memory)
    moved = memory.rows[state_key("letters", NEW)]
    assert {name: moved[name] for name in ("until", "holder", "outcome", "reason")} == {
        "until": 1, "holder": "gone", "outcome": "withheld", "reason": "opted_out",
    }  # fmt: skip
    claim = Ledger(port_of(memory.rows), "letters", AFTER).claim(NEW, "next", Hub().now())
    assert claim.unclean
    assert claim.row
    assert (claim.row.identifier, claim.row.opted_out, claim.row.number) == (NEW, True, 2)


def test_what_is_leased_for_long_is_left_for_another_visit() -> None:
    memory = MemoryTable(dict(before("former")))
    Ledger(Port(memory, more=9), "letters", BEGUN).claim(FORMER, "slow", Hub().now())
    state = memory.rows[state_key("letters", FORMER)]
    with pytest.raises(RetryLater):
        whole(Sweeps((state,)), memory)
    whole(Sweeps((state,), MINUTE), memory)
    assert "slow" in str(memory.rows[state_key("letters", NEW)])


def test_going_through_the_names_takes_the_ledger_along() -> None:
    memory = MemoryTable(dict(before("former")))
    laws = Laws(RULES, BEGUN, lambda: "", Hub().now)
    going = Going(2)
    while not whole(lambda port: stores_of(port).run(rekey(going, laws)).done, memory):
        pass
    found = {key for key in memory.rows if is_ledger(key)}
    assert found == {state_key("letters", NEW), Key("S#s-ada", f"D#letters#{NEW}#000001")}


def test_customers_keep_their_names() -> None:
    memory = MemoryTable()
    customer = delivery.opaque(keys.of_customer(PEPPER, "s-ada"))
    for pepper in (PEPPER, AWARE, BEGUN):
        claim = Ledger(Port(memory, more=99), "letters", pepper).claim(customer, "h", Hub().now())
        assert (claim.identifier, claim.entered) == (customer, (customer,))
        Ledger(Port(memory, more=99), "letters", pepper).release(claim)
    memory.transact([Write("put", state_key("letters", customer), {"data": "", "outcome": "sent"})])
    rows = dict(memory.rows)
    whole(Sweeps(items_in(rows)), memory)
    assert memory.rows == rows


def test_the_new_name_alone_is_not_enough_while_there_may_be_a_former() -> None:
    """Nobody can tell from it what the row is called that may be there."""
    ledger = Ledger(port_of(before("former")), "letters", BEGUN)
    with pytest.raises(RetryLater):
        ledger.claim(NEW, "somebody", Hub().now())


def test_a_move_in_the_way_costs_nobody_the_lease() -> None:
    memory = MemoryTable(dict(before("former")))
    ledger = Ledger(Port(memory, more=99), "letters", BEGUN)
    claim, failures = ledger.claim(FORMER, "somebody", Hub().now()), [Conflict(), Conflict()]

    def write(port: Port, write: Write) -> None:
        if failures:
            raise failures.pop()
        port.act(lambda memory: memory.transact([write]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Port, "write", write)
        ledger.release(claim)
    assert "holder" not in memory.rows[state_key("letters", FORMER)]
