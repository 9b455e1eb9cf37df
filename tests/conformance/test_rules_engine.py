"""Other rules and another pepper on a real engine, beside concurrent writers."""

import secrets
import threading
from collections.abc import Iterator
from random import Random

import pytest

from adapters.graph import Stores
from rules.keys import Pepper
from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_rekeying import rekey
from rules.resolution_restating import Sweep
from schemas.policy import IdentityRules
from tests.conformance.test_graph_engine import rows_of
from tests.property.test_resolution_rekeying import AFTER, BEGUN, goings, remaining
from tests.property.test_resolution_restated import observed, rules
from tests.simulator.engine import another_writer, made_stores
from tests.simulator.histories import PEPPER, RULES, START, expected
from tests.simulator.reading import graph_in

WRITERS = 3


@pytest.fixture
def stores(engine: str) -> Iterator[Stores]:
    with made_stores(engine, f"t{secrets.token_hex(6)}") as made:
        yield made


def laws(rules_: IdentityRules, pepper: Pepper = PEPPER) -> Laws:
    return Laws(rules_, pepper, lambda: secrets.token_hex(12), lambda: START)


def writing(stores: Stores, received: list[Received], made: Laws) -> threading.Thread:
    """Another writer, a record at a time, each until it is done."""

    def write() -> None:
        with another_writer(stores) as own:
            for each in received:
                while own.run(resolve([each], made)).later:
                    pass

    return threading.Thread(target=write)


@pytest.mark.parametrize("seed", range(4))
def test_rules_about_values_reach_what_is_there_while_others_write(
    stores: Stores, seed: int
) -> None:
    random = Random(seed)
    received, old, new = observed(random, 24), rules(random), rules(random)
    half = len(received) // 2
    stores.run(resolve(received[:half], laws(old)))
    writers = [writing(stores, received[half + n :: WRITERS], laws(new)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    _to_the_end(stores, Sweep("v2", START), laws(new))
    for writer in writers:
        writer.join(timeout=60)
    _to_the_end(stores, Sweep("v2", START, last=True), laws(new))
    assert graph_in(rows_of(stores.graph), new) == expected(received, new)


def _to_the_end(stores: Stores, sweep: Sweep, made: Laws) -> None:
    while not stores.run(adopt(sweep, made)).done:
        pass


@pytest.mark.parametrize("seed", range(4))
def test_keys_come_to_another_pepper_while_others_write(stores: Stores, seed: int) -> None:
    random = Random(seed)
    received = observed(random, 24)
    half = len(received) // 2
    stores.run(resolve(received[:half], laws(RULES)))
    writers = [
        writing(stores, received[half + n :: WRITERS], laws(RULES, BEGUN)) for n in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for going in goings(last=False):
        while not stores.run(rekey(going, laws(RULES, BEGUN))).done:
            pass
    for writer in writers:
        writer.join(timeout=60)
    table = rows_of(stores.graph)
    assert not remaining(table)
    assert graph_in(table, RULES, AFTER) == expected(received, RULES, AFTER)
