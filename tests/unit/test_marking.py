"""People block and trust identifiers, and take it back."""

import json
from typing import Any

import pytest

from functions import evidence, wiring
from rules import keys
from rules.resolution_items import identifier_from, identifier_key
from schemas.graph import IdentifierHead
from schemas.identifiers import Identifier
from schemas.policy import Policy
from tests.fakes.graph import NOW, PEPPER, policy
from tests.fakes.people import People, people

OFFICE = "office@example.com"
KEY = keys.of_identifier(PEPPER, Identifier(type="email", value=OFFICE))
THREE = ("shop:ada", "crm:ben", "help:cem")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    """Three share an address, of which a limit allows two."""
    rules = policy().model_dump() | {"identity": {"types": {"email": {"level": 1, "limit": 2}}}}
    made = people(monkeypatch, policy=("v1", Policy.model_validate(rules)))
    monkeypatch.setattr(wiring, "pause", lambda _: None)
    for who in THREE:
        made.knows(who, email=OFFICE)
    return made


def mark(
    what: str, identifier: str = OFFICE, role: str = "privacy", **more: object
) -> tuple[int, Any]:
    claims = {"sub": "u-1", "cognito:groups": f"[{role}]"}
    reply = evidence.handler(
        {
            "routeKey": "POST /v1/identifiers/mark",
            "body": json.dumps({"identifier": identifier, "mark": what, **more}),
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    return reply["statusCode"], json.loads(reply["body"])


def customers(hub: People) -> int:
    return len({hub.customer(who) for who in THREE})


def head(hub: People) -> IdentifierHead:
    return identifier_from(hub.world.table.store.rows[identifier_key(KEY)])


def test_what_is_trusted_links_whoever_carries_it_until_that_is_taken_back(hub: People) -> None:
    assert customers(hub) == 3
    status, told = mark("trust", why="the family's own")
    assert (status, told["records"], told["customers"]) == (200, 3, 1)
    assert customers(hub) == 1
    assert (told["type"], told["mark"], told["by"]) == ("email", "trust", "u-1")
    said = head(hub).marked
    assert said
    assert (said.by, said.why, said.at) == ("u-1", "the family's own", NOW)
    assert mark("clear")[1]["customers"] == 3
    assert customers(hub) == 3


def test_what_is_blocked_links_nobody_and_either_mark_replaces_the_other(hub: People) -> None:
    mark("trust")
    assert mark("block")[1]["customers"] == 3
    assert (head(hub).blocked, head(hub).trusted) == (True, False)
    mark("trust")
    assert (head(hub).blocked, head(hub).trusted) == (False, True)


def test_what_nobody_carries_yet_can_be_blocked_beforehand(hub: People) -> None:
    assert mark("block", "+12025550100")[1]["records"] == 0
    hub.knows("shop:ada", phone="+12025550100")
    hub.knows("crm:ben", phone="+12025550100")
    assert hub.customer("shop:ada") != hub.customer("crm:ben")


def test_what_many_carry_is_trusted_by_their_very_number(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.marking.MOST", 2)
    status, told = mark("trust")
    assert (status, told["records"], "--force 3" in told["detail"]) == (409, 3, True)
    assert mark("trust", force=5)[0] == 409
    assert customers(hub) == 3
    assert mark("trust", force=3)[0] == 200
    assert mark("block")[0] == 200


def test_so_is_a_sources_own_id_whoever_of_them_is_beyond_its_limit(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = wiring.policy()[1].model_dump()
    named["identity"]["types"]["shop:customer"] = {"level": 0, "limit": 2}
    monkeypatch.setattr(wiring, "policy", lambda: ("v2", Policy.model_validate(named)))
    monkeypatch.setattr("functions.marking.MOST", 4)
    for who in ("crm:ben", "help:cem", "crm:dan", "crm:eve"):
        hub.knows(who, **{"shop:customer": "ada"})
    status, told = mark("trust", "shop:customer:ada")
    assert (status, told["records"], "--force 5" in told["detail"]) == (409, 5, True)
    assert customers(hub) == 3
    assert mark("trust", "shop:customer:ada", force=5)[0] == 200


def test_an_operator_marks_ids_and_names_nobody_by_an_address(hub: People) -> None:
    assert mark("block", role="operator")[0] == 403
    assert not head(hub).blocked
    hub.knows("crm:ben", **{"shop:customer": "ada"})
    assert hub.customer("shop:ada") == hub.customer("crm:ben")
    status, told = mark("block", "shop:customer:ada", "operator")
    assert (status, told["records"], told["customers"]) == (200, 2, 2)
    assert hub.customer("shop:ada") != hub.customer("crm:ben")
    assert mark("block", role="agent")[0] == 403


@pytest.mark.parametrize("said", ["Ada Byron", "c1AbCdEfGhIjKlMnOpQrStUv", "nobody@", ""])
def test_what_is_no_identifier_is_refused_without_being_repeated(hub: People, said: str) -> None:
    status, told = mark("block", said)
    assert status == 400
    assert not said or said not in json.dumps(told)


def test_that_an_address_was_named_is_noted(hub: People) -> None:
    mark("block")
    rows = hub.world.table.store.rows.items()
    assert [row["role"] for key, row in rows if key.pk.startswith("L#read#")] == ["privacy"]
    assert {key.pk[:2] for key, row in rows if OFFICE in f"{key} {row}"} <= {"S#", "C#"}
