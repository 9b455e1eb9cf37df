"""HubSpot's recorded payloads go through verify, parse and normalise."""

import json
from typing import Any

import pytest

from connectors.contract import Request, Response
from connectors.registry import load
from schemas.errors import BadRecord
from tests.conformance.payloads.recorded import (
    NOW,
    beside,
    observe,
    received,
    recorded,
    responses,
    signed,
    system,
    webhook,
)
from tests.contract.connector_driving import answer, pages, played
from tests.contract.connector_suite import ADA

pytestmark = beside


def test_hubspot_contacts_and_deals() -> None:
    for body in responses("hubspot/contact_update_recorded.json"):
        assert observe("hubspot", "contact", body).traits["first_name"] == "Updated"
    for record in recorded("hubspot/dlt_mock_contacts_data.json")["results"]:
        assert observe("hubspot", "contact", record).claims
    links = {"associations": {"contacts": {"results": [{"id": "51"}, {"id": "9"}]}}}
    for record in recorded("hubspot/dlt_mock_deals_data.json")["results"]:
        found = observe("hubspot", "deal", {**record, **links})
        assert found.subject.id == "9"
        assert found.interaction is not None
        assert found.interaction.amount is None, "it was not won"
        with pytest.raises(BadRecord, match="names nobody"):
            observe("hubspot", "deal", record)


def test_hubspot_tickets_are_not_followed() -> None:
    for record in recorded("hubspot/dlt_mock_tickets_data.json")["results"]:
        with pytest.raises(BadRecord, match="not handled"):
            observe("hubspot", "ticket", record)


def test_a_contact_that_is_gone_from_hubspot_is_erased_there() -> None:
    assert recorded("hubspot/contact_delete_recorded.json")[0]["status"] == 204
    sent, outcome = played(load("hubspot").erase(system("hubspot"), ADA), Response(204, {}, b""))
    assert sent[0].json == {"objectId": "ada@example.com", "idProperty": "email"}
    assert outcome.status == "sent"


def hubspot_batches() -> list[list[dict[str, Any]]]:
    batches: list[list[dict[str, Any]]] = recorded("hubspot/webhook_batches_recorded.json")
    return [*batches, recorded("hubspot/webhook_batch_docs_sample.json")]


def test_hubspot_batches_name_whom_to_fetch() -> None:
    stamp = str(int(NOW.timestamp() * 1000))
    wanted = []
    for batch in hubspot_batches():
        body = json.dumps(batch).encode()
        message = b"POSThttps://hub.example/webhooks/src" + body + stamp.encode()
        headers = {
            "x-hubspot-signature-v3": signed(message),
            "x-hubspot-request-timestamp": stamp,
        }
        request = webhook(headers, body)
        assert list(received("hubspot", request)) == []
        wanted.append(load("hubspot").parse(system("hubspot"), request).fetch)
    assert wanted == [
        {"contact": ("1801",)},
        {"contact": ("1801",)},
        {"contact": ("1801", "1802")},
        {"contact": ("1246965", "1246978")},
    ]


def test_what_they_name_is_asked_for() -> None:
    asked: list[Request] = []

    def vendor(request: Request) -> Response:
        asked.append(request)
        return answer(recorded("hubspot/dlt_mock_contacts_data.json"))

    (page,) = pages(load("hubspot").fetch(system("hubspot"), "contact", ("1", "51")), vendor)
    assert asked[0].json["inputs"] == [{"id": "1"}, {"id": "51"}]
    assert [observe("hubspot", page.kind, one).subject.id for one in page.records] == ["1", "51"]
