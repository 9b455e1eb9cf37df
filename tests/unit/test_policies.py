"""Other rules are tried, refused beyond the blast radius, adopted, and carried out."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters import policy as shelf
from adapters.table import Table
from functions import evidence, trying, wiring
from rules import keys, normalise
from schemas.errors import RetryLater
from schemas.identifiers import Identifier
from schemas.policy import Policy
from tests.fakes.graph import NOW, PEPPER, policy
from tests.fakes.people import People, people

PHONE = "+12025550101"


def rules(**types: dict[str, Any]) -> Policy:
    """The policy with other identity rules."""
    return Policy.model_validate({**policy().model_dump(), "identity": {"types": types}})


STRICT = rules(email={"level": 1})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    """Ada at the shop and with the sales team, by e-mail; a caller with her phone."""
    made = people(monkeypatch)
    monkeypatch.setattr(wiring, "pause", lambda _: None)
    shelf.first(made.world.table, policy(), NOW.isoformat())
    made.knows("shop:ada", email="ada@example.com", phone=PHONE)
    made.knows("crm:1", email="ada@example.com")
    made.knows("help:1", phone=PHONE)
    made.knows("shop:dora", email="dora@example.com")
    return made


def ask(route: str, role: str = "privacy", key: str = "k", **body: object) -> tuple[int, Any]:
    claims = {"sub": "u-1", "cognito:groups": f"[{role}]"}
    reply = evidence.handler(
        {
            "routeKey": route,
            "headers": {"Idempotency-Key": key},
            "body": json.dumps(body),
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    return reply["statusCode"], json.loads(reply["body"])


def try_(candidate: Policy) -> dict[str, Any]:
    found: dict[str, Any] = ask("POST /v1/policy/diff", policy=candidate.model_dump())[1]
    return found


def to_the_end(candidate: Policy) -> dict[str, Any]:
    """The last page: with few customers, the first that has any."""
    found = try_(candidate)
    while found.get("next"):
        body = {"policy": candidate.model_dump(), "cursor": found["next"]}
        found = ask("POST /v1/policy/diff", **body)[1]
    return found


def put(candidate: Policy, key: str = "k", **more: object) -> tuple[int, Any]:
    return ask("POST /v1/policy", "privacy", key, policy=candidate.model_dump(), **more)


def shown() -> dict[str, Any]:
    found: dict[str, Any] = ask("GET /v1/policy", "operator")[1]
    return found


def at(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(wiring, "now", lambda: NOW + timedelta(seconds=seconds))


def test_a_dry_run_names_what_falls_apart_and_changes_nothing(hub: People) -> None:
    rows = dict(hub.world.table.store.rows)
    found = try_(STRICT)
    assert {n: found[n] for n in ("seen", "changed", "merges", "splits", "largest")} == {
        "seen": 2, "changed": 1, "merges": 0, "splits": 1, "largest": 2,
    }  # fmt: skip
    (move,) = found["items"]
    assert move == {"kind": "split", "customers": [hub.customer("shop:ada")], "subjects": 3}
    after = hub.world.table.store.rows
    assert {key for key in after if after[key] != rows.get(key)} == {
        key for key in after if key.sk.startswith("DIFF#")
    }


def test_a_dry_run_names_what_a_wider_limit_would_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = rules(email={"level": 1}, phone={"level": 2, "limit": 2})
    hub = people(monkeypatch)
    monkeypatch.setattr(wiring, "policy", lambda: ("v1", narrow))
    shelf.first(hub.world.table, narrow, NOW.isoformat())
    three = ("shop:ada", "crm:1", "help:1")
    for who in three:
        hub.knows(who, phone=PHONE)
    apart = {hub.customer(who) for who in three}
    assert len(apart) == 3, "three carry a phone whose limit is two"
    found = try_(policy())
    (move,) = found["items"]
    assert (move["kind"], set(move["customers"]), move["subjects"]) == ("merge", apart, 3)
    assert (found["changed"], found["largest"]) == (3, 3)


def shared_id(monkeypatch: pytest.MonkeyPatch, *who: str) -> tuple[People, set[str]]:
    """These say that they are Ada at the shop, whose id at most two may carry."""
    narrow = rules(email={"level": 1}, **{"shop:customer": {"level": 0, "limit": 2}})
    hub = people(monkeypatch)
    monkeypatch.setattr(wiring, "policy", lambda: ("v1", narrow))
    shelf.first(hub.world.table, narrow, NOW.isoformat())
    hub.knows("shop:ada")
    for each in who:
        hub.knows(each, **{"shop:customer": "ada"})
    apart = {hub.customer(each) for each in ("shop:ada", *who)}
    assert len(apart) == 1 + len(who)
    return hub, apart


def wider(limit: int, **email: object) -> Policy:
    return rules(email={"level": 1, **email}, **{"shop:customer": {"level": 0, "limit": limit}})


@pytest.mark.parametrize("email", [{}, {"junk": ["none@.*"]}], ids=["as read", "read otherwise"])
def test_a_dry_run_names_what_a_wider_limit_of_sources_own_ids_would_merge(
    email: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, apart = shared_id(monkeypatch, "crm:1", "help:1")
    found = to_the_end(wider(3, **email))
    (move,) = found["items"]
    assert (move["kind"], set(move["customers"]), move["subjects"]) == ("merge", apart, 3)
    assert (found["changed"], found["merges"], found["largest"]) == (3, 1, 3)
    status, body = put(wider(3, **email))
    assert (status, body["changed"]) == (409, 3), "beyond the blast radius"


@pytest.mark.parametrize("email", [{}, {"junk": ["none@.*"]}], ids=["as read", "read otherwise"])
def test_a_dry_run_counts_who_is_beyond_an_own_ids_limit_in_rows_of_their_own(
    email: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_id(monkeypatch, "crm:1", "help:1", "crm:2", "crm:3")
    assert to_the_end(wider(3, **email))["changed"] == 0


def test_a_dry_run_says_that_traits_may_come_from_other_sources(hub: People) -> None:
    def with_(**more: object) -> Policy:
        identity = {**policy().model_dump()["identity"], **more}
        return Policy.model_validate({**policy().model_dump(), "identity": identity})

    for other in (with_(survivorship={"phone": "complete"}), with_(trust=["crm"])):
        found = try_(other)
        assert (found["seen"], found["changed"], found["traits"]) == (2, 0, True)
    assert try_(with_(scope_cap=9))["traits"] is False
    assert hub.customer("shop:ada") == hub.customer("crm:1")


def test_nobody_adopts_without_a_dry_run(hub: People) -> None:
    status, body = put(STRICT, blast_radius=1)
    assert (status, "policy diff" in body["detail"]) == (409, True)


def test_beyond_the_blast_radius_only_the_number_itself_adopts(hub: People) -> None:
    try_(STRICT)
    status, body = put(STRICT)
    assert (status, body["changed"], body["customers"]) == (409, 1, 2)
    assert put(STRICT, key="2", force=2)[0] == 409
    assert put(STRICT, key="3", force=1)[0] == 200
    assert shelf.read(hub.world.table)[1].identity == STRICT.identity


def test_what_is_adopted_is_carried_out_when_no_resolver_uses_the_former_rules(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, caller = hub.customer("shop:ada"), hub.customer("help:1")
    assert ada == caller
    try_(STRICT)
    put(STRICT, blast_radius=1)
    at(monkeypatch, 60)
    evidence.handler({})
    assert hub.customer("help:1") == ada
    at(monkeypatch, 200)
    evidence.handler({})
    assert hub.customer("shop:ada") == hub.customer("crm:1") == ada
    assert hub.customer("help:1") != ada
    assert (shown()["done"], shown()["last"]) == (False, True), "whoever ran may still be running"
    at(monkeypatch, 400)
    evidence.handler({})
    assert (shown()["done"], shown()["version"]) == (True, shelf.read(hub.world.table)[0])


def test_a_policy_that_is_adopted_again_is_carried_out_again(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = hub.customer("shop:ada")
    for turn, candidate in enumerate((STRICT, policy(), STRICT, policy())):
        at(monkeypatch, turn * 1000)
        try_(candidate)
        assert put(candidate, key=f"k{turn}", blast_radius=1)[0] == 200
        at(monkeypatch, turn * 1000 + 200)
        ask("POST /v1/policy/adoption")
        hub.world.stream()
        assert (hub.customer("help:1") == ada) == bool(turn % 2)


def test_a_change_that_leaves_identity_alone_needs_no_dry_run(hub: People) -> None:
    other = Policy.model_validate({**policy().model_dump(), "retention": {}, "roles": {}})
    status, body = put(other)
    assert (status, body["done"]) == (200, True)
    assert try_(other)["seen"] == 0


def test_what_is_one_address_from_now_on_is_one_customer_and_what_was_said_about_it_holds(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged = Identifier(type="email", value="dora+shop@example.com")
    hub.knows("crm:2", email=tagged.value)
    hub.hears("crm:2", "withdrawn", identifier=tagged)
    rules_ = {"types": policy().model_dump()["identity"]["types"], "plus_tags": True}
    candidate = Policy.model_validate({**policy().model_dump(), "identity": rules_})
    found = try_(candidate)
    assert (found["merges"], found["splits"], found["changed"]) == (1, 0, 2)
    put(candidate, blast_radius=1)
    monkeypatch.setattr(wiring, "policy", lambda: ("v2", candidate))
    for seconds in (200, 400):
        at(monkeypatch, seconds)
        evidence.handler({})
    assert hub.customer("crm:2") == hub.customer("shop:dora")
    key = keys.of_identifier(PEPPER, Identifier(type="email", value="dora@example.com"))
    for table in (hub.world.table, wiring.journal()):
        assert [row for row in table.all(f"I#{key}", "K#") if "withdrawn" in str(row["data"])]


def test_a_policy_whose_adoption_is_cut_short_and_asked_for_again_is_carried_out(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_(STRICT)
    adopt = shelf.adopt

    def cut_short(table: Table, candidate: Policy, at: str) -> str:
        adopt(table, candidate, at)
        raise RetryLater("the answer is lost")

    with monkeypatch.context() as patch:
        patch.setattr(shelf, "adopt", cut_short)
        assert put(STRICT, blast_radius=1)[0] == 503
    assert put(STRICT, blast_radius=1)[0] == 200
    assert not shown()["done"]


def test_the_same_policy_is_carried_out_again_by_a_new_normaliser(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalise, "NORMALISER", "next")
    assert put(policy())[0] == 409, "its dry run comes first"
    assert (try_(policy())["seen"], try_(policy())["changed"]) == (2, 0)
    assert put(policy(), key="k2")[1]["done"] is False
    for seconds in (200, 400):
        at(monkeypatch, seconds)
        evidence.handler({})
    assert shown()["done"]
    assert put(policy(), key="k3")[1]["done"], "nothing is left to do"


@pytest.mark.parametrize("role", ["agent", "operator"])
@pytest.mark.usefixtures("hub")
def test_only_privacy_adopts(role: str) -> None:
    assert ask("POST /v1/policy", role, policy=STRICT.model_dump())[0] == 403


@pytest.mark.usefixtures("hub")
def test_what_is_no_policy_is_refused_with_the_place() -> None:
    status, body = ask("POST /v1/policy", policy={"identity": {"types": {"email": {}}}})
    assert (status, body["detail"].startswith("policy.identity.types.email")) == (400, True)


@pytest.mark.parametrize(
    "where,value,said",
    [
        (("identity", "types", "email", "junk"), ["(a+)+$"], "a million ways"),
        (("identity", "types", "email", "junk"), ["x@.*"] * 10_000, "junk"),
        (("identity", "types", "email", "level"), True, "level"),
        (("identity", "dotless_domains"), ["GMAIL.com"], "Write gmail.com."),
        (("identity", "types", "phone+phone"), {"level": 2}, "Write phone."),
        (("identity", "types", "fone"), {"level": 2}, "Write phone."),
        (("roles", "agent"), {"purposes": ["customer_car"]}, "customer_car"),
        (
            ("retention",),
            {"quarantin": {"days": 1, "trigger": "recorded", "basis": "x"}},
            "quarantin",
        ),
    ],
)
@pytest.mark.parametrize("route", ["POST /v1/policy", "POST /v1/policy/diff"])
@pytest.mark.usefixtures("hub")
def test_what_a_file_may_not_say_the_api_refuses_too(
    route: str, where: tuple[str, ...], value: object, said: str
) -> None:
    spoiled = STRICT.model_dump()
    inside = spoiled
    for name in where[:-1]:
        inside = inside[name]
    inside[where[-1]] = value
    status, body = ask(route, policy=spoiled)
    assert status == 400
    assert body["detail"].startswith("policy.")
    assert said in body["detail"]


@pytest.mark.parametrize(
    "changes,said",
    [
        ({"destinations": {}}, 'destination "mailchimp" has no rule here'),
        ({"identity": {"types": {}, "trust": ["shopp"]}}, "Write shop."),
        ({"identity": {"types": {"shopp:customer": {"level": 0}}}}, "Write shop."),
    ],
)
@pytest.mark.usefixtures("hub")
def test_a_policy_for_other_systems_is_not_adopted(changes: dict[str, Any], said: str) -> None:
    other = Policy.model_validate({**policy().model_dump(), **changes})
    status, body = put(other)
    assert status == 409
    assert said in body["detail"]


def test_a_pattern_that_does_not_compile_is_refused_before_it_could_stop_every_record(
    hub: People,
) -> None:
    before = hub.world.table.store.rows.keys()
    spoiled = STRICT.model_dump()
    spoiled["identity"]["types"]["email"]["junk"] = ["(unclosed"]
    status, body = ask("POST /v1/policy", policy=spoiled)
    assert status == 400
    assert "does not compile" in body["detail"]
    assert hub.world.table.store.rows.keys() == before


def test_adopting_what_is_in_force_tells_how_far_its_own_adoption_is(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_(STRICT)
    first = put(STRICT, blast_radius=1)[1]
    again = put(STRICT, key="2")[1]
    assert (again["done"], again["starts_at"]) == (False, first["starts_at"])
    for seconds in (200, 400):
        at(monkeypatch, seconds)
        evidence.handler({})
    assert put(STRICT, key="3")[1]["done"]


def test_a_dry_run_that_reads_records_first_says_how_many_rows_it_read(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "SCANNED", 4)
    rules_ = {"types": policy().model_dump()["identity"]["types"], "plus_tags": True}
    candidate = Policy.model_validate({**policy().model_dump(), "identity": rules_})
    body: dict[str, Any] = {"policy": candidate.model_dump()}
    read = []
    while body.get("cursor") != "":
        found = ask("POST /v1/policy/diff", **body)[1]
        read.append((found["read"], found["seen"]))
        body["cursor"] = found.get("next", "")
    *before, last = read
    assert before[:2] == [(4, 0), (8, 0)]
    assert (last[0] > before[-1][0], last[1]) == (True, 2)
