"""Why two are one customer: asked over the API, by anything that they are known by."""

import json
from typing import Any

import pytest

from functions import evidence, wiring
from schemas.config import Config
from tests.fakes.people import People, people

PHONE = "+12025550101"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    return people(monkeypatch)


@pytest.fixture
def family(hub: People) -> tuple[str, str]:
    """Ben and Cem, two contacts of one shop that share a phone."""
    hub.knows("shop:ben", "Ben Ode", phone=PHONE)
    hub.knows("shop:cem", "Cem Ode", phone=PHONE)
    return hub.customer("shop:ben"), hub.customer("shop:cem")


def ask(role: str = "agent", **query: str) -> tuple[int, dict[str, Any]]:
    claims = {"sub": "u-1", "cognito:groups": f"[{role}]"}
    reply = evidence.handler(
        {
            "routeKey": "GET /v1/explain",
            "queryStringParameters": query,
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    return reply["statusCode"], json.loads(reply["body"])


@pytest.mark.parametrize(
    "a, b", [("ben", "cem"), ("shop:customer:ben", "shop:customer:cem")], ids=["names", "subjects"]
)
@pytest.mark.usefixtures("family")
def test_two_who_share_a_phone_are_told_apart_by_the_rule(a: str, b: str) -> None:
    status, body = ask(a=a, b=b)
    assert (status, body["together"]) == (200, False)
    (obstacle,) = body["obstacles"]
    assert (obstacle["reason"], obstacle["value"]) == ("unique", PHONE)
    assert [each["source"] for each in obstacle["evidence"]] == ["shop", "shop"]
    assert all("at" in each for each in obstacle["evidence"])


def test_two_of_one_customer_are_joined_by_a_chain(hub: People) -> None:
    hub.knows("shop:ada", "Ada Byron", email="ada@example.com")
    hub.knows("crm:7", email="ada@example.com", phone=PHONE)
    hub.knows("help:3", phone=PHONE)
    _, body = ask(a="ada@example.com", b="help:user:3")
    assert body["together"] is True
    assert [(step["left"], step["value"], step["right"]) for step in body["chain"]] == [
        ("shop:customer:ada", "ada@example.com", "crm:contact:7"),
        ("crm:contact:7", PHONE, "help:user:3"),
    ]


def test_two_with_nothing_in_common_are_two(hub: People) -> None:
    hub.knows("shop:ada", email="ada@example.com")
    hub.knows("shop:dora", email="dora@example.com")
    (obstacle,) = ask(a="ada@example.com", b="shop:customer:dora")[1]["obstacles"]
    assert obstacle["reason"] == "nothing"


def test_who_is_meant_must_be_one(family: tuple[str, str]) -> None:
    status, body = ask(a=PHONE, b="ben")
    assert (status, body["customers"]) == (409, sorted(family))
    assert ask(a="nobody", b="ben")[0] == 404
    assert ask(a="ben")[0] == 400


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch, hub: People) -> None:
    """Agents see names, and no identifiers."""
    version, policy = wiring.policy()
    roles = {"agent": {"purposes": ["customer_care"], "fields": ["name"]}}
    found = type(policy).model_validate({**policy.model_dump(), "roles": roles})
    monkeypatch.setattr(wiring, "policy", lambda: (version, found))


@pytest.mark.usefixtures("family", "blind")
def test_a_role_without_identifiers_sees_only_their_types() -> None:
    (obstacle,) = ask(a="ben", b="cem")[1]["obstacles"]
    assert (obstacle["type"], obstacle["value"]) == ("phone", "")


@pytest.mark.usefixtures("blind")
def test_nor_does_it_see_an_id_that_is_made_of_them(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.knows("shop:ada", "Ada Byron", email="ada@example.com")
    hub.knows("help:5e5e", email="ada@example.com")
    config = wiring.config().model_dump()
    config["sources"]["help"]["connector"] = "mailchimp"
    monkeypatch.setattr(wiring, "config", lambda: Config.model_validate(config))
    _, body = ask(a="help:user:5e5e", b="shop:customer:ada")
    assert (body["together"], body["b"]) == (True, "shop:customer:ada")
    assert "5e5e" not in json.dumps(body)


@pytest.mark.usefixtures("family")
def test_an_operator_sees_no_customer() -> None:
    assert ask("operator", a="ben", b="cem")[0] == 403


def test_whoever_asks_is_written_down(hub: People, family: tuple[str, str]) -> None:
    ask(a="ben", b="cem")
    assert read(hub) == [("u-1", customer) for customer in sorted(family)]


def test_a_name_of_several_is_written_down_before_they_are_named(
    hub: People, family: tuple[str, str]
) -> None:
    assert ask(a="ode", b="nobody")[0] == 409
    assert read(hub) == [("u-1", ",".join(sorted(family)))]


def test_a_look_up_is_written_down_whomever_it_finds(hub: People, family: tuple[str, str]) -> None:
    assert ask(a="ben", b="nobody")[0] == 404
    assert read(hub) == [("u-1", ""), ("u-1", family[0])]


def read(hub: People) -> list[tuple[object, object]]:
    """Who looked up whom, as the read log has it."""
    rows = hub.world.table.store.rows.items()
    found = [(r["caller"], r["customers"]) for key, r in rows if key.pk.startswith("L#read#")]
    return sorted(found, key=str)
