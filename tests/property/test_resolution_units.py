"""Reads and writes of each kind of event, by DynamoDB's published rules."""

from functools import partial

import pytest

from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_items import identifier_from
from tests.bench.events import LAWS, START, contact, interaction, subject
from tests.bench.million import rows_of
from tests.bench.resolve import join_units
from tests.simulator.meter import Meter
from tests.simulator.reading import graph_in, heads, islands
from tests.simulator.store import MemoryTable


def cost(*received: Received, after: tuple[Received, ...] = ()) -> tuple[float, float]:
    meter = Meter()
    for each in after:
        meter.run(resolve([each], LAWS))
    meter.reset()
    meter.run(resolve(received, LAWS))
    return meter.write, meter.read


known = partial(cost, after=(contact(1),))


def test_a_new_subject_with_two_identifiers_costs_nine_and_three() -> None:
    assert cost(contact(1)) == (9, 3)


def test_a_known_subject_with_nothing_new_costs_one_and_one() -> None:
    assert known(interaction(1, 7, paid=False)) == (1, 1)


def test_money_costs_four_and_two() -> None:
    assert known(interaction(1, 7, paid=True)) == (4, 2)


def test_a_batch_costs_what_its_events_cost() -> None:
    people = tuple(contact(n) for n in range(10))
    calls = tuple(interaction(n, n, paid=False) for n in range(10))
    assert cost(*people) == (90, 30)
    assert cost(*calls, after=people) == (10, 10)


@pytest.mark.parametrize("interactions", [1, 500])
def test_joining_two_customers_costs_the_same_whatever_they_did(interactions: int) -> None:
    assert join_units(interactions) == 11 + 5


def version(received: Received, number: int, **changes: object) -> Received:
    """Another version of a record that can move."""
    seen = received.observation
    record = seen.record.model_copy(update={"version": str(number)})
    return Received(seen.model_copy(update={"record": record, **changes}), START, movable=True)


ORDER, CALL = interaction(1, 7, paid=True), interaction(1, 7, paid=False)


@pytest.mark.parametrize("record, units", [(ORDER, (6, 2)), (CALL, (4, 2))])
def test_a_record_that_can_move_costs_its_pointer_once(
    record: Received, units: tuple[int, int]
) -> None:
    assert known(version(record, 1)) == units


def test_a_batch_of_them_costs_what_each_does_and_their_subject_once() -> None:
    calls = [version(interaction(1, n, paid=False), 1) for n in range(40)]
    orders = [version(interaction(1, n, paid=True), 1) for n in range(10)]
    assert cost(*calls, after=(contact(1),)) == (160, 41)
    assert cost(*orders, after=(contact(1),)) == (10 * 4 + 2, 11)


@pytest.mark.parametrize("record", [ORDER, CALL])
@pytest.mark.parametrize("number, units", [(2, (1, 2)), (1, (0, 2))])
def test_its_further_versions_cost_no_more_than_those_of_others(
    record: Received, number: int, units: tuple[int, int]
) -> None:
    assert cost(version(record, number), after=(contact(1), version(record, 1))) == units


@pytest.mark.parametrize("interactions", [1, 500])
def test_a_move_costs_the_same_whatever_else_the_two_did(interactions: int) -> None:
    calls = tuple(interaction(n, 100 + i, paid=False) for n in (1, 2) for i in range(interactions))
    there = (contact(1), contact(2), *calls, version(ORDER, 1))
    moved = version(ORDER, 2, subject=subject(2, "shop"), claims=())
    assert cost(moved, after=there) == (20, 6)


def test_orders_that_can_all_move_stay_within_the_mix_of_a_shop() -> None:
    """An order is new once and changes four times: paid, packed, sent, delivered."""
    people = tuple(contact(n) for n in range(20))
    orders = tuple(version(interaction(n, n, paid=True), 1) for n in range(20))
    new = cost(*orders, after=people)
    again = cost(*(version(each, 2) for each in orders), after=(*people, *orders))
    assert [(one + 4 * more) / 5 / 20 for one, more in zip(new, again, strict=True)] == [2.0, 2.0]


@pytest.mark.parametrize("n", [0, 7, 999_999])
def test_rows_made_in_bulk_are_those_that_the_resolver_writes(n: int) -> None:
    """The table of a million that `make bench ONLY=resolve` counts with is made of them."""
    meter = Meter()
    meter.run(resolve([contact(n)], LAWS))
    (g,) = islands(meter.graph)
    made = MemoryTable(rows_of(n, g))
    assert readable(made) == readable(meter.graph)
    assert graph_in(made) == graph_in(meter.graph)


def readable(table: MemoryTable) -> list[object]:
    """The rows without the order in which sets were written."""
    cells = {k: identifier_from(row) for k, row in table.rows.items() if k.pk.startswith("I#")}
    plain = {k: row for k, row in table.rows.items() if k.pk[:2] not in {"I#", "G#"}}
    return [
        heads(table),
        islands(table),
        cells,
        plain,
        {k: table.rows[k].keys() for k in table.rows},
    ]
