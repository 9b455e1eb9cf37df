"""HubSpot: batches of events under their signature, and what is written back."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new
from typing import Any

import pytest

from connectors.contract import Inbound, Json
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord
from schemas.identifiers import Identifier
from schemas.observation import Observation
from tests.contract.connector_driving import answer, played
from tests.contract.connector_suite import ADA

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
START = 1_790_000_000_000
HUBSPOT = load("hubspot")
SYSTEM = Source(connector="hubspot", base_url="https://api.example")


def observe(kind: str, record: Json) -> Observation:
    return HUBSPOT.normalise("crm", SYSTEM, kind, record)


def webhook(events: Json, url: str = "https://hub.example/webhooks/crm") -> Inbound:
    body, stamp = json.dumps(events).encode(), str(int(NOW.timestamp() * 1000))
    plain = url.replace("%40", "@").replace("%2F", "/").replace("%2f", "/")
    message = b"POST" + plain.encode() + body + stamp.encode()
    signature = b64encode(new(b"invented", message, sha256).digest()).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return Inbound("POST", url, {}, headers, body)


@pytest.mark.parametrize("query", ["", "?to=a%40b", "?to=a%2Fb", "?to=a%2fb"])
def test_hubspot_decodes_some_escapes_before_it_signs(query: str) -> None:
    request = webhook([], f"https://hub.example/webhooks/crm{query}")
    assert HUBSPOT.verify(SYSTEM, {"secret": "invented"}, request, NOW) is None
    assert HUBSPOT.verify(SYSTEM, {"secret": "other"}, request, NOW) is not None


def happened(kind: str, **rest: Json) -> dict[str, Any]:
    told = {"eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": START, "objectId": 7}
    return {**told, "subscriptionType": kind, **rest}


def test_events_name_objects_once_and_generic_ones_too() -> None:
    events = [
        happened("contact.creation"),
        happened("contact.propertyChange"),
        happened("object.creation", objectTypeId="0-3", objectId=8),
        happened("company.creation"),
    ]
    assert HUBSPOT.parse(SYSTEM, webhook(events)).fetch == {"contact": ("7",), "deal": ("8",)}


@pytest.mark.parametrize("named", [None, "", {"id": 7}])
@pytest.mark.parametrize("kind", ["contact.creation", "deal.propertyChange"])
def test_an_event_that_names_no_object_is_told_to_be_set_aside_and_the_others_fetched(
    kind: str, named: Json
) -> None:
    events = [happened(kind, objectId=named), happened("contact.creation")]
    found = HUBSPOT.parse(SYSTEM, webhook(events))
    assert found.fetch == {"contact": ("7",)}
    ((made, event),) = found.records
    assert event == events[0]
    with pytest.raises(BadRecord, match="names no objectId"):
        observe(made, event)


def test_a_deletion_and_a_merge_are_told_at_once() -> None:
    merge = happened("contact.merge", primaryObjectId=7, mergedObjectIds=[7, 8], newObjectId=7)
    events = [happened("contact.deletion"), merge]
    gone, merged = (observe(*told) for told in HUBSPOT.parse(SYSTEM, webhook(events)).records)
    assert (gone.subject.key, gone.deleted) == ("crm:contact:7", True)
    assert [one.key for one in merged.merged] == ["crm:contact:8"]


def test_a_privacy_deletion_deletes_and_is_kept_to_be_replayed() -> None:
    told = HUBSPOT.parse(SYSTEM, webhook([happened("contact.privacyDeletion")])).records
    assert [kind for kind, _ in told] == ["contact", "privacy_request"]


def test_a_repeated_batch_is_the_same_delivery() -> None:
    once = HUBSPOT.parse(SYSTEM, webhook([happened("contact.creation", attemptNumber=0)]))
    again = HUBSPOT.parse(SYSTEM, webhook([happened("contact.creation", attemptNumber=1)]))
    assert once.id == again.id


KNOWN = Identifier(type="crm:contact", value="7")


def test_a_known_contact_is_updated_by_its_id_and_another_by_its_address() -> None:
    known = replace(ADA, external_ids=(KNOWN,))
    (request,), outcome = played(HUBSPOT.push(SYSTEM, known))
    assert (request.method, request.path) == ("PATCH", "/crm/v3/objects/contacts/7")
    assert request.json == {"properties": {"firstname": "Ada"}}
    assert (outcome.status, outcome.evidence) == ("sent", "7")
    sent, outcome = played(
        HUBSPOT.push(SYSTEM, known), answer({}, status=404), answer({}, status=404)
    )
    assert sent[1].path == "/crm/v3/objects/contacts/ada%40example.com"
    assert outcome.status == "absent"


def test_what_is_not_known_any_more_is_written_as_empty() -> None:
    (request,), _ = played(HUBSPOT.push(SYSTEM, replace(ADA, traits={"first_name": ""})))
    assert request.json == {"properties": {"firstname": ""}}


def test_a_contact_is_made_only_where_the_settings_say_so() -> None:
    system = SYSTEM.model_copy(update={"settings": {"create": True}})
    sent, _ = played(HUBSPOT.push(system, ADA))
    assert sent[0].path == "/crm/v3/objects/contacts/batch/upsert"
    assert sent[0].json["inputs"][0]["idProperty"] == "email"


def test_who_was_a_contact_once_is_not_made_another() -> None:
    system = SYSTEM.model_copy(update={"settings": {"create": True}})
    gone = answer({}, status=404)
    sent, outcome = played(HUBSPOT.push(system, replace(ADA, external_ids=(KNOWN,))), gone, gone)
    assert [each.method for each in sent] == ["PATCH", "PATCH"]
    assert outcome.status == "absent"


@pytest.mark.parametrize(
    "settings,path",
    [
        ({}, "/communication-preferences/v4/statuses/ada%40example.com/unsubscribe-all"),
        ({"subscription_id": 9}, "/communication-preferences/v4/statuses/ada%40example.com"),
        ({"opt_out": "property"}, "/crm/v3/objects/contacts/ada%40example.com"),
    ],
)
def test_opting_out_goes_the_way_the_settings_say(settings: Json, path: str) -> None:
    system = SYSTEM.model_copy(update={"settings": settings})
    (request,), outcome = played(HUBSPOT.opt_out(system, ADA))
    assert request.path == path
    assert outcome.status == "sent"


def test_a_list_of_what_are_no_events_is_refused() -> None:
    with pytest.raises(BadRecord, match="no list"):
        HUBSPOT.parse(SYSTEM, webhook([1, 2]))
