"""Any identifier in, the whole customer out: for a role, for a purpose, and written down."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions import context, telemetry, wiring
from rules import keys, listing
from schemas.config import Config
from schemas.identifiers import Identifier, Subject
from tests.fakes.graph import NOW, PEPPER, SPOKEN, World, called, wire

MAIL = "ada@example.com"
EMAIL = keys.of_identifier(PEPPER, Identifier(type="email", value=MAIL))
PHONE = "+12025550143"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    shop = {"connector": "shopify", "base_url": "https://shop.example.com"}
    config = Config.model_validate({"company": "Lumen & Loom", "sources": {"shop": shop}})
    return wire(monkeypatch, config=config)


@pytest.fixture
def ada(world: World) -> str:
    """Ada: known by e-mail and phone, three orders; the id of her customer."""
    s = world.subject("42", email=MAIL, phone=PHONE)
    world.contact(s, name="Ada Byron", email=MAIL, city="Berlin")
    for number in range(3):
        world.order(s, number, SPOKEN + timedelta(days=number), minor=1050)
    world.island("g1", 1, [s])
    world.stream()
    return called([s])


def get(
    role: str = "agent", route: str = "GET /v1/context", id_: str = "", **query: str
) -> tuple[int, dict[str, Any]]:
    reply = context.handler(
        {
            "routeKey": route,
            "queryStringParameters": {name.replace("__", ":"): v for name, v in query.items()},
            "pathParameters": {"id": id_},
            "requestContext": {
                "authorizer": {"jwt": {"claims": {"sub": "u-1", "cognito:groups": f"[{role}]"}}}
            },
        }
    )
    assert reply["headers"]["content-type"].startswith("application/")
    return reply["statusCode"], json.loads(reply["body"])


def reads(world: World) -> list[Any]:
    places = listing.partitions(listing.READS)
    return [row for key, row in world.table.store.rows.items() if key.pk in places]


@pytest.mark.parametrize(
    "query",
    [
        {"phone": PHONE},
        {"phone": "(202) 555-0143"},
        {"phone": " 12025550143"},
        {"email": " Ada@Example.com"},
        {"subject": "shop:customer:42"},
        {"shop__customer": "42"},
        {"name": "byron"},
        {"name": "ADA BYRON"},
    ],
)
def test_given_any_identifier_then_the_same_customer_answers(
    ada: str, query: dict[str, str]
) -> None:
    status, body = get(**query)
    assert (status, body["customer"]["id"]) == (200, ada)


def test_given_the_id_then_the_customer_answers_with_what_they_bought(ada: str) -> None:
    status, body = get(route="GET /v1/customers/{id}", id_=ada)
    assert status == 200
    assert body["customer"]["name"] == "Ada Byron"
    assert body["customer"]["value"] == [{"currency": "EUR", "amount": "31.50", "orders": 3}]
    assert [line["what"] for line in body["bought"]] == ["Lamp 2", "Lamp 1", "Lamp 0"]
    assert [each["title"] for each in body["history"]] == ["Order 2", "Order 1", "Order 0"]
    assert body["customer"]["traits"]["city"]["source"] == "shop"


def test_given_a_long_history_then_its_pages_tell_each_interaction_once(ada: str) -> None:
    titles: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        _, body = get(phone=PHONE, limit="2", **({"cursor": cursor} if cursor else {}))
        titles += [each["title"] for each in body["history"]]
        cursor = body.get("next")
    assert titles == ["Order 2", "Order 1", "Order 0"]


def test_given_interactions_at_one_moment_then_no_page_loses_one(world: World) -> None:
    one, two = world.subject("1", email=MAIL), world.subject("2", email=MAIL)
    for s in (one, two):
        for number in range(3):
            world.order(s, number, SPOKEN)
    world.island("g1", 1, [one, two])
    seen = 0
    cursor: str | None = ""
    while cursor is not None:
        _, body = get(email=MAIL, limit="1", **({"cursor": cursor} if cursor else {}))
        seen += len(body["history"])
        cursor = body.get("next")
    assert seen == 6


def test_given_consent_then_each_purpose_says_whether_and_why(world: World, ada: str) -> None:
    world.consent(f"I#{EMAIL}", "granted")
    purposes = {each["purpose"]: each for each in get(phone=PHONE)[1]["purposes"]}
    assert purposes["customer_care"]["reason"] == "basis"
    assert purposes["email_marketing"]["permitted"]
    assert purposes["email_marketing"]["evidence"] == [f"shop:customer:1@{SPOKEN.isoformat()}"]
    assert purposes["email_marketing"]["identifier"] == MAIL


def test_given_no_consent_then_marketing_is_not_permitted(ada: str) -> None:
    purposes = {each["purpose"]: each for each in get(phone=PHONE)[1]["purposes"]}
    assert purposes["email_marketing"]["reason"] == "no_consent"


def test_given_a_phone_of_two_customers_then_nobody_is_chosen(world: World) -> None:
    ben, cem = world.subject("ben", phone=PHONE), world.subject("cem", phone=PHONE)
    world.contact(ben, name="Ben")
    world.contact(cem, name="Cem")
    world.island("g1", 1, [ben], [cem])
    world.stream()
    status, body = get(phone=PHONE)
    assert status == 200
    assert "customer" not in body
    assert {each["name"] for each in body["candidates"]} == {"Ben", "Cem"}


def test_given_announcing_is_behind_then_the_answer_is_of_now_all_the_same(world: World) -> None:
    s = world.subject("42", phone=PHONE)
    world.contact(s, name="Ada Byron")
    world.island("g1", 1, [s])
    status, body = get(phone=PHONE)
    assert (status, body["customer"]["name"]) == (200, "Ada Byron")


def test_given_a_merged_customer_then_its_old_id_leads_to_the_new_one(world: World) -> None:
    ada, bea = world.subject("1"), world.subject("2")
    world.island("g1", 1, [ada], [bea])
    world.stream()
    world.island("g1", 2, [ada, bea])
    world.stream()
    _, body = get(route="GET /v1/customers/{id}", id_=called([bea]))
    assert body["customer"]["id"] == called([ada])


def test_each_read_is_written_down_without_personal_data(world: World, ada: str) -> None:
    get(phone=PHONE)
    (row,) = reads(world)
    assert (row["caller"], row["purpose"], row["customers"]) == ("u-1", "customer_care", ada)
    assert row["at"] == NOW.isoformat()
    assert not any(said in str(row) for said in (PHONE, MAIL, "Ada"))


def test_given_a_purpose_the_role_is_not_cleared_for_then_403_names_those_it_is(ada: str) -> None:
    status, body = get(phone=PHONE, purpose="email_marketing")
    assert (status, body["purposes"]) == (403, ["customer_care"])
    assert get("privacy", phone=PHONE, purpose="email_marketing")[0] == 200


@pytest.mark.parametrize("role", ["operator", "nobody"])
def test_given_another_role_then_403_and_nothing_is_written(world: World, role: str) -> None:
    status, body = get(role, phone=PHONE)
    assert (status, body["title"]) == (403, "Forbidden")
    assert reads(world) == []


def test_given_no_claims_then_401() -> None:
    reply = context.handler({"routeKey": "GET /v1/context", "requestContext": {}})
    assert reply["statusCode"] == 401
    assert reply["headers"]["www-authenticate"] == "Bearer"


SECRET = "secret.person@example.com"
LONG = SECRET * 12


@pytest.mark.parametrize(
    "query",
    [
        {"subject": f"shop:customer:{LONG}"},
        {"subject": f"{'s' * 65}:customer:{SECRET}"},
        {"subject": f"shop:{'o' * 33}:{SECRET}"},
        {"shop__customer": LONG},
        {SECRET: "1"},
        {f"shop__{LONG}": "1"},
        {"phone": PHONE, "limit": "9" * 5000},
        {"phone": PHONE, "limit": "9" * 1000},
        {"phone": PHONE, "cursor": "\0|"},
        {"phone": PHONE, "cursor": "R#|"},
        {"phone": PHONE, "cursor": f"{'z' * 3000}|x"},
        {"phone": PHONE, "cursor": f"R#I#{'2' * 1000}#r|x"},
        {"phone": PHONE, "cursor": f"R#I#2026#r\n|{SECRET}"},
        {"name": " ".join(f"{letter}{letter}" for letter in "abcdefghijklmnopq")},
        {"email": "a" * 8000},
    ],
)
def test_given_a_question_beyond_bounds_then_400_and_nothing_of_it_is_told(
    ada: str, query: dict[str, str]
) -> None:
    status, body = get(**query)
    assert status == 400
    assert not any(said in json.dumps(body) for said in (SECRET, "zzz", "999"))


@pytest.mark.parametrize(
    "id_, status", [("x" * 1000, 404), ("x" * 3000, 400), ("c1" + "A" * 1000, 404), ("\0", 404),
                    ("\U0001f600" * 200, 404), (SECRET, 404)],
)  # fmt: skip
def test_given_no_id_of_ours_then_nobody_is_known_by_it(
    ada: str, world: World, id_: str, status: int
) -> None:
    assert get(route="GET /v1/customers/{id}", id_=id_)[0] == status
    tried = [""] if status == 404 else []
    assert [each["customers"] for each in reads(world)] == tried


def test_given_an_error_nobody_foresaw_then_its_kind_is_logged_and_nothing_of_the_question(
    ada: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        Subject(source="shop", object="customer", id=LONG)

    monkeypatch.setattr(context, "find", broken)
    log = telemetry.logger("test-last-resort")
    monkeypatch.setattr(wiring, "logger", lambda: log)
    status, body = get(email=SECRET)
    said = capsys.readouterr().out
    assert (status, body["status"]) == (500, 500)
    assert "ValidationError" in said
    assert "secret.person" not in said + json.dumps(body)


def test_given_a_purpose_nobody_has_then_it_is_not_quoted(ada: str) -> None:
    status, body = get(phone=PHONE, purpose=SECRET)
    assert status == 403
    assert SECRET not in json.dumps(body)


@pytest.mark.parametrize(
    "query, status",
    [
        ({}, 400),
        ({"phone": PHONE, "email": MAIL}, 400),
        ({"phone": "12"}, 400),
        ({"subject": "42"}, 400),
        ({"colour": "green"}, 400),
        ({"phone": PHONE, "limit": "0"}, 400),
        ({"phone": PHONE, "cursor": "elsewhere"}, 400),
        ({"phone": "+12025550199"}, 404),
        ({"name": "Nobody"}, 404),
    ],
)
def test_given_a_bad_question_then_the_answer_says_what_to_ask(
    ada: str, query: dict[str, str], status: int
) -> None:
    found, body = get(**query)
    assert found == status
    assert body["status"] == status
    assert body["detail"]
    assert PHONE not in body["detail"]


def test_given_a_role_with_few_fields_then_the_rest_is_left_out(
    world: World, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, policy = wiring.policy()
    few = {"agent": policy.roles["agent"].model_copy(update={"fields": ("name",)})}
    monkeypatch.setattr(
        wiring, "policy", lambda: (version, policy.model_copy(update={"roles": few}))
    )
    _, body = get(phone=PHONE)
    assert set(body["customer"]["traits"]) == {"name"}
    assert body["history"] == body["bought"] == []
    assert body["customer"]["identifiers"] == body["customer"]["value"] == []


def test_given_who_is_somebody_again_then_their_id_answers_before_their_view_says_so(
    world: World,
) -> None:
    one, two = world.subject("1", email=MAIL), world.subject("2", email="two@example.com")
    for version, groups in enumerate(([[one], [two]], [[one, two]]), 1):
        world.island("g1", version, *groups)
        world.stream()
    gone = called([two])
    assert get(route="GET /v1/customers/{id}", id_=gone)[1]["customer"]["id"] == called([one])
    world.island("g1", 3, [one], [two])
    assert get(route="GET /v1/customers/{id}", id_=gone)[1]["customer"]["id"] == gone
