"""The whole product on local clouds of its own, once for all tests that ask for it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.table import Item, Key
from events.inbound import RecordObserved
from local import journey as first_journey
from local import stage as local_stage
from local.install import ROOT
from local.layer import BUILD
from local.prepare import keep_secret
from local.stage import Stage
from schemas import documents
from schemas.policy import Policy
from tests.e2e import foreign
from tests.e2e.foreign import LetterServer, foreign_sources, serving
from tests.e2e.hub import Hub
from tests.e2e.standins import Standins
from tests.e2e.tap import Tap, open_tap
from tests.simulator.store import MemoryTable

HOME = BUILD / "e2e"
SPARE = BUILD / "e2e-spare"
LAST = ("test_privacy_of_operation.py", "test_grants.py")
"""They judge what all the others left behind."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks these tests and puts them in order: they share one cloud."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: LAST.index(item.path.name) + 1 if item.path.name in LAST else 0)


@dataclass(frozen=True)
class Travelled:
    """What there was when the first journey of the stage had ended."""

    rows: dict[Key, Item]
    observed: tuple[str, ...]
    """Every `RecordObserved`, as `resolve` got it."""

    @property
    def table(self) -> MemoryTable:
        """The rows, to be read as a table."""
        return MemoryTable({key: dict(row) for key, row in self.rows.items()})


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A stage that begins empty, keeps nothing, and records the calls made to its cloud."""
    with brought_up(Stage(home=HOME, persistent=False, recorded=True)) as here:
        yield here


@pytest.fixture(scope="session")
def hub(stage: Stage) -> Hub:
    return Hub(stage)


@pytest.fixture(scope="session")
def inbound(hub: Hub) -> Tap:
    return open_tap(hub, "InboundBus")


@pytest.fixture(scope="session")
def outbound(hub: Hub) -> Tap:
    return open_tap(hub, "OutboundBus")


@pytest.fixture(scope="session")
def standins(stage: Stage) -> Standins:
    address = stage.config.sources["zendesk"].base_url
    return Standins(address.removesuffix("/zendesk"))


@pytest.fixture(scope="session")
def policy() -> Policy:
    return documents.policy(ROOT / "policy.yaml")


@pytest.fixture(scope="session")
def journey(hub: Hub, inbound: Tap, outbound: Tap) -> Travelled:
    """All four systems synced, the demo's webhooks sent, everything delivered."""
    for step in first_journey.STEPS:
        step.run(hub.stage, _silently)
    rows = hub.settle()
    return Travelled(rows, tuple(inbound.bodies(RecordObserved.__name__)))


@pytest.fixture(scope="session")
def letters() -> Iterator[LetterServer]:
    """Somebody else's server, which speaks Mailchimp's pages in its own manner."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def spare(hub: Hub, letters: LetterServer) -> Iterator[Hub]:
    """A second stage, of two shops and one foreign server, that shares the first one's pepper.

    Nothing is announced there, so it delivers nothing.
    """
    config = hub.stage.config.model_copy(
        update={"sources": foreign_sources(letters.url), "destinations": {}}
    )
    here = Stage(home=SPARE, persistent=False, config=config)
    with brought_up(here):
        second = Hub(here)
        for name, known in foreign.secrets():
            keep_secret(second.client("secretsmanager"), "local", name, known)
        lend_pepper(hub, second)
        mappings = second.client("lambda").list_event_source_mappings(
            FunctionName="sluice-local-announce"
        )["EventSourceMappings"]
        for mapping in mappings:
            second.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield second


def lend_pepper(one: Hub, other: Hub) -> None:
    """Gives another stage the same keys, so that their graphs can be compared."""
    name = "sluice/local/pepper/graph"
    held = one.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    other.client("secretsmanager").put_secret_value(SecretId=name, SecretString=held)


@contextmanager
def brought_up(here: Stage) -> Iterator[Stage]:
    """The stage, empty; it is stopped whatever happens. The log of its last run stays."""
    local_stage.stop(here.home)
    shutil.rmtree(here.home, ignore_errors=True)
    try:
        for step in local_stage.STEPS:
            step.run(here, _silently)
        yield here
    finally:
        local_stage.stop(here.home)


def _silently(_text: str) -> None:
    pass
