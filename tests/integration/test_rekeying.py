"""Keys come to another pepper while people come, are looked up, and say what they want."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters import policy as shelf
from adapters.customers import Customers, profile_from
from adapters.ledger import Ledger
from adapters.rekeying import PepperShelf
from adapters.table import Rows, Write
from events.outbound import ConsentChanged
from functions import adopting, context, evidence, parting, rekeying, trying, wiring
from functions.caller import READERS, Caller, access
from functions.finding import find
from functions.foretelling import Future
from functions.party import party
from rules import keys, resolution_renaming
from schemas.errors import Misconfigured
from schemas.identifiers import Identifier
from schemas.policy import Policy
from schemas.rekeying import RekeyView
from schemas.rows import Key
from tests.fakes.graph import PEPPER, policy
from tests.fakes.people import People, people, s_of
from tests.fakes.table import FakeTable

RULES = policy().model_dump() | {
    "identity": {"types": {"email": {"level": 1}, "phone": {"level": 2, "limit": 2}}}
}
JUNK = "+12025550100"
NUMBER = "+12025550177"
OFFICE = "+12025550188"
NAMES = ("ada", "ben", "cem", "eve", "dora")
LASTS = timedelta(seconds=150)
GUESTS = 24


class Vault:
    """The secret, of which processes hold a copy until they look again."""

    def __init__(self) -> None:
        self.held = {"secret": PEPPER.secret.hex(), "version": "1"}
        self._copy = dict(self.held)

    def get(self, *_name: str) -> dict[str, str]:
        return self._copy

    def forget(self, *_name: str) -> None:
        self._copy = dict(self.held)


class Company:
    """A hub with people in it, and what is done about its pepper."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vault, rules = Vault(), Policy.model_validate(RULES)
        self.hub = people(monkeypatch, policy=("v1", rules), secrets=self.vault)
        self.journal = wiring.journal()
        self.wire(monkeypatch)
        shelf.first(self.hub.world.table, rules, self.hub.now.isoformat())
        self.arrive()

    def wire(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Processes that live on and on, and turns of one page."""
        peppers = PepperShelf(self.hub.world.table, self.vault, self._seconds)  # type: ignore[arg-type]
        for name, value in {
            "graph": lambda: self.hub.world.table,
            "journal": lambda: self.journal,
            "now": lambda: self.hub.now,
            "clock": self._seconds,
            "pause": lambda _: None,
            "pepper": peppers.current,
        }.items():
            monkeypatch.setattr(wiring, name, value)
        monkeypatch.setattr(adopting, "SECONDS_A_TURN", -1.0)
        whole = FakeTable.scan

        def page(table: FakeTable, after: Key | None = None, **_limit: int) -> Rows:
            return whole(table, after, limit=10)

        monkeypatch.setattr(FakeTable, "scan", page)

    def _seconds(self) -> float:
        return self.hub.now.timestamp()

    def arrive(self) -> None:
        hub = self.hub
        hub.knows("shop:ada", "Ada Byron", email="ada@example.com", phone=NUMBER)
        hub.knows("crm:ada", email="ada@example.com")
        for who in ("shop:ben", "help:cem", "shop:eve"):
            name = who[5:]
            hub.knows(who, f"{name} Quist", email=f"{name}@example.com", phone=JUNK)
        for who in ("crm:dora", "help:dora"):
            hub.knows(who, "Dora Falk", email="dora@example.com")
        hub.hears("shop:ada", "granted", identifier={"type": "email", "value": "ada@example.com"})
        hub.hears(
            "crm:dora", "withdrawn", identifier={"type": "email", "value": "dora@example.com"}
        )

    def start(self, version: int = 2) -> RekeyView:
        self.vault.held[f"secret_{version}"] = f"{version:02}" * 32
        return RekeyView.model_validate(self.ask("POST /v1/rekey", version=version))

    def ask(self, route: str, role: str = "privacy", **said: object) -> dict[str, Any]:
        claims = {"sub": "u-1", "cognito:groups": f"[{role}]"}
        reply = evidence.handler(
            {
                "routeKey": route,
                "body": json.dumps(said),
                "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
            }
        )
        found: dict[str, Any] = json.loads(reply["body"])
        return {**found, "status": reply["statusCode"]} if reply["statusCode"] != 200 else found

    def turn(self) -> RekeyView:
        """A minute later, by the clock."""
        self.hub.now += timedelta(minutes=1)
        evidence.handler({})
        return rekeying.progress()

    def customers(self) -> dict[str, str]:
        return {who: self.hub.customer(who) for who in self.hub.known}

    def found(self, **by: str) -> set[str]:
        """Who is found by this."""
        return {each.customer for each in find(Customers(wiring.graph()), by)}

    def everybody(self) -> dict[str, set[str]]:
        """Who is found by each address, each number, and each name."""
        by = [("email", f"{name}@example.com") for name in NAMES]
        by += [("phone", JUNK), ("phone", NUMBER), ("name", "quist"), ("name", "ada byron")]
        return {value: self.found(**{kind: value}) for kind, value in by}

    def may_write_to(self, who: str) -> bool:
        """Whether context says that offers by e-mail are allowed."""
        event = {
            "routeKey": "GET /v1/customers/{id}",
            "pathParameters": {"id": self.hub.customer(who)},
            "queryStringParameters": {"purpose": "customer_care"},
            "requestContext": {
                "authorizer": {"jwt": {"claims": {"sub": "u-1", "cognito:groups": "[agent]"}}}
            },
        }
        purposes = json.loads(str(context.handler(event)["body"]))["purposes"]
        return any(p["permitted"] for p in purposes if p["purpose"] == "email_marketing")

    def views(self) -> dict[str, tuple[int, list[tuple[str, str, str]]]]:
        """What each customer's view says, but for keys and their order."""
        rows = self.hub.world.table.store.rows
        found = [profile_from(row) for key, row in rows.items() if key.pk.startswith("C#")]
        return {
            each.customer: (
                len(each.subjects),
                sorted((known.type, known.value, known.source) for known in each.identifiers),
            )
            for each in found
        }

    def former(self) -> list[Key]:
        """Where a key under the first pepper is, in either table."""
        old = {self.key(name) for name in NAMES}
        old |= {
            keys.of_identifier(PEPPER, Identifier(type="phone", value=number))
            for number in (JUNK, NUMBER)
        }
        rows = [row for table in self.tables() for row in table.store.rows.items()]
        return [
            key
            for key, row in rows
            if any(each in f"{key} {row}" for each in old)
            or (key.pk.startswith("N#") and keys.made_with(key.pk) < 2)
        ]

    def key(self, name: str) -> str:
        address = Identifier(type="email", value=f"{name}@example.com")
        return keys.of_identifier(PEPPER, address)

    def tables(self) -> tuple[FakeTable, FakeTable]:
        assert isinstance(self.journal, FakeTable)
        return self.hub.world.table, self.journal


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    return Company(monkeypatch)


def test_nobody_changes_nothing_is_announced_and_everybody_is_found_at_every_moment(
    company: Company,
) -> None:
    before = company.everybody(), company.views(), company.customers()
    assert all(before[0].values())
    assert company.former(), "there are keys to take along"
    company.hub.world.stream()
    company.start()
    stages = set()
    while (view := company.turn()).under_way:
        stages.add((view.stage, view.seen > 0))
        assert company.everybody() == before[0], view
        assert company.may_write_to("shop:ada")
        assert not company.may_write_to("crm:dora")
        assert company.hub.world.stream() == [], view
        assert company.everybody() == before[0], view
        assert company.views() == before[1], view
    assert stages > {("known", False), ("begun", False), ("begun", True), ("alone", True)}
    assert company.hub.world.stream() == []
    assert company.former() == []
    assert (company.everybody(), company.views(), company.customers()) == before
    assert company.may_write_to("shop:ada")
    assert not company.may_write_to("crm:dora")


def test_a_dry_run_that_was_cut_short_is_begun_anew(company: Company) -> None:
    other = {**RULES, "identity": {"types": {"email": {"level": 1, "limit": 9}}}}
    tried = company.ask("POST /v1/policy/diff", policy=other)
    future = Future(
        company.hub.world.table, "d1", wiring.laws(Policy.model_validate(RULES).identity)
    )
    place = future._place(company.key("ada"))
    company.hub.world.table.write(Write("put", place, {"n": 1}))
    company.start()
    while company.turn().under_way:
        company.hub.world.stream()
    assert company.former() == []
    again = company.ask("POST /v1/policy/diff", policy=other, cursor=tried["next"] or "0|")
    assert again["status"] == 409
    assert "status" not in company.ask("POST /v1/policy/diff", policy=other)


def test_what_is_announced_late_reaches_who_carries_the_address_by_its_name_of_today(
    company: Company,
) -> None:
    before = {each.id for each in company.hub.said}
    company.start()
    while company.turn().under_way:
        company.hub.world.stream()
    again = [each.data for each in company.hub.world.again() if each.id in before]
    told = {each.customer for each in again if isinstance(each, ConsentChanged)}
    assert told == {company.hub.customer(who) for who in ("shop:ada", "crm:dora")}


def test_an_address_points_at_who_carries_it_by_whichever_name(company: Company) -> None:
    allowed = access(Caller("u-1", frozenset({"agent"})), READERS, "", wiring.policy()[1])
    company.hub.knows("crm:ada", phone=OFFICE)
    company.start()
    while company.turn().under_way:
        assert party("ada@example.com", allowed).subject == s_of("shop:ada")
        assert party(OFFICE, allowed).subject == s_of("crm:ada")


def test_who_comes_meanwhile_joins_whom_they_would_have_joined(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comes(hub: People, n: int) -> None:
        at_once = NAMES[n % len(NAMES)]
        hub.knows(f"crm:n{n}", f"New {at_once}", email=f"{at_once}@example.com")
        hub.knows(f"help:m{n}", email=f"m{n // 2}@example.com", phone=JUNK)
        about = {"type": "email", "value": f"{at_once}@example.com"}
        state = "withdrawn" if n % 3 else "granted"
        hub.hears(f"crm:n{n}", state, at=hub.now, identifier=about)

    company.start()
    n = 0
    while company.turn().under_way:
        if n < GUESTS:
            comes(company.hub, n)
        n += 1
    assert n > GUESTS
    plain = Company(monkeypatch)
    for each in range(GUESTS):
        plain.hub.now += timedelta(minutes=1)
        comes(plain.hub, each)
    wanted = plain.customers(), plain.views(), plain.everybody()
    company.wire(monkeypatch)
    company.hub.world.stream()
    assert (company.customers(), company.views(), company.everybody()) == wanted
    assert company.former() == []


def test_a_stage_lasts_until_those_of_the_one_before_have_ended(company: Company) -> None:
    view = company.start()
    began = {"known": company.hub.now}
    while (view := company.turn()).under_way:
        began.setdefault(view.stage, company.hub.now)
        assert view.seen == 0 or company.hub.now - began[view.stage] >= LASTS
    assert began["begun"] - began["known"] >= LASTS
    assert began["alone"] - began["begun"] >= LASTS


def test_another_comes_after_it(company: Company) -> None:
    before = company.everybody(), company.customers()
    for version in (2, 3):
        company.start(version)
        while company.turn().under_way:
            assert company.everybody() == before[0]
    assert (company.everybody(), company.customers()) == before
    company.hub.knows("crm:late", email="ben@example.com")
    assert company.hub.customer("crm:late") == company.hub.customer("shop:ben")


def test_it_begins_when_its_secret_is_there_and_nothing_else_is_under_way(
    company: Company,
) -> None:
    assert company.ask("POST /v1/rekey", "operator", version=2)["status"] == 403
    refused = company.ask("POST /v1/rekey", version=2)
    assert refused["status"] == 409
    assert "no pepper 2" in refused["detail"]
    assert rekeying.progress() == RekeyView(version=1)
    assert company.ask("POST /v1/rekey", version=3)["status"] == 409
    assert company.ask("POST /v1/rekey", version=1)["status"] == 400
    first = company.start()
    assert (first.version, first.stage) == (2, "known")
    assert company.start() == first, "again answers how far it is"
    assert company.ask("POST /v1/rekey", version=3)["status"] == 409
    assert company.ask("GET /v1/rekey", "operator")["stage"] == "known"


def test_one_change_of_the_graph_at_a_time(company: Company) -> None:
    other = {**RULES, "identity": {"types": {"email": {"level": 1}}}}
    company.start()
    for route in ("POST /v1/policy/diff", "POST /v1/policy"):
        refused = company.ask(route, policy=other, blast_radius=1)
        assert refused["status"] == 409
        assert "rekey show" in refused["detail"]


def test_it_waits_for_a_policy_that_is_being_carried_out(company: Company) -> None:
    other = {**RULES, "identity": {"types": {"email": {"level": 1}}}}
    cursor: str | None = ""
    while cursor is not None:
        tried = company.ask("POST /v1/policy/diff", policy=other, cursor=cursor)
        assert "status" not in tried, tried
        cursor = tried.get("next")
    adopted = company.ask("POST /v1/policy", policy=other, blast_radius=1)
    assert adopted.get("done") is False, adopted
    company.vault.held["secret_2"] = "02" * 32
    refused = company.ask("POST /v1/rekey", version=2)
    assert refused["status"] == 409
    assert "policy show" in refused["detail"]


def test_a_turn_waits_for_what_is_being_delivered_and_what_is_beside_it_goes_on(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.start()
    while company.turn().stage != "begun":
        pass
    lease = Ledger(company.hub.world.table, "mailchimp", wiring.pepper())
    claim = lease.claim(company.key("ada"), "somebody", company.hub.now + timedelta(hours=1))
    turned: list[int] = []
    monkeypatch.setattr(parting, "settled", lambda: turned.append(1))
    stages = {company.turn().stage for _ in range(40)}
    assert (stages, len(turned)) == ({"begun"}, 40)
    lease.release(claim)
    while company.turn().under_way:
        company.hub.world.stream()
    assert company.former() == []


def test_who_has_very_many_carriers_comes_in_several_turns(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolution_renaming, "APART", 1)
    monkeypatch.setattr(resolution_renaming, "AT_ONCE", 1)
    before = company.everybody(), company.customers()
    company.start()
    while company.turn().under_way:
        company.hub.world.stream()
        assert company.everybody() == before[0]
    assert (company.everybody(), company.customers(), company.former()) == (*before, [])


def test_a_policy_and_a_pepper_that_begin_at_once_do_not_both(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has looked for the other before either is written."""
    other = {**RULES, "identity": {"types": {"email": {"level": 1}}}}
    cursor: str | None = ""
    while cursor is not None:
        cursor = company.ask("POST /v1/policy/diff", policy=other, cursor=cursor).get("next")
    monkeypatch.setattr(trying, "settled", lambda: None)
    company.start()
    refused = company.ask("POST /v1/policy", policy=other, blast_radius=1)
    assert refused["status"] == 409
    assert adopting.progress().done
    monkeypatch.undo()


def test_another_pepper_of_the_same_number_is_used_by_nobody(company: Company) -> None:
    company.start()
    company.vault.held["secret_2"] = "dd" * 32
    company.vault.forget()
    company.hub.now += timedelta(minutes=2)
    with pytest.raises(Misconfigured, match="not the one that keys go to"):
        wiring.pepper()


def test_two_turns_at_once_take_it_one_stage_further(company: Company) -> None:
    company.start()
    company.hub.now += LASTS
    before = rekeying.progress()
    assert rekeying.carried_out().stage == "begun"
    assert rekeying._kept(before, before.model_copy(update={"stage": "alone"})).stage == "begun"
    assert rekeying.progress().stage == "begun"


def test_a_process_that_lacks_the_secret_reads_it_again_and_else_says_what_is_missing(
    company: Company,
) -> None:
    company.start()
    company.vault.forget()
    stale = dict(company.vault.held)
    del stale["secret_2"]
    company.vault._copy = stale
    company.hub.now += timedelta(minutes=2)
    assert wiring.pepper().coming is not None
    del company.vault.held["secret_2"]
    company.hub.now += timedelta(minutes=2)
    company.vault.forget()
    with pytest.raises(Misconfigured, match="no pepper 2"):
        wiring.pepper()
