"""People split, merge and decide reviews; the graph, the consents and the events follow."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from adapters import policy as shelf
from adapters.customers import Customers
from events.outbound import CustomersMerged, CustomerSplit
from functions import adopting, judging, wiring
from functions.context import person
from functions.finding import by_id
from functions.reading import Reader
from rules import delivery
from rules.gate import Book
from rules.permissions import permissions
from rules.policy import version_of
from schemas.config import Config
from schemas.evidence import AdoptionView
from schemas.graph import Verdict
from schemas.policy import Policy
from tests.fakes.graph import PEPPER, SPOKEN, policy
from tests.fakes.judging import post, reviews
from tests.fakes.people import People, people, s_of

MAIL = "jan@example.com"
PHONE = "+12025550101"
LATER = SPOKEN + timedelta(days=3)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr(wiring, "pause", lambda _: None)
    return people(monkeypatch)


@pytest.fixture
def jan(hub: People) -> str:
    """Three subjects with one address: the shop's, the sales team's, and a caller's."""
    hub.knows("shop:jan", "Jan Roe", email=MAIL)
    hub.knows("crm:1", email=MAIL)
    hub.knows("help:1", email=MAIL, phone=PHONE)
    return hub.customer("shop:jan")


def may_mail(hub: People, who: str) -> bool:
    """Whether the customer of a subject may be written to for marketing, by anything it has."""
    hub.world.stream()
    (found,) = by_id(Customers(hub.world.table), hub.customer(who))
    whole = person(found)
    everybody = delivery.unaddressed(whole, PEPPER)
    said = Reader(wiring.graph(), wiring.journal()).said(whole, everybody)
    views = permissions(Book(*wiring.policy()), whole, PEPPER, said, hub.now)
    return any(view.permitted for view in views if view.purpose == "email_marketing")


def test_a_split_takes_the_named_side_out_and_says_so(hub: People, jan: str) -> None:
    status, body = post(
        f"/v1/customers/{jan}/split", subjects=["help:user:1"], why="another person"
    )
    assert status == 200
    assert [part["subjects"] for part in body["customers"]] in (
        [["crm:contact:1", "shop:customer:jan"], ["help:user:1"]],
        [["help:user:1"], ["crm:contact:1", "shop:customer:jan"]],
    )
    assert (body["written"], body["by"]) == (1, "privacy")
    said = hub.world.stream()
    (event,) = [each.data for each in said if isinstance(each.data, CustomerSplit)]
    assert (event.customer, set(event.parts)) == (jan, {hub.customer("help:1"), jan})


def test_the_evidence_says_who_and_why(hub: People, jan: str) -> None:
    post(f"/v1/customers/{jan}/split", subjects=["help:user:1"], why="another person")
    island = judging.home([s_of("help:1")])
    (verdict,) = island.verdicts
    assert (verdict.kind, verdict.by, verdict.why) == ("ignore", "privacy", "another person")


def test_a_split_while_new_rules_are_carried_out_is_of_the_day_of_both(hub: People) -> None:
    """Some are linked by the former rules still, and it must hold for what these had made one."""
    dotless = {"types": {"email": {"level": 1}}, "dotless_domains": ["example.com"]}
    former = Policy.model_validate({**policy().model_dump(), "identity": dotless})
    view = AdoptionView(version="v1", at=hub.now, done=False, former=(version_of(former),))
    shelf.adopt(hub.world.table, former, hub.now.isoformat())
    hub.world.put(adopting.ADOPTION, {"data": view.model_dump_json()})
    for who in ("shop:jan", "help:1"):
        hub.knows(who, email="jan.roe@example.com")
    customer = hub.customer("shop:jan")
    assert post(f"/v1/customers/{customer}/split", subjects=["help:user:1"])[0] == 200
    (verdict,) = judging.home([s_of("help:1")]).verdicts
    assert [spelling for spelling, _ in verdict.spelt] == ["dots", "dots tags"]


def test_asking_again_with_the_key_answers_alike_and_changes_nothing(hub: People, jan: str) -> None:
    path = f"/v1/customers/{jan}/split"
    first = post(path, subjects=["help:user:1"])
    rows = dict(hub.world.table.store.rows)
    assert post(path, subjects=["help:user:1"]) == first
    assert rows == hub.world.table.store.rows
    assert post(path, subjects=["crm:contact:1"])[0] == 422


@pytest.mark.parametrize("side", [["shop:customer:nobody"], ["shop:customer:jan", "crm:contact:1",
                                                            "help:user:1"], []])  # fmt: skip
def test_what_is_no_part_of_the_customer_is_refused(jan: str, side: list[str]) -> None:
    assert post(f"/v1/customers/{jan}/split", subjects=side)[0] in {400, 409}


def test_an_agent_decides_nothing(jan: str) -> None:
    assert post(f"/v1/customers/{jan}/split", "agent", subjects=["help:user:1"])[0] == 403


@pytest.mark.parametrize("who", ["shop:jan", "help:1"])
def test_a_withdrawal_while_they_were_one_binds_both_sides(hub: People, jan: str, who: str) -> None:
    for each in ("shop:jan", "help:1"):
        hub.hears(each, "granted")
    hub.hears(who, "withdrawn", LATER)
    assert not may_mail(hub, who)
    post(f"/v1/customers/{jan}/split", subjects=["help:user:1"])
    assert not may_mail(hub, "shop:jan")
    assert not may_mail(hub, "help:1")


def test_a_later_grant_of_the_other_side_does_not_loosen_it_either(hub: People, jan: str) -> None:
    hub.hears("shop:jan", "withdrawn")
    hub.hears("help:1", "granted", LATER)
    assert not may_mail(hub, "help:1")
    post(f"/v1/customers/{jan}/split", subjects=["help:user:1"])
    assert not may_mail(hub, "help:1")


def test_each_side_may_say_yes_anew(hub: People, jan: str) -> None:
    hub.hears("shop:jan", "withdrawn")
    post(f"/v1/customers/{jan}/split", subjects=["help:user:1"])
    hub.now += timedelta(minutes=10)
    hub.hears("help:1", "granted", hub.now)
    assert may_mail(hub, "help:1")
    assert not may_mail(hub, "shop:jan")


def test_a_merge_makes_one_of_two_and_a_split_undoes_it(hub: People) -> None:
    hub.knows("shop:dora", "Dora Smith", email="dora@example.com")
    hub.knows("crm:4", email="d.smith@example.org")
    before = hub.customer("shop:dora"), hub.customer("crm:4")
    status, body = post("/v1/customers/merge", a="Dora", b="crm:contact:4")
    assert (status, [len(part["subjects"]) for part in body["customers"]]) == (200, [2])
    (event,) = [each.data for each in hub.world.stream() if isinstance(each.data, CustomersMerged)]
    assert (event.customer, event.merged) == (before[0], (before[1],))
    post(f"/v1/customers/{before[0]}/split", subjects=["crm:contact:4"])
    assert (hub.customer("shop:dora"), hub.customer("crm:4")) == before


def test_a_merge_after_a_split_holds(hub: People, jan: str) -> None:
    post(f"/v1/customers/{jan}/split", subjects=["help:user:1"])
    hub.world.stream()
    _, body = post("/v1/customers/merge", a="shop:customer:jan", b="help:user:1")
    assert len(body["customers"]) == 1


def test_a_split_of_what_the_source_merged_is_undone_by_a_merge(hub: People) -> None:
    for who in ("shop:ben", "shop:cem"):
        hub.knows(who, phone=PHONE)
    hub.merges("shop:ben", "shop:cem")
    customer = hub.customer("shop:ben")
    pair = {"a": "shop:customer:ben", "b": "shop:customer:cem"}
    for number in range(2):
        hub.now += timedelta(minutes=1)
        path = f"/v1/customers/{customer}/split"
        _, body = post(path, key=f"split {number}", subjects=["shop:customer:cem"])
        assert (len(body["customers"]), body["because"]) == (2, [])
        hub.now += timedelta(minutes=1)
        _, body = post("/v1/customers/merge", key=f"merge {number}", **pair)
        assert (body["joined"], body["because"]) == (True, [])
        assert hub.customer("shop:cem") == customer


def test_the_same_said_again_and_again_replaces_what_was_said(hub: People) -> None:
    """Else so many words about two fill the group's row, until no record can be added to it."""
    for who in ("ben", "cem"):
        hub.knows(f"shop:{who}", phone=PHONE)
    for number in range(12):
        why = f"call {number}: " + sha256(str(number).encode()).hexdigest() * 7
        pair = {"a": "shop:customer:ben", "b": "shop:customer:cem"}
        status, body = post("/v1/customers/merge", key=str(number), why=why, **pair)
        assert (status, body["joined"]) == (200, False)
        hub.now += timedelta(minutes=1)
    (verdict,) = judging.home([s_of("shop:cem")]).verdicts
    assert verdict.why.startswith("call 11: ")


def test_what_a_rule_forbids_is_not_merged_and_the_rule_is_told(hub: People) -> None:
    hub.knows("shop:ben", "Ben Ode")
    hub.knows("shop:cem", "Cem Ode")
    _, body = post("/v1/customers/merge", a="ben", b="cem")
    assert len(body["customers"]) == 2
    assert any(each.startswith("unique") for each in body["because"])


@pytest.fixture
def review(hub: People) -> str:
    """A phone that may not join a caller to either of two customers of the shop."""
    hub.knows("shop:ben", "Ben Ode", phone=PHONE)
    hub.knows("shop:cem", "Cem Ode", phone=PHONE)
    (found,) = reviews()
    return str(found["id"])


def test_a_rejected_review_is_open_no_more(hub: People, review: str) -> None:
    status, body = post(f"/v1/reviews/{review}/reject", why="father and son")
    assert (status, len(body["customers"]), body["written"]) == (200, 2, 1)
    hub.world.stream()
    assert reviews() == []
    assert post(f"/v1/reviews/{review}/reject", key="other")[0] == 404


def test_an_accepted_review_joins_what_nothing_forbids(hub: People) -> None:
    hub.knows("shop:ben", "Ben Ode", email="ben@example.com")
    hub.knows("crm:1", email="ben@example.com")
    ben = hub.customer("shop:ben")
    post(f"/v1/customers/{ben}/split", subjects=["crm:contact:1"])
    post("/v1/customers/merge", a="shop:customer:ben", b="crm:contact:1", key="m")
    assert hub.customer("crm:1") == ben


def test_an_accepted_review_that_uniqueness_refuses_joins_nobody_and_says_so(
    hub: People, review: str
) -> None:
    status, body = post(f"/v1/reviews/{review}/accept")
    assert (status, body["joined"], len(body["customers"])) == (200, False, 2)
    (because,) = body["because"]
    assert because.startswith("unique always: would make one customer of two ids of shop:customer")
    assert "merge the two there" in body["advice"][0]
    assert "is kept" in body["advice"][-1]


def test_it_leaves_its_own_contradiction_to_decide_and_that_can_be_taken_back(
    hub: People, review: str
) -> None:
    post(f"/v1/reviews/{review}/accept")
    hub.world.stream()
    (left,) = reviews()
    assert (left["type"], left["reason"]) == ("always", "unique")
    assert post(f"/v1/reviews/{left['id']}/reject", key="other")[0] == 200
    hub.world.stream()
    assert reviews() == []


def test_what_was_decided_counts_once_nothing_forbids_it(hub: People) -> None:
    hub.knows("crm:9", **{"shop:customer": "ben"})
    hub.knows("shop:ben", "Ben Ode")
    hub.knows("shop:cem", "Cem Ode")
    both = hub.customer("shop:ben")
    assert not post("/v1/customers/merge", a=both, b="shop:customer:cem")[1]["joined"]
    post(f"/v1/customers/{both}/split", subjects=["crm:contact:9"])
    assert hub.customer("crm:9") == hub.customer("shop:cem") != hub.customer("shop:ben")


@pytest.fixture
def two_with_a_shop_each(hub: People) -> tuple[str, str]:
    """Two customers whose founders may be one, while the shop's of each may not."""
    hub.knows("crm:1", email=MAIL)
    hub.knows("help:1", phone=PHONE)
    hub.knows("shop:ben", "Ben Ode", email=MAIL)
    hub.knows("shop:cem", "Cem Ode", phone=PHONE)
    return hub.customer("crm:1"), hub.customer("help:1")


def test_a_merge_that_would_tear_somebody_off_is_refused_and_the_rule_is_told(
    hub: People, two_with_a_shop_each: tuple[str, str]
) -> None:
    a, b = two_with_a_shop_each
    before = dict(hub.world.table.store.rows)
    status, body = post("/v1/customers/merge", a=a, b=b)
    assert (status, body["customers"]) == (409, [b])
    assert "Unique phone: would make one customer of two ids of shop:customer" in body["detail"]
    assert "merge the two there" in body["detail"]
    changed = {k.pk[:2] for k, row in hub.world.table.store.rows.items() if row != before.get(k)}
    assert changed <= {"AS", "L#"}, "what was asked and who was looked up is noted, no more"
    assert hub.customer("help:1") == hub.customer("shop:cem")


def test_so_is_an_accepted_review_that_would(hub: People) -> None:
    hub.knows("crm:1", email=MAIL, phone=PHONE)
    hub.knows("help:1", phone=PHONE)
    hub.knows("shop:ben", "Ben Ode", email=MAIL)
    hub.knows("shop:cem", email="cem@example.com")
    hub.knows("help:1", phone=PHONE, email="cem@example.com")
    (review,) = [each for each in reviews() if each["type"] == "phone"]
    status, body = post(f"/v1/reviews/{review['id']}/accept")
    assert status == 409
    assert "Component email" in body["detail"]
    assert [each["id"] for each in reviews()] == [review["id"]], "it is still to be decided"


def test_of_two_words_that_tear_the_second_is_refused(hub: People) -> None:
    """The first joined two, the second would take them and a bystander apart."""
    hub.knows("crm:0", email=MAIL)
    hub.knows("shop:1", "Ada Ode")
    hub.knows("help:9", **{"shop:customer": "1"})
    hub.knows("shop:2", phone=PHONE)
    assert post("/v1/customers/merge", a="crm:contact:0", b="shop:customer:1")[1]["joined"]
    hub.world.stream()
    assert post("/v1/customers/merge", key="2", a="crm:contact:0", b="shop:customer:2")[0] == 409
    assert len({hub.customer(who) for who in ("shop:1", "help:9", "crm:0")}) == 1


@pytest.mark.parametrize(
    "a, b", [("shop:eve", "crm:8"), ("shop:eve", "help:8"), ("crm:8", "help:8")]
)
def test_a_never_between_any_two_of_three_is_overruled(hub: People, a: str, b: str) -> None:
    for who in ("shop:eve", "crm:8", "help:8"):
        hub.knows(who, phone=PHONE)
    pair = sorted((s_of(a), s_of(b)))
    judging.said([Verdict(kind="never", a=pair[0], b=pair[1], at=SPOKEN, by="u-1")])
    hub.world.stream()
    (review,) = reviews()
    _, body = post(f"/v1/reviews/{review['id']}/accept")
    assert (body["joined"], body["because"]) == (True, [])


def test_of_three_of_whom_two_may_not_be_one_the_answer_says_why(hub: People) -> None:
    for who in ("shop:ben", "shop:cem", "crm:8"):
        hub.knows(who, phone=PHONE)
    (review,) = reviews()
    _, body = post(f"/v1/reviews/{review['id']}/accept")
    assert not body["joined"]
    assert any("shop:customer" in each for each in body["because"])


@pytest.fixture
def telling(hub: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The help desk makes its ids of addresses, as Mailchimp does."""
    config = wiring.config().model_dump()
    config["sources"]["help"]["connector"] = "mailchimp"
    found = Config.model_validate(config)
    monkeypatch.setattr(wiring, "config", lambda: found)


def looked_up(hub: People) -> list[tuple[object, ...]]:
    """The read log: who looked up whom, as what, for what."""
    rows = [r for key, r in hub.world.table.store.rows.items() if key.pk.startswith("L#read#")]
    return [tuple(r[n] for n in ("caller", "role", "purpose", "customers")) for r in rows]


@pytest.mark.parametrize(
    "who", ["Jan", "Roe", MAIL, PHONE, "nobody@example.com", "Nobody", "help:user:1",
            "help:anonymous:5e5e", "gone:user:1", "shop:anonymous:5e5e"],
)  # fmt: skip
@pytest.mark.usefixtures("telling")
def test_an_operator_looks_nobody_up_by_what_they_are_known_by(
    hub: People, jan: str, who: str
) -> None:
    hub.knows("shop:roe", "Ray Roe")
    status, body = post("/v1/customers/merge", "operator", a=who, b=jan)
    assert status == 403
    assert "customers" not in body
    assert post(f"/v1/customers/{jan}/split", "operator", subjects=[who])[0] == 403
    assert looked_up(hub) == []


def test_an_operator_names_customers_by_id_or_subject_and_that_is_written_down(hub: People) -> None:
    hub.knows("shop:dora", "Dora Smith")
    hub.knows("crm:4")
    dora, other = hub.customer("shop:dora"), hub.customer("crm:4")
    status, body = post("/v1/customers/merge", "operator", a=dora, b="crm:contact:4")
    assert (status, len(body["customers"])) == (200, 1)
    assert sorted(looked_up(hub)) == sorted(
        [("operator", "operator", "", dora), ("operator", "operator", "", other)]
    )


@pytest.mark.parametrize("role, told", [("operator", "help:user"), ("privacy", "help:user:1")])
@pytest.mark.usefixtures("telling")
def test_an_operator_is_not_shown_an_id_that_tells_whose_it_is(
    jan: str, role: str, told: str
) -> None:
    _, body = post(f"/v1/customers/{jan}/split", role, subjects=["crm:contact:1"])
    assert {s for part in body["customers"] for s in part["subjects"]} == {
        "shop:customer:jan", "crm:contact:1", told,
    }  # fmt: skip


@pytest.mark.usefixtures("telling")
def test_what_keeps_them_apart_does_not_tell_it_either(hub: People) -> None:
    hub.knows("help:5e5e", "Ben Ode")
    hub.knows("help:6f6f", "Cem Ode")
    pair = {"a": hub.customer("help:5e5e"), "b": hub.customer("help:6f6f")}
    _, body = post("/v1/customers/merge", "operator", **pair)
    assert body["because"]
    assert "5e5e" not in json.dumps(body)
    assert "6f6f" not in json.dumps(body)


def test_a_name_of_several_is_written_down_before_they_are_named(hub: People, jan: str) -> None:
    hub.knows("shop:roe", "Ray Roe")
    status, body = post("/v1/customers/merge", a="roe", b=jan)
    assert status == 409
    assert looked_up(hub) == [
        ("privacy", "privacy", "customer_care", ",".join(body["customers"]))
    ]  # fmt: skip


def test_an_idempotency_key_is_its_callers_own(hub: People, jan: str) -> None:
    path = f"/v1/customers/{jan}/split"
    whole = post(path, subjects=["help:user:1"])
    assert post(path, "operator", subjects=["help:user:1"]) != whole
    assert post(path, subjects=["help:user:1"]) == whole


@pytest.mark.parametrize(
    "path, status, body",
    [
        ("/v1/customers/merge", 400, {"a": f"shop:customer:{'9' * 300}", "b": "crm:contact:1"}),
        ("/v1/customers/merge", 400, {"a": "ben", "b": "cem", "ada@example.com": 1}),
        ("/v1/customers/c1/split", 400, {"subjects": [f"shop:customer:{MAIL * 20}"]}),
        (f"/v1/customers/{'x' * 3000}/split", 400, {"subjects": ["shop:customer:jan"]}),
        (f"/v1/customers/{'x' * 1000}/split", 404, {"subjects": ["shop:customer:jan"]}),
        (f"/v1/reviews/{'x' * 3000}/accept", 400, {}),
        (f"/v1/reviews/{'x' * 1000}/accept", 404, {}),
    ],
)
@pytest.mark.usefixtures("jan")
def test_what_is_beyond_bounds_is_refused_without_repeating_it(
    path: str, status: int, body: dict[str, Any]
) -> None:
    found, said = post(path, **body)
    assert found == status
    assert not any(word in json.dumps(said) for word in ("example.com", "999", "xxx"))
