"""What no source should send: from the request to the graph, or to where it is kept, and why."""

import json
from base64 import b64encode
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.checkpoints import Checkpoints
from connectors import registry
from connectors.contract import Page
from functions import operate, pull, receive, resolve
from local.standins import senders
from schemas.config import Config
from tests.fakes.graph import NOW, World, wire
from tests.simulator.reading import heads, islands
from tests.unit.test_operate import Queues

SECRET = "invented"
SHOP = {"connector": "shopify", "base_url": "https://shop.example.com"}
CRM = {"connector": "hubspot", "base_url": "https://crm.example.com"}
ADA: dict[str, Any] = {
    "id": 42,
    "created_at": "2026-05-01T10:00:00Z",
    "updated_at": "2026-10-01T10:00:00Z",
    "email": "ada@example.com",
    "first_name": "Ada",
}
ORDER: dict[str, Any] = {
    "id": 7,
    "created_at": "2026-10-01T10:00:00Z",
    "currency": "EUR",
    "total_price": "12.40",
}
DATED = {"createdate": "2026-05-01T10:00:00Z", "lastmodifieddate": "2026-10-01T10:00:00Z"}
LONG = "a" * 10_240


@dataclass
class Hub:
    """Receives, pulls, resolves, and says what became of it."""

    world: World
    config: Config
    resolved: int = 0

    def receives(self, topic: str, **record: object) -> dict[str, int]:
        """What the shop is told."""
        signed = senders.shopify(senders.Target("shop", SECRET, NOW), topic, record)
        reply = receive.handler(
            {
                "pathParameters": {"source": "shop"},
                "rawPath": signed.path,
                "headers": signed.headers,
                "requestContext": {"http": {"method": signed.method}},
                "body": b64encode(signed.body).decode(),
                "isBase64Encoded": True,
            }
        )
        assert reply["statusCode"] == 200
        self._resolves()
        told: dict[str, int] = json.loads(reply["body"])
        return told

    def pulls(self, *contacts: dict[str, Any]) -> None:
        """A page of the CRM, whose checkpoint then moves."""
        records = tuple(
            {"id": each.pop("id"), "archived": False, "properties": DATED | each}
            for each in contacts
        )
        checkpoints = Checkpoints(self.world.table, "crm")
        time = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
        source, connector = self.config.sources["crm"], registry.load("hubspot")
        reader = pull.Reader("crm", source, connector, checkpoints, time)
        reader.page(Page("contact", records, {"after": "1"}))
        assert checkpoints.cursor("contact") == {"after": "1"}
        self._resolves()

    def _resolves(self) -> None:
        events, self.resolved = self.world.said[self.resolved :], len(self.world.said)
        messages = [
            {"messageId": str(n), "body": json.dumps({"detail": each.model_dump(mode="json")})}
            for n, each in enumerate(events)
        ]
        assert resolve.handler({"Records": messages}) == {"batchItemFailures": []}

    @property
    def aside(self) -> dict[str, int]:
        """Reason → how many, as the status has it."""
        claims = {"sub": "u-1", "cognito:groups": "[operator]"}
        reply = operate.handler(
            {
                "routeKey": "GET /v1/status",
                "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
            }
        )
        sources = json.loads(reply["body"])["sources"]
        return {why: n for each in sources for why, n in each["set_aside_because"].items()}

    @property
    def customers(self) -> list[set[str]]:
        """Each as the readable names of its subjects."""
        names = {s: head.subject.key for s, head in heads(self.world.table.store).items()}
        found: dict[str, set[str]] = {}
        for island in islands(self.world.table.store).values():
            for s, label in island.labels.items():
                found.setdefault(label, set()).add(names[s])
        return list(found.values())

    def name(self) -> str:
        """The first name that the only customer goes by."""
        (row,) = (r for k, r in self.world.table.store.rows.items() if k.sk.startswith("R#C#"))
        name: str = json.loads(str(row["data"]))["traits"]["first_name"]
        return name

    def carried(self) -> set[str]:
        """The values that anybody is linked to."""
        every = heads(self.world.table.store).values()
        return {link.value for head in every for link in head.links.values()}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    config = Config.model_validate(
        {"company": "Lumen & Loom", "sources": {"shop": SHOP, "crm": CRM}}
    )
    secrets = SimpleNamespace(get=lambda _system, _kind: {"secret": SECRET})
    return Hub(wire(monkeypatch, config=config, aws=Queues(), secrets=secrets), config)


def test_a_record_that_names_nobody_is_set_aside(hub: Hub) -> None:
    assert hub.receives("orders/create", **ORDER) == {"accepted": 0, "set_aside": 1}
    assert hub.customers == []
    (reason,) = hub.aside
    assert reason.startswith("the record names nobody")


def test_a_contact_without_identifiers_is_known_by_its_id_alone(hub: Hub) -> None:
    told = hub.receives("customers/create", **{**ADA, "email": None})
    assert told == {"accepted": 1, "set_aside": 0}
    assert hub.customers == [{"shop:customer:42"}]


def test_a_thousand_identifiers_are_set_aside_and_the_others_of_the_page_are_not(hub: Hub) -> None:
    many = ";".join(f"a{n}@example.com" for n in range(1_000))
    hub.pulls({"id": "1", "hs_additional_emails": many}, {"id": "2", "email": "ben@example.com"})
    assert hub.customers == [{"crm:contact:2"}]
    assert hub.aside == {"1000 identifiers in one record; 256 are possible": 1}


def test_what_is_too_large_to_travel_is_set_aside_and_the_page_is_done(hub: Hub) -> None:
    many = ";".join(f"{'a' * 60}{n}@example.com" for n in range(2_000))
    hub.pulls({"id": "1", "hs_additional_emails": many}, {"id": "2", "email": "ben@example.com"})
    assert hub.customers == [{"crm:contact:2"}]
    (reason,) = hub.aside
    assert "200 KB is the most" in reason


def test_more_identifiers_than_a_subject_may_have_leave_none_behind(hub: Hub) -> None:
    def some(first: int, last: int) -> str:
        return ";".join(f"a{n}@example.com" for n in range(first, last))

    hub.pulls({"id": "1", "hs_additional_emails": some(0, 220)})
    later = {"lastmodifieddate": "2026-10-02T10:00:00Z"}
    hub.pulls({"id": "1", "hs_additional_emails": some(220, 260), **later})
    assert len(hub.carried()) == 220
    assert hub.aside == {"a subject with more than 256 identifiers": 1}


def test_half_of_a_long_list_is_never_taken_for_somebody_else(hub: Hub) -> None:
    many = [f"ada{n:03}@example.com" for n in range(240)]
    hub.pulls({"id": "1", "hs_additional_emails": ";".join(many)})
    assert hub.carried() == set(many)


def test_an_identifier_of_ten_kilobytes_links_nobody(hub: Hub) -> None:
    assert hub.receives("customers/create", **{**ADA, "email": f"{LONG}@example.com"}) == {
        "accepted": 1,
        "set_aside": 0,
    }
    assert hub.carried() == set()
    nameless = hub.receives("orders/create", **{**ORDER, "email": f"{LONG}@example.com"})
    assert nameless == {"accepted": 0, "set_aside": 1}


def test_an_id_of_ten_kilobytes_is_set_aside(hub: Hub) -> None:
    assert hub.receives("customers/create", **{**ADA, "id": LONG})["set_aside"] == 1
    assert hub.aside == {"the record has no id": 1}


def test_control_characters_are_taken_out_of_names_and_spoil_what_identifies(hub: Hub) -> None:
    hub.receives(
        "customers/create",
        **{**ADA, "email": "ada\x00@example.com", "first_name": "\x1b[31mA\x00da\u202e"},
    )
    assert hub.carried() == set()
    assert hub.name() == "[31mA da"
    assert hub.receives("customers/create", **{**ADA, "id": "4\x002"})["set_aside"] == 1


@pytest.mark.parametrize(
    "record, reason",
    [
        pytest.param(
            {"created_at": "2031-01-01T00:00:00Z"}, "occurred in the future", id="created"
        ),
        pytest.param({"updated_at": "2031-01-01T00:00:00Z"}, "changed in the future", id="changed"),
    ],
)
def test_what_is_to_come_is_set_aside_and_stands_in_nobodys_way(
    hub: Hub, record: dict[str, str], reason: str
) -> None:
    told = hub.receives("customers/update", **{**ADA, "first_name": "Eve", **record})
    assert told == {"accepted": 1, "set_aside": 0}
    assert hub.customers == []
    assert [reason in each for each in hub.aside] == [True]
    hub.receives("customers/update", **ADA)
    assert hub.name() == "Ada"


def test_a_version_that_goes_backwards_changes_nothing_but_links(hub: Hub) -> None:
    hub.receives("customers/update", **ADA)
    older = {"updated_at": "2026-09-01T10:00:00Z", "first_name": "A.", "email": "a@example.com"}
    hub.receives("customers/update", **{**ADA, **older})
    assert hub.name() == "Ada"
    assert hub.carried() == {"ada@example.com", "a@example.com"}


def test_two_records_that_claim_each_other_are_one(hub: Hub) -> None:
    hub.pulls(
        {"id": "1", "hs_merged_object_ids": "2"},
        {"id": "2", "hs_merged_object_ids": "1"},
    )
    assert hub.customers == [{"crm:contact:1", "crm:contact:2"}]
