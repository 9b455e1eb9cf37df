"""The invented company: the same for the same seed, coherent, and of nobody who exists."""

import json
import re
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.company.generate import generate
from local.company.model import Company

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAFE_PHONE = re.compile(r"(\+?1)?20255501\d\d|(\+?44|0)7700900\d{3}|((00|\+)?49)?0?3023125\d{3}|0+")


@pytest.fixture(scope="module")
def company() -> Company:
    return generate(NOW)


def test_the_same_seed_and_moment_give_the_same_company(company: Company) -> None:
    assert generate(NOW) == company
    assert generate(NOW, seed=8) != company


def test_another_shop_changes_nothing_else(company: Company) -> None:
    more = generate(NOW, shops=("shopify-eu", "shopify-us"))
    assert more.shops["shopify-eu"] == company.shops["shopify-eu"]
    assert more.hubspot == company.hubspot
    ids = {one["id"] for one in more.shops["shopify-us"].customers}
    assert len(ids) == 118


def test_some_two_hundred_people_are_seen_by_four_systems(company: Company) -> None:
    shop = company.shops["shopify-eu"]
    desk = company.zendesk
    counts = {
        "shopify": len(shop.customers) + len(shop.orders),
        "mailchimp": len(company.mailchimp.members),
        "zendesk": len(desk.users) + len(desk.tickets) + len(desk.calls),
        "hubspot": len(company.hubspot.contacts) + len(company.hubspot.deals),
    }
    assert counts == {"shopify": 260, "mailchimp": 187, "zendesk": 110, "hubspot": 131}


def test_ids_are_unique_in_their_system(company: Company) -> None:
    shop, desk, crm = company.shops["shopify-eu"], company.zendesk, company.hubspot
    for records in (shop.customers, shop.orders, desk.users, desk.calls, crm.contacts, crm.deals):
        assert max(Counter(record["id"] for record in records).values()) == 1
    phones = [one["defaultPhoneNumber"]["phoneNumber"] for one in shop.customers
              if one["defaultPhoneNumber"]]  # fmt: skip
    assert len(phones) == len(set(phones))


def test_ada_has_nine_orders_and_has_phoned_today(company: Company) -> None:
    ada = company.stories["ada"]
    orders = [
        Decimal(order["totalPriceSet"]["shopMoney"]["amount"])
        for order in company.shops["shopify-eu"].orders
        if (order["customer"] or {"id": ""})["id"].endswith(f"/{ada['shopify-eu']}")
    ]
    assert (len(orders), sum(orders)) == (9, Decimal("1240.00"))
    call = company.zendesk.calls[-1]
    assert str(call["customer_id"]) == ada["zendesk"]
    assert call["created_at"].startswith("2026-11-22")
    (user,) = (one for one in company.zendesk.users if str(one["id"]) == ada["zendesk"])
    assert (user["phone"], user["email"]) == ("+12025550143", None)
    (contact,) = (one for one in company.hubspot.contacts if one["id"] == ada["hubspot"])
    assert contact["properties"]["phone"] == "+1 (202) 555-0143"


@pytest.mark.parametrize("hour", [0, 23])
def test_ada_phones_today_at_any_hour(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=3)
    call = generate(now).zendesk.calls[-1]
    assert call["created_at"][:10] == "2026-11-22"
    assert call["updated_at"] < now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_ben_and_cem_share_a_phone_and_a_shop_but_no_address(company: Company) -> None:
    ben, cem = company.stories["ben"], company.stories["cem"]
    assert ben["phone"] == cem["phone"]
    assert ben["email"] != cem["email"]
    assert ben["shopify-eu"] != cem["shopify-eu"]
    shown = [
        customer["defaultAddress"]["phone"]
        for customer in company.shops["shopify-eu"].customers
        if customer["id"].endswith((f"/{ben['shopify-eu']}", f"/{cem['shopify-eu']}"))
    ]
    assert shown == [ben["phone"]] * 2
    carriers = json.dumps(asdict(company.hubspot)).count("30 / 23125 077") + len(shown)
    assert carriers == 3, "a phone that too many carry is quarantined, not reviewed"


def test_doras_later_sync_says_subscribed_by_an_older_consent(company: Company) -> None:
    dora = company.stories["dora"]
    (member,) = (one for one in company.mailchimp.members if one["id"] == dora["mailchimp"])
    (customer,) = (
        one
        for one in company.shops["shopify-eu"].customers
        if one["id"].endswith(f"/{dora['shopify-eu']}")
    )
    consent = customer["defaultEmailAddress"]
    assert (member["status"], consent["marketingState"]) == ("unsubscribed", "SUBSCRIBED")
    assert consent["marketingUpdatedAt"] < member["last_changed"] < customer["updatedAt"]


def test_there_is_something_to_see(company: Company) -> None:
    statuses = Counter(member["status"] for member in company.mailchimp.members)
    assert min(statuses[one] for one in ("unsubscribed", "cleaned", "pending", "archived")) >= 3
    contacts = [one["properties"] for one in company.hubspot.contacts if one["properties"]]
    assert sum(bool(one["hs_merged_object_ids"]) for one in contacts) >= 5
    assert Counter(one["phone"] for one in contacts)["+493023125000"] > 8
    orders = company.shops["shopify-eu"].orders
    assert sum(order["customer"] is None for order in orders) > 20
    broken = [one for one in company.hubspot.contacts if one["properties"] is None]
    assert len(broken) == 1


def test_nobody_can_be_reached(company: Company) -> None:
    text = json.dumps(asdict(company), default=str)
    domains = {match.lower() for match in re.findall(r"@([\w.]+)", text)}
    assert domains == {"example.com", "example.org", "example.net"}
    phones = [contact["properties"]["phone"] for contact in company.hubspot.contacts
              if contact["properties"] and contact["properties"]["phone"]]  # fmt: skip
    phones += [user["phone"] for user in company.zendesk.users if user["phone"]]
    phones += [one["merge_fields"].get("PHONE") for one in company.mailchimp.members
               if one["merge_fields"].get("PHONE")]  # fmt: skip
    for phone in phones:
        digits = re.sub(r"[^\d+]", "", phone.replace("(0)", ""))
        assert SAFE_PHONE.fullmatch(digits), phone


def test_nothing_is_of_the_future(company: Company) -> None:
    text = json.dumps(asdict(company), default=str)
    assert max(re.findall(r"\d{4}-\d\d-\d\dT[\d:]{8}", text)) <= "2026-11-22T12:00:00"
