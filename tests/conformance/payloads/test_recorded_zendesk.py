"""Zendesk's recorded payloads go through verify, parse and normalise."""

import pytest

from connectors.registry import load
from tests.conformance.payloads.recorded import (
    FOLDER,
    NOW,
    beside,
    observe,
    received,
    responses,
    signed,
    system,
    webhook,
)
from tests.contract.connector_driving import answer, pages

pytestmark = beside


@pytest.mark.parametrize("name", ["user_recorded.json", "user_delete_recorded.json"])
def test_zendesk_users(name: str) -> None:
    for body in responses(f"zendesk/{name}"):
        found = observe("zendesk", "user", body["user"])
        assert found.deleted is not body["user"]["active"]


@pytest.mark.parametrize(
    "name,kind",
    [
        ("incremental_users_cursor_recorded.json", "user"),
        ("incremental_tickets_time_recorded.json", "ticket"),
    ],
)
def test_zendesk_exports(name: str, kind: str) -> None:
    for body in responses(f"zendesk/{name}"):
        for record in body[f"{kind}s"]:
            assert observe("zendesk", kind, record).record.id == str(record["id"])


def test_the_recorded_zendesk_export_is_read_to_its_end() -> None:
    bodies = responses("zendesk/incremental_users_cursor_recorded.json")
    held = [dict(body) for body in bodies]
    everyone = system("zendesk").model_copy(update={"settings": {"roles": ["end-user"]}})

    read = pages(load("zendesk").pull(everyone, "user", {}, NOW), lambda _: answer(held.pop(0)))

    assert read[-1].cursor.get("cursor") == (bodies[0]["after_cursor"] or read[0].cursor["cursor"])
    roles = {record["role"] for page in read for record in page.records}
    assert roles == {"end-user"}


def test_a_zendesk_event_names_the_user_to_fetch() -> None:
    body = (FOLDER / "zendesk/webhook_event_user_docs_sample.json").read_bytes()
    stamp = NOW.isoformat()
    headers = {
        "x-zendesk-webhook-signature": signed(stamp.encode() + body),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    request = webhook(headers, body)
    assert list(received("zendesk", request)) == []
    delivery = load("zendesk").parse(system("zendesk"), request)
    assert delivery.fetch == {"user": ("6596848315901",)}
