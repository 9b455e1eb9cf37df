"""The hub's own driver against the stand-ins: every record arrives, whatever goes wrong once."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import pytest

from adapters.http import Http, Times
from adapters.http_access import Access
from adapters.http_circuit import Circuit
from adapters.http_connection import Connection
from connectors import registry
from connectors.contract import Page
from local.standins.secrets import SECRETS
from schemas.config import Source
from schemas.errors import RetryLater
from tests.conformance.standins.standins_world import NOW, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.secrets import Secrets

SETTINGS = {"page_size": 40, "activity_page_size": 40, "list": "a1b2c3d4e5"}
KINDS = [("shopify-eu", "customer"), ("mailchimp", "member"), ("zendesk", "user"),
         ("hubspot", "contact")]  # fmt: skip


class Puller:
    """A source as the hub calls it; waiting moves the stand-ins' clock and no other."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.connector = registry.load(name.partition("-")[0])
        self.source = Source(
            connector="x", base_url=f"{world.server.url}/{name}", settings=SETTINGS
        )
        held: Mapping[str, str] = SECRETS[name]["api"]
        vault = cast("Secrets", SimpleNamespace(get=lambda *_: held, forget=lambda *_: None))
        self.connection = Connection(urlsplit(self.source.base_url), time.monotonic, private=True)
        self.http = Http(
            self.connector,
            self.connection,
            Access(name, self.connector, vault, self.clock),
            Circuit(name, self.clock),
            Times(self.now, self.clock, self.wait, lambda: 1.0),
            patience=60.0,
        )
        self.waited: list[float] = []

    def clock(self) -> float:
        return self.world.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.world.pass_time(seconds)

    def pull(self, kind: str) -> tuple[int, list[Page]]:
        """How many records of a kind there are, and their pages."""
        pages: list[Page] = []
        self.http.pull(self.connector.pull(self.source, kind, {}, NOW), pages.append)
        self.connection.close()
        return sum(len(page.records) for page in pages), pages


@pytest.mark.parametrize("name, kind", KINDS)
@pytest.mark.parametrize("fault", ["500", "503", "429", "truncated_body", "expired_token"])
def test_a_fault_in_the_middle_costs_time_and_no_record(
    world: World, name: str, kind: str, fault: str
) -> None:
    undisturbed, _ = Puller(world, name).pull(kind)
    world.pass_time(60)
    puller = Puller(world, name)
    world.fault(name, fault, count=1)
    again, _ = puller.pull(kind)
    assert again == undisturbed > 0


@pytest.mark.parametrize("name, kind", KINDS)
def test_a_vendors_wait_is_waited(world: World, name: str, kind: str) -> None:
    world.fault(name, "429", count=1, retry_after=7)
    puller = Puller(world, name)
    puller.pull(kind)
    assert puller.waited
    if name == "zendesk":
        assert max(puller.waited) >= 7


def test_a_vendor_that_stays_down_leaves_the_pull_for_later(world: World) -> None:
    world.fault("mailchimp", "503", count=50)
    puller = Puller(world, "mailchimp")
    with pytest.raises(RetryLater):
        puller.pull("member")
    puller.connection.close()
