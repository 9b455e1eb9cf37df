"""Mailchimp's recorded payloads go through verify, parse and normalise."""

import pytest

from connectors.contract import Response
from connectors.registry import load
from schemas.errors import RetryLater
from tests.conformance.payloads.recorded import (
    NOW,
    beside,
    observe,
    received,
    recorded,
    responses,
    system,
    webhook,
)
from tests.contract.connector_driving import answer, pages, played
from tests.contract.connector_suite import ADA

pytestmark = beside


def test_mailchimp_members() -> None:
    for body in responses("mailchimp/member_recorded.json"):
        found = observe("mailchimp", "member", body)
        assert found.subject.id == body["id"]
        assert [signal.state for signal in found.consents] == ["granted"]


def test_mailchimp_webhooks() -> None:
    said = {}
    for name, body in recorded("mailchimp/webhook_form_bodies_docs.json").items():
        found = list(received("mailchimp", webhook({}, body.encode())))
        said[name] = [signal.state for one in found for signal in one.consents]
        assert len(found) == (name != "campaign")
    assert said["unsubscribe"] == said["cleaned"] == ["withdrawn"]
    assert said["subscribe"] == said["profile"] == said["upemail"] == said["campaign"] == []


def test_mailchimp_answers_that_hold_no_members() -> None:
    assert recorded("mailchimp/member_delete_recorded.json")[0]["status"] == 204
    sent, outcome = played(
        load("mailchimp").erase(system("mailchimp"), ADA), Response(204, {}, b"")
    )
    assert (len(sent), outcome.status) == (1, "sent")
    (body,) = responses("mailchimp/campaigns_recorded.json")
    with pytest.raises(RetryLater):
        pages(
            load("mailchimp").pull(system("mailchimp"), "member", {}, NOW), lambda _: answer(body)
        )
