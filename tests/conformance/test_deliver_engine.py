"""Delivering on a real engine: its conditions, its old images, its request units."""

import secrets
from collections.abc import Iterator

import pytest

from schemas.errors import RetryLater
from tests.simulator.engine import made_stores
from tests.simulator.mailing import Hub, key_of


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
