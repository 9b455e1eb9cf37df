"""A customer falls apart, through the resolver: what is delivered, and what context answers."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.graph import Stores
from adapters.ledger import Ledger
from events.outbound import ConsentChanged
from functions import context, wiring
from functions.delivering import chosen
from functions.office import Office
from rules import keys
from rules.gate import Book
from rules.resolution_calls import Steps
from rules.resolution_islands import Laws
from rules.resolution_removal import erase
from rules.resolution_verdicts import judge
from schemas.decision import Decision
from schemas.graph import Verdict
from schemas.identifiers import Identifier
from schemas.policy import Policy
from tests.fakes.graph import PEPPER
from tests.fakes.people import People, people, s_of
from tests.simulator.mailing import POLICY, Hub

RULES = {
    "identity": {"types": {"email": {"level": 1}, "phone": {"level": 2, "limit": 2}}},
    "roles": {"agent": {"purposes": ["care"]}},
}
PHONE = "+12025550100"
HOUR = timedelta(hours=1)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    """Ada and Ben give one number, and each an address; both said yes to offers."""
    policy = Policy.model_validate(POLICY | RULES)
    found = people(monkeypatch, policy=("v1", policy))
    for who in ("shop:ada", "crm:ben"):
        found.knows(who, email=address(who), phone=PHONE)
        hears(found, who, "granted")
    assert found.customer("shop:ada") == found.customer("crm:ben")
    return found


def email_of(who: str) -> str:
    return keys.of_identifier(PEPPER, Identifier(type="email", value=address(who)))


def address(who: str) -> str:
    return f"{who.partition(':')[2]}@example.com"


def hears(hub: People, who: str, state: str, ago: int = 0) -> None:
    hub.now += HOUR
    hub.hears(who, state, hub.now - ago * HOUR, purpose="offers", channel="any")


def falls_apart(hub: People) -> None:
    """A third comes to carry the number, and it is junk from now on."""
    hub.now += HOUR
    hub.knows("help:zoe", phone=PHONE)
    assert len({hub.customer(who) for who in ("shop:ada", "crm:ben", "help:zoe")}) == 3
    hub.now += HOUR


def laws() -> Laws:
    return Laws(wiring.policy()[1].identity, PEPPER, wiring.token, wiring.now)


def run(steps: Steps[Any]) -> None:
    Stores(wiring.graph(), wiring.journal(), wiring.pause, wiring.jitter).run(steps)


def judged(hub: People, kind: str, a: str, b: str) -> None:
    hub.now += HOUR
    told = {"kind": kind, "a": s_of(a), "b": s_of(b), "at": hub.now, "by": "ann"}
    run(judge([Verdict.model_validate(told)], laws()))
    hub.world.stream()


def woken(hub: People, before: int) -> set[str]:
    """The customers that consent was said to have changed for since then."""
    return {e.data.customer for e in hub.said[before:] if isinstance(e.data, ConsentChanged)}


def may_have_offers(hub: People, who: str) -> bool:
    """As context answers, and as a delivery to the mailing service is decided."""
    hub.world.stream()
    answered, decided = asked(hub.customer(who)), delivered(hub, who)
    assert answered == decided
    return decided


def asked(customer: str) -> bool:
    event = {
        "routeKey": "GET /v1/customers/{id}",
        "pathParameters": {"id": customer},
        "queryStringParameters": {"purpose": "care"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": {"sub": "u-1", "cognito:groups": "[agent]"}}}
        },
    }
    views = json.loads(str(context.handler(event)["body"]))["purposes"]
    return any(view["permitted"] for view in views if view["purpose"] == "offers")


def delivered(hub: People, who: str) -> bool:
    letters = Hub()
    letters.graph, letters.journal = wiring.graph(), wiring.journal()
    letters.seconds = (hub.now - letters.now()).total_seconds()
    own: dict[str, Any] = {"pepper": PEPPER, "book": Book(*wiring.policy()), "token": wiring.token}
    letters.deliver(hub.customer(who), **own)
    return entered(letters.office(**own), hub.customer(who)).permitted


def entered(office: Office, customer: str) -> Decision:
    """What the ledger says of the identifier that a customer is known under."""
    person = office.reader.person(customer, 0)
    assert person
    key = chosen(office, person)[0].key
    return office.ledger.states([key])[key].decision


def test_both_sides_of_a_phone_that_becomes_junk_stay_refused(hub: People) -> None:
    assert may_have_offers(hub, "shop:ada")
    hears(hub, "crm:ben", "withdrawn")
    falls_apart(hub)
    assert not may_have_offers(hub, "shop:ada")
    assert not may_have_offers(hub, "crm:ben")
    hears(hub, "crm:ben", "granted")
    assert may_have_offers(hub, "crm:ben")
    assert not may_have_offers(hub, "shop:ada")
    hears(hub, "shop:ada", "granted")
    assert may_have_offers(hub, "shop:ada")


def test_what_one_says_afterwards_does_not_bind_the_other(hub: People) -> None:
    falls_apart(hub)
    hears(hub, "crm:ben", "withdrawn")
    assert may_have_offers(hub, "shop:ada")
    assert not may_have_offers(hub, "crm:ben")


def test_a_withdrawal_that_had_ended_binds_nobody(hub: People) -> None:
    hears(hub, "crm:ben", "withdrawn")
    hears(hub, "crm:ben", "granted")
    falls_apart(hub)
    assert may_have_offers(hub, "shop:ada")


def test_who_is_one_with_them_again_stays_refused_what_was_taken_along(hub: People) -> None:
    """Also where there is nobody else to read about: all that were parted are one again."""
    for who in ("shop:cem", "crm:eva"):
        hub.knows(who)
        hears(hub, who, "granted")
    judged(hub, "always", "shop:cem", "crm:eva")
    hears(hub, "crm:eva", "withdrawn")
    judged(hub, "never", "shop:cem", "crm:eva")
    hears(hub, "crm:eva", "granted")
    assert not asked(hub.customer("shop:cem"))
    judged(hub, "always", "shop:cem", "crm:eva")
    assert hub.customer("shop:cem") == hub.customer("crm:eva")
    assert not asked(hub.customer("shop:cem"))
    hears(hub, "shop:cem", "granted")
    assert asked(hub.customer("shop:cem"))


def test_a_withdrawal_of_before_that_comes_late_binds_and_wakes_both(hub: People) -> None:
    falls_apart(hub)
    before = len(hub.said)
    hears(hub, "crm:ben", "withdrawn", ago=3)
    assert woken(hub, before) == {hub.customer("shop:ada"), hub.customer("crm:ben")}
    assert not may_have_offers(hub, "shop:ada")


def test_a_withdrawal_dated_ahead_while_they_fall_apart_binds_and_wakes_both(hub: People) -> None:
    falls_apart(hub)
    hub.now -= HOUR
    before = len(hub.said)
    hub.hears("crm:ben", "withdrawn", hub.now + 3 * HOUR, purpose="offers", channel="any")
    assert woken(hub, before) == {hub.customer("shop:ada"), hub.customer("crm:ben")}
    assert not may_have_offers(hub, "shop:ada")


@pytest.mark.parametrize("again", [False, True], ids=["withdrawn", "granted again"])
def test_an_erased_person_goes_on_binding_the_other_as_at_that_time(
    hub: People, again: bool
) -> None:
    hears(hub, "crm:ben", "withdrawn")
    if again:
        hears(hub, "crm:ben", "granted")
    assert may_have_offers(hub, "shop:ada") == again
    hub.now += HOUR
    run(erase(s_of("crm:ben"), hub.now, laws()))
    assert not [*wiring.graph().all(f"S#{s_of('crm:ben')}", "K#")]
    hub.now += HOUR
    assert may_have_offers(hub, "shop:ada") == again


def test_a_decision_names_no_record_of_another_person(hub: People) -> None:
    hears(hub, "crm:ben", "withdrawn")
    falls_apart(hub)
    assert not may_have_offers(hub, "shop:ada")
    customer = hub.customer("shop:ada")
    ((_, row),) = Ledger(wiring.graph(), "letters", PEPPER).states([email_of("shop:ada")]).items()
    assert row.customer == customer
    (evidence,) = row.decision.evidence
    assert evidence.startswith(f"bond:{s_of('crm:ben')}@")
