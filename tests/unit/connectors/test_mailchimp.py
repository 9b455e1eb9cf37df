"""Mailchimp: offset pages that never skip, activity by member, unsigned webhooks, writing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.contract import Inbound, Json, Request, Response, Upsert
from connectors.registry import load
from schemas.config import Source
from schemas.errors import Misconfigured, RetryLater
from schemas.identifiers import Identifier
from schemas.observation import Observation
from tests.contract.connector_driving import answer, pages, played
from tests.contract.connector_suite import ADA

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
MAILCHIMP = load("mailchimp")
SETTINGS = {
    "list": "a1b2c3",
    "country": "DE",
    "page_size": 2,
    "activity_page_size": 2,
    "merge_fields": {"first_name": "FNAME", "city": "ADDRESS.city", "value": "VALUE"},
}
SYSTEM = Source(connector="mailchimp", base_url="https://us1.example/3.0", settings=SETTINGS)
ADAS = "3e3417d7ef77d5932a6734b916515ed5"
MEMBER: dict[str, Any] = {
    "id": ADAS,
    "email_address": "Ada@Example.com",
    "status": "subscribed",
    "timestamp_signup": "",
    "timestamp_opt": "2026-05-01T10:00:00+00:00",
    "last_changed": "2026-06-01T10:00:00+00:00",
    "merge_fields": {"FNAME": "Ada", "PHONE": "030 23125 077", "ADDRESS": ""},
    "source": "Hosted Signup Form",
}


def observe(kind: str, record: Json) -> Observation:
    return MAILCHIMP.normalise("news", SYSTEM, kind, record)


def consents(**changes: Json) -> list[tuple[str, str, datetime | None]]:
    found = observe("member", {**MEMBER, **changes})
    return [(one.channel, one.state, one.effective_at) for one in found.consents]


class Audience:
    """Five members by offset; remembers what was asked."""

    def __init__(self, members: int = 5) -> None:
        self.members = [{**MEMBER, "id": f"{n:032}"} for n in range(members)]
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        if request.path.endswith("/activity-feed"):
            at = "2026-10-01T10:00:00+00:00"
            opened = {"activity_type": "open", "created_at_timestamp": at, "campaign_title": "Hi"}
            return answer({"activity": [opened], "total_items": 1})
        start = int(request.query["offset"])
        page = self.members[start : start + int(request.query["count"])]
        return answer({"members": page, "total_items": len(self.members)})


def test_members_are_read_page_by_page_and_again_from_when_the_last_pull_began() -> None:
    vendor = Audience()
    read = pages(MAILCHIMP.pull(SYSTEM, "member", {}, NOW), vendor)
    assert [len(page.records) for page in read] == [2, 2, 1]
    assert vendor.asked[0].path == "/lists/a1b2c3/members"
    assert "since_last_changed" not in vendor.asked[0].query
    vendor = Audience(0)
    pages(MAILCHIMP.pull(SYSTEM, "member", read[-1].cursor, NOW), vendor)
    assert vendor.asked[0].query["since_last_changed"] == "2026-11-01T09:25:00+00:00"


def test_a_pull_that_was_cut_off_goes_on_at_its_offset_and_its_beginning() -> None:
    read = pages(MAILCHIMP.pull(SYSTEM, "member", {}, NOW), Audience())
    vendor, later = Audience(), datetime(2026, 11, 2, tzinfo=UTC)
    rest = pages(MAILCHIMP.pull(SYSTEM, "member", read[0].cursor, later), vendor)
    assert vendor.asked[0].query["offset"] == "2"
    assert rest[-1].cursor == read[-1].cursor


def test_a_page_that_comes_again_is_never_taken_for_the_next() -> None:
    vendor = Audience()
    with pytest.raises(RetryLater, match="repeats"):
        pages(
            MAILCHIMP.pull(SYSTEM, "member", {}, NOW),
            lambda _: answer({"members": vendor.members[:2], "total_items": 5}),
        )


def test_activity_is_every_members_feed_and_afterwards_what_is_new_in_it() -> None:
    vendor = Audience()
    read = pages(MAILCHIMP.pull(SYSTEM, "activity", {}, NOW), vendor)
    assert sum(len(page.records) for page in read) == 5
    found = observe("activity", read[0].records[0])
    assert found.subject.key == f"news:member:{0:032}"
    assert found.interaction is not None
    assert found.interaction.title == "open: Hi"
    again = pages(MAILCHIMP.pull(SYSTEM, "activity", read[-1].cursor, NOW), Audience())
    assert sum(len(page.records) for page in again) == 0


def test_a_member_that_was_deleted_is_not_on_the_page() -> None:
    gone = answer({"title": "Resource Not Found"}, status=404)
    (page,) = pages(MAILCHIMP.fetch(SYSTEM, "member", (ADAS,)), lambda _: gone)
    assert page.records == ()


def test_the_audience_must_be_named() -> None:
    nameless = SYSTEM.model_copy(update={"settings": {}})
    with pytest.raises(Misconfigured, match=r"settings\.list"):
        next(MAILCHIMP.pull(nameless, "member", {}, NOW))


def test_a_member_claims_the_address_and_the_number_and_grants_when_it_says_when() -> None:
    found = observe("member", MEMBER)
    values = [claim.identifier.value for claim in found.claims]
    assert values == ["ada@example.com", "+493023125077"]
    assert consents() == [("email", "granted", datetime(2026, 5, 1, 10, tzinfo=UTC))]
    assert consents(timestamp_opt="") == []


@pytest.mark.parametrize("country", ["UK", " GB", "United Kingdom"])
def test_a_number_is_read_by_the_country_of_the_members_address(country: str) -> None:
    fields = {"PHONE": "07700 900123", "ADDRESS": {"country": country}}
    found = observe("member", {**MEMBER, "merge_fields": fields})
    assert [each.identifier.value for each in found.claims][1:] == ["+447700900123"]


@pytest.mark.parametrize("status", ["archived", "pending", "transactional"])
def test_other_states_say_nothing(status: str) -> None:
    assert consents(status=status) == []


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_who_left_or_bounced_is_withdrawn_without_a_time_of_its_own(status: str) -> None:
    assert consents(status=status) == [("email", "withdrawn", None)]


def test_sms_has_a_consent_of_its_own() -> None:
    said = consents(
        status="archived",
        sms_phone_number="+12025550143",
        sms_subscription_status="subscribed",
        sms_subscription_last_updated="2026-05-02T10:00:00+00:00",
    )
    assert said == [("sms", "granted", datetime(2026, 5, 2, 10, tzinfo=UTC))]


def form(kind: str, **data: str) -> Inbound:
    """A webhook with a secret in its address."""
    fields = {"type": kind, "fired_at": "2026-10-01 10:00:00"}
    fields |= {f"data[{name}]": value for name, value in data.items()}
    url = "https://hub.example/webhooks/news?secret=right"
    return Inbound("POST", url, {"secret": "right"}, {}, urlencode(fields).encode())


def heard(kind: str, **data: str) -> Observation:
    (told,) = MAILCHIMP.parse(SYSTEM, form(kind, **data)).records
    return observe(*told)


def test_the_secret_in_the_address_is_all_there_is() -> None:
    request = form("profile", email="ada@example.com")
    assert MAILCHIMP.verify(SYSTEM, {"secret": "right"}, request, NOW) is None
    rotated = {"secret": "new", "previous": "right"}
    assert MAILCHIMP.verify(SYSTEM, rotated, request, NOW) is None
    assert MAILCHIMP.verify(SYSTEM, {"secret": "wrong"}, request, NOW) is not None
    check = Inbound("GET", request.url, request.query, {}, b"")
    assert MAILCHIMP.parse(SYSTEM, check).records == ()


def test_an_unsubscription_is_withdrawn_from_when_it_was_fired() -> None:
    found = heard("unsubscribe", email="ada@example.com", action="unsub", reason="manual")
    fired = datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert [(one.state, one.effective_at) for one in found.consents] == [("withdrawn", fired)]
    assert found.subject.id == ADAS


@pytest.mark.parametrize("reason,told", [("manual", 0), ("abuse", 1)])
def test_a_deletion_is_no_withdrawal_unless_it_was_a_complaint(reason: str, told: int) -> None:
    found = heard("unsubscribe", email="ada@example.com", action="delete", reason=reason)
    assert len(found.consents) == told


def test_a_subscription_grants_only_once_the_member_says_when() -> None:
    request = form("subscribe", email="ada@example.com")
    delivery = MAILCHIMP.parse(SYSTEM, request)
    assert observe(*delivery.records[0]).consents == ()
    assert delivery.fetch == {"member": (ADAS,)}


def test_a_changed_address_joins_the_former_member_to_the_new_one() -> None:
    found = heard("upemail", new_email="ada@example.com", old_email="ada@example.org", new_id="1")
    assert found.subject.id == ADAS
    assert len(found.merged) == 1
    assert found.merged[0].id != ADAS


def test_a_delivery_is_known_by_what_it_says() -> None:
    once, again = form("profile", email="ada@example.com"), form("profile", email="ada@example.com")
    other = form("profile", email="ben@example.com")
    names = [MAILCHIMP.parse(SYSTEM, one).id for one in (once, again, other)]
    assert names[0] == names[1] != names[2]


MISSING = answer({"title": "Resource Not Found"}, status=404)
AGREED = datetime(2026, 5, 4, 9, 30, 12, 999_999, tzinfo=UTC)
CONSENTING = replace(ADA, consented_at=AGREED)
OUT = replace(ADA, reason="opted_out")
PAUSED = replace(ADA, reason="no_consent")


def made(change: Upsert, **settings: str) -> Json:
    """What somebody who is not there is made with."""
    system = SYSTEM.model_copy(update={"settings": SETTINGS | settings})
    sent, outcome = played(MAILCHIMP.push(system, change), MISSING)
    assert [(each.method, each.path) for each in sent] == [
        ("PATCH", f"/lists/a1b2c3/members/{ADAS}"),
        ("PUT", f"/lists/a1b2c3/members/{ADAS}"),
    ]
    assert outcome.status == "sent"
    return sent[1].json


def test_of_who_is_there_only_mapped_fields_are_written_neither_status_nor_times() -> None:
    (request,), outcome = played(MAILCHIMP.push(SYSTEM, CONSENTING))
    assert (request.method, request.path) == ("PATCH", f"/lists/a1b2c3/members/{ADAS}")
    assert request.json == {"merge_fields": {"FNAME": "Ada", "VALUE": "1240.00"}}
    assert outcome.status == "sent"


def test_what_is_not_known_any_more_is_written_as_empty() -> None:
    (request,), _ = played(MAILCHIMP.push(SYSTEM, replace(ADA, traits={"first_name": ""})))
    assert request.json["merge_fields"]["FNAME"] == ""


def test_who_is_not_there_is_subscribed_as_of_when_they_agreed() -> None:
    assert made(CONSENTING) == {
        "email_address": "ada@example.com",
        "status_if_new": "subscribed",
        "timestamp_opt": "2026-05-04T09:30:12+00:00",
        "merge_fields": {"FNAME": "Ada", "VALUE": "1240.00"},
    }


@pytest.mark.parametrize("settings", [{}, {"status_if_new": "subscribed"}])
def test_nobody_is_subscribed_without_having_agreed(settings: dict[str, str]) -> None:
    new = made(ADA, **settings)
    assert (new["status_if_new"], "timestamp_opt" in new) == ("transactional", False)


def test_who_is_to_confirm_agrees_when_they_do() -> None:
    new = made(CONSENTING, status_if_new="pending")
    assert (new["status_if_new"], "timestamp_opt" in new) == ("pending", False)


def test_who_is_a_member_by_another_address_is_not_made_a_second_one() -> None:
    elsewhere = Identifier(type="news:member", value="0" * 32)
    sent, outcome = played(
        MAILCHIMP.push(SYSTEM, replace(CONSENTING, external_ids=(elsewhere,))), MISSING
    )
    assert [each.method for each in sent] == ["PATCH"]
    assert outcome.status == "absent"
    deleted = Identifier(type="news:member", value=ADAS)
    assert made(replace(CONSENTING, external_ids=(deleted,)))["status_if_new"] == "subscribed"


def test_who_unsubscribed_at_mailchimp_is_refused_there_and_that_is_an_outcome() -> None:
    problem = {"title": "Member In Compliance State", "detail": "ada@example.com is already ..."}
    _, outcome = played(MAILCHIMP.push(SYSTEM, ADA), answer(problem, status=400))
    assert (outcome.status, outcome.evidence) == ("rejected", "Member In Compliance State")


def test_opting_out_and_erasing_who_is_not_there_is_done() -> None:
    missing = answer({"title": "Resource Not Found"}, status=404)
    (request,), outcome = played(MAILCHIMP.opt_out(SYSTEM, OUT), missing)
    assert (request.method, request.json) == ("PATCH", {"status": "unsubscribed"})
    assert outcome.status == "absent"
    (request,), outcome = played(MAILCHIMP.erase(SYSTEM, ADA), missing)
    assert request.path.endswith("/actions/delete-permanent")
    assert outcome.status == "absent"


def test_a_stop_of_our_own_is_no_word_of_the_person() -> None:
    sent, outcome = played(MAILCHIMP.opt_out(SYSTEM, PAUSED), answer(MEMBER))
    assert [each.method for each in sent] == ["GET", "DELETE"]
    assert outcome.status == "sent"
    assert consents(status="archived") == []
    assert played(MAILCHIMP.opt_out(SYSTEM, PAUSED), MISSING)[1].status == "absent"


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived"])
def test_who_is_off_the_list_stays_as_they_are_when_we_stop(status: str) -> None:
    sent, outcome = played(MAILCHIMP.opt_out(SYSTEM, PAUSED), answer({**MEMBER, "status": status}))
    assert [each.method for each in sent] == ["GET"]
    assert outcome.status == "absent"


def test_who_was_archived_by_us_comes_back_as_of_a_grant() -> None:
    """The later of two genuine opt-ins, ours and their own there, and never the moment of now."""
    archived = answer({**MEMBER, "status": "archived", "timestamp_opt": ""})
    back = replace(CONSENTING, stopped=True)
    (_, request), _ = played(MAILCHIMP.push(SYSTEM, back), archived)
    assert (request.method, request.json["status"]) == ("PUT", "subscribed")
    assert datetime.fromisoformat(request.json["timestamp_opt"]) == AGREED.replace(microsecond=0)
    later = "2031-01-01T00:00:00+00:00"
    archived = answer({**MEMBER, "status": "archived", "timestamp_opt": later})
    (_, request), _ = played(MAILCHIMP.push(SYSTEM, back), archived)
    assert request.json["timestamp_opt"] == later


def test_who_comes_back_without_a_grant_is_not_subscribed() -> None:
    archived = answer({**MEMBER, "status": "archived"})
    (_, request), _ = played(MAILCHIMP.push(SYSTEM, replace(ADA, stopped=True)), archived)
    assert (request.json["status"], "timestamp_opt" in request.json) == ("transactional", False)


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "pending", "subscribed"])
def test_who_was_stopped_and_is_not_archived_keeps_their_status(status: str) -> None:
    member = answer({**MEMBER, "status": status})
    (_, request), _ = played(MAILCHIMP.push(SYSTEM, replace(CONSENTING, stopped=True)), member)
    assert (request.method, {*request.json}) == ("PATCH", {"merge_fields"})
