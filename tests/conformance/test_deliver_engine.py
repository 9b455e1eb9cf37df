"""Delivering on a real engine: its conditions, its old images, its request units."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.graph import Stores
from adapters.ledger import Ledger
from rules import keys
from rules.ledger_rows import state_key
from rules.rekeying_ledger import is_ledger, move
from rules.resolution_islands import Laws
from schemas.errors import RetryLater
from schemas.rows import key_of as place_of
from tests.simulator.engine import made_stores
from tests.simulator.histories import RULES
from tests.simulator.mailing import PEPPER, Hub, key_of


@pytest.fixture
def hub(engine: str) -> Iterator[Hub]:
    with made_stores(engine, f"t{secrets.token_hex(6)}") as stores:
        made = Hub()
        made.graph, made.journal = stores.graph, stores.journal
        yield made


def test_a_customers_history_at_a_destination(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.deliver(ada)
    hub.says(key_of("ada"), "withdrawn")
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("sent", "granted"), ("withheld", "opted_out")]
    assert hub.totals() == {("withheld", "opted_out"): 1}


def test_two_deliveries_of_one_identifier_never_overlap(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))

    def meanwhile() -> None:
        hub.service.arriving = lambda: None
        with pytest.raises(RetryLater, match="under way"):
            hub.deliver(ada)

    hub.service.arriving = meanwhile
    hub.deliver(ada)
    assert [status for _, status, _ in hub.service.calls] == ["on"]


def test_an_ordinary_delivery_costs_three_writes_and_four_reads(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    assert hub.graph.units.read + hub.journal.units.read <= 4.0
    assert hub.graph.units.write + hub.journal.units.write <= 3.0


def test_the_ledger_comes_to_another_pepper_beside_deliveries(hub: Hub) -> None:
    for name in ("ada", "ben"):
        hub.says(key_of(name))
    ada = hub.knows("ada")
    hub.deliver(ada)
    hub.pepper = replace(PEPPER, coming=keys.Pepper(b"another", 2), begun=True)
    ben = hub.knows("ben", into="g2")
    hub.deliver(ben)
    hub.deliver(ada)
    with_it(hub, key_of("ada"))
    hub.deliver(ada)
    hub.says(key_of("ada"), "withdrawn", days=1)
    hub.deliver(ada)
    hub.deliver(ben)
    assert [status for _, status, _ in hub.service.calls] == ["on", "on", "off"]
    rows = hub.graph.scan().items
    named = {place_of(row).sk for row in rows if is_ledger(place_of(row))}
    assert not [sk for name in ("ada", "ben") for sk in named if key_of(name) in sk]
    assert sorted(row.number for row in hub.ledger("ada")) == [1, 2]


def with_it(hub: Hub, key: str) -> None:
    """The sweep goes by, while one is delivered and when it is not any more."""
    laws = Laws(RULES, hub.pepper, lambda: "", hub.now)
    stores = Stores(hub.graph, hub.journal, lambda _seconds: None, lambda: 0.0)
    state = hub.graph.get(state_key(hub.name, key))
    assert state
    ledger = Ledger(hub.graph, hub.name, hub.pepper)
    claim = ledger.claim(key, "somebody", hub.now())
    with pytest.raises(RetryLater):
        stores.run(move(state, laws))
    ledger.release(claim)
    for item in hub.graph.scan().items:
        if is_ledger(place_of(item)):
            stores.run(move(item, laws))
