"""Records that move, on a real engine: in one place at the units promised, whoever writes."""

import secrets
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from adapters.graph import Stores
from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_parting import PARTED
from schemas.observation import Interaction
from tests.conformance.test_graph_engine import (
    CALL,
    COMMON,
    ORDER,
    WRITERS,
    in_threads,
    laws,
    rows_of,
    said,
    units,
    work_off,
)
from tests.property.test_resolution import batches
from tests.simulator.engine import made_stores
from tests.simulator.histories import RULES, expected
from tests.simulator.moving import amiss, told, turn
from tests.simulator.reading import broken_promises, graph_in


@pytest.fixture
def stores(engine: str) -> Iterator[Stores]:
    with made_stores(engine, f"t{secrets.token_hex(6)}") as made:
        yield made


@pytest.mark.parametrize("seed", range(6))
def test_records_move_while_others_write(stores: Stores, seed: int) -> None:
    random = Random(seed)
    story = told(random, 20)
    for number, part in enumerate((story.old, story.every)):
        failures: list[BaseException] = []
        in_threads(partial(work_off, stores, batches(random, part), failures), WRITERS)
        assert not failures
        assert not amiss(rows_of(stores.graph))
        stores.run(turn(number, laws(RULES)))
    for number in (2, 3):
        stores.run(turn(number, laws(RULES)))
    table = rows_of(stores.graph)
    assert not broken_promises(table)
    assert not table.query(PARTED, "")
    assert graph_in(table) == expected(story.left)


def version(who: str, number: str, interaction: Interaction) -> Received:
    seen = said(who, "ada@example.com", record=interaction.kind, version=number,
                interaction=interaction)  # fmt: skip
    return seen._replace(movable=True)


def test_a_record_that_can_move_costs_the_units_that_were_promised(stores: Stores) -> None:
    people = [said("1", "ada@example.com"), said("2", "bea@example.com")]
    stores.run(resolve(people, laws(COMMON)))
    for interaction, most in ((ORDER, 6), (CALL, 4)):
        assert units(stores, version("1", "1", interaction)).write <= most
        assert units(stores, version("1", "2", interaction)).write <= 1
    units(stores, version("2", "3", ORDER))
