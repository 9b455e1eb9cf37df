"""HubSpot: a search that advances past its window, deals when won, webhooks, writing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import Json, Request, Response
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.observation import Money, Observation
from tests.contract.connector_driving import answer, pages

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
START = 1_790_000_000_000
HUBSPOT = load("hubspot")
SETTINGS = {"country": "DE", "page_size": 2, "currency": "EUR"}
SYSTEM = Source(connector="hubspot", base_url="https://api.example", settings=SETTINGS)
PROPERTIES: dict[str, Any] = {
    "email": "ada@example.com",
    "hs_additional_emails": "ada@example.org;ada@example.net",
    "hs_merged_object_ids": "90001;90002",
    "firstname": "Ada",
    "phone": "030 / 23125 077",
    "country": "Germany",
    "createdate": "2026-01-01T00:00:00Z",
    "lastmodifieddate": "2026-10-01T00:00:00Z",
}
CONTACT: dict[str, Any] = {"id": "1", "properties": PROPERTIES, "archived": False}
DEAL: dict[str, Any] = {
    "id": "5",
    "properties": {
        "dealname": "Lamps for a hotel",
        "amount": "1500.50",
        "deal_currency_code": "USD",
        "dealstage": "closedwon",
        "createdate": "2026-01-01T00:00:00Z",
        "hs_lastmodifieddate": "2026-10-01T00:00:00Z",
    },
    "associations": {"contacts": {"results": [{"id": "51"}, {"id": "9"}]}},
}


def observe(kind: str, record: Json, **settings: Json) -> Observation:
    system = SYSTEM.model_copy(update={"settings": {**SETTINGS, **settings}})
    return HUBSPOT.normalise("crm", system, kind, record)


def at(offset: int, name: str) -> dict[str, Any]:
    return {"id": name, "properties": {"lastmodifieddate": str(START + offset)}}


class Portal:
    """A search over contacts; `stuck` repeats a page that often."""

    def __init__(self, *contacts: dict[str, Any], stuck: int = 0) -> None:
        self.contacts, self.stuck = list(contacts), stuck
        self.asked: list[dict[str, Any]] = []
        self.last: Response | None = None

    def __call__(self, request: Request) -> Response:
        wanted = request.json
        self.asked.append(wanted)
        if self.last is not None and self.stuck:
            self.stuck -= 1
            return self.last
        low = int(wanted["filterGroups"][0]["filters"][0]["value"])
        key = "lastmodifieddate"
        found = [one for one in self.contacts if int(one["properties"][key]) >= low]
        found.sort(key=lambda one: int(one["properties"][key]))
        start = int(wanted.get("after", 0))
        body: dict[str, Any] = {"results": found[start : start + wanted["limit"]]}
        if start + wanted["limit"] < len(found):
            body["paging"] = {"next": {"after": str(start + wanted["limit"])}}
        self.last = answer(body)
        return self.last


def read(portal: Portal, cursor: dict[str, str] | None = None) -> list[str]:
    found = pages(HUBSPOT.pull(SYSTEM, "contact", cursor or {}, NOW), portal)
    return [one["id"] for page in found for one in page.records]


def test_the_lower_bound_advances_so_the_window_is_never_reached() -> None:
    portal = Portal(*(at(n, str(n)) for n in range(7)))
    assert read(portal) == ["0", "1", "2", "3", "4", "5", "6"]
    assert not any("after" in asked for asked in portal.asked)


def test_records_of_one_millisecond_are_followed_by_the_vendors_own_offset() -> None:
    portal = Portal(at(0, "a"), *(at(1, name) for name in "bcdef"), at(2, "g"))
    assert sorted(set(read(portal))) == list("abcdefg")


def test_a_page_that_comes_again_loses_nothing() -> None:
    portal = Portal(*(at(n, str(n)) for n in range(7)), stuck=1)
    assert set(read(portal)) == {str(n) for n in range(7)}


def test_a_page_that_comes_again_and_again_ends_the_pull_and_says_so() -> None:
    with pytest.raises(RetryLater, match="repeats"):
        read(Portal(*(at(n, str(n)) for n in range(7)), stuck=9))


def test_a_vendor_that_ignores_the_bound_is_read_by_its_offsets() -> None:
    contacts = [at(n, str(n)) for n in range(7)]

    def recorded(request: Request) -> Response:
        start = int(request.json.get("after", 0))
        body: dict[str, Any] = {"results": contacts[start : start + 2]}
        if start + 2 < len(contacts):
            body["paging"] = {"next": {"after": str(start + 2)}}
        return answer(body)

    found = pages(HUBSPOT.pull(SYSTEM, "contact", {}, NOW), recorded)
    assert [one["id"] for page in found for one in page.records] == list("0123456")


def test_a_pull_that_was_cut_off_resumes_and_a_later_one_overlaps() -> None:
    portal = Portal(*(at(n * 600_000, str(n)) for n in range(5)))
    pull = pages(HUBSPOT.pull(SYSTEM, "contact", {}, NOW), portal)
    assert set(read(portal, dict(pull[0].cursor))) >= {"2", "3", "4"}
    portal.asked.clear()
    assert read(portal, dict(pull[-1].cursor)) == ["4"]
    bound = int(portal.asked[0]["filterGroups"][0]["filters"][0]["value"])
    assert bound == START + 4 * 600_000 - 300_000


def test_more_than_the_window_in_one_millisecond_is_for_a_person() -> None:
    cursor = {"since": str(START), "after": "9998"}
    contacts = [at(0, str(n)) for n in range(10_002)]
    with pytest.raises(Misconfigured, match="10,000"):
        read(Portal(*contacts), cursor)


def test_deals_are_asked_for_with_the_contacts_they_belong_to() -> None:
    def portal(request: Request) -> Response:
        if "associations" in request.path:
            to = [{"toObjectId": 51}, {"toObjectId": 9}]
            return answer({"results": [{"from": {"id": "5"}, "to": to}]})
        return answer({"results": [{**DEAL, "associations": {}}]})

    (page,) = pages(HUBSPOT.pull(SYSTEM, "deal", {}, NOW), portal)
    assert page.records[0]["associations"] == DEAL["associations"]


def test_a_deal_counts_once_for_the_contact_with_the_lowest_id() -> None:
    found = observe("deal", DEAL)
    assert found.subject.key == "crm:contact:9"
    assert found.interaction is not None
    assert found.interaction.amount == Money(minor=150_050, currency="USD")


def test_a_deal_may_change_its_contact() -> None:
    other = {**DEAL, "associations": {"contacts": {"results": [{"id": "7"}]}}}
    assert observe("deal", other).subject.key == "crm:contact:7"
    assert observe("deal", other).record == observe("deal", DEAL).record
    assert "deal" in HUBSPOT.SPEC.movable


@pytest.mark.parametrize(
    "changes,minor",
    [
        ({"dealstage": "closedlost"}, None),
        ({"hs_is_closed_won": "false"}, None),
        ({"dealstage": "12345", "hs_is_closed_won": "true"}, 150_050),
        ({"deal_currency_code": None}, 150_050),
        ({"amount": None}, None),
    ],
)
def test_a_deal_is_worth_something_only_when_won(changes: Json, minor: int | None) -> None:
    found = observe("deal", {**DEAL, "properties": {**DEAL["properties"], **changes}})
    assert found.interaction is not None
    assert (found.interaction.amount.minor if found.interaction.amount else None) == minor


def test_a_won_deal_in_no_currency_is_set_aside_with_what_to_write() -> None:
    bare = {**DEAL, "properties": {**DEAL["properties"], "deal_currency_code": None}}
    with pytest.raises(BadRecord, match=r"settings\.currency"):
        observe("deal", bare, currency="")


def test_a_contact_claims_all_its_addresses_and_reads_numbers_by_its_country() -> None:
    found = observe("contact", CONTACT, country="US")
    values = {claim.identifier.value for claim in found.claims}
    assert values == {"ada@example.com", "ada@example.org", "ada@example.net", "+493023125077"}
    assert found.traits["country"] == "DE"
    assert [one.key for one in found.merged] == ["crm:contact:90001", "crm:contact:90002"]


def test_an_opt_out_withdraws_every_address_and_its_absence_says_nothing() -> None:
    out = {**CONTACT, "properties": {**PROPERTIES, "hs_email_optout": "true"}}
    said = observe("contact", out).consents
    assert [(one.state, one.effective_at) for one in said] == [("withdrawn", None)] * 3
    for value in ("false", None, ""):
        quiet = {**CONTACT, "properties": {**PROPERTIES, "hs_email_optout": value}}
        assert observe("contact", quiet).consents == ()
