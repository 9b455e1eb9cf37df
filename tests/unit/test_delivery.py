"""What a destination is told: facts in plain words, names in the right order, digests keyed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rules import delivery, money
from rules.keys import Pepper
from schemas.config import Config
from schemas.decision import DeliveryRow, Reason
from schemas.graph import Field, Island, Known, Node, Profile, Total
from tests.simulator.mailing import PEPPER, address, key_of

AT = datetime(2026, 5, 4, tzinfo=UTC)


def person(*names: str, preferred: str = "", unusable: str = "") -> delivery.Person:
    known = tuple(
        Known(key=key_of(n), type="email", value=f" {address(n).upper()} ", source="shop", at=AT)
        for n in names
    )
    nodes = {f"s-{n}": Node(created="2020", own=None, links=frozenset({key_of(n)})) for n in names}
    traits = {"email": Field(value=address(preferred), source="s", record="r", at=AT)}
    profile = Profile(
        customer="c1", version=1, island="g", island_version=1, identifiers=known,
        traits={"email": traits["email"]} if preferred else {},
    )  # fmt: skip
    spoilt = frozenset({key_of(unusable)} if unusable else ())
    island = Island(
        g="g", version=1, nodes=nodes, labels=dict.fromkeys(nodes, "c1"), unusable=spoilt
    )
    return delivery.Person(profile, island)


@pytest.mark.parametrize(
    "minor,currency,text",
    [(124000, "EUR", "1240.00"), (-5, "USD", "-0.05"), (500, "JPY", "500"), (1, "KWD", "0.001")],
)
def test_amounts_are_plain_decimals(minor: int, currency: str, text: str) -> None:
    assert money.amount(minor, currency) == text


def test_value_names_the_currency_most_bought_in_first() -> None:
    totals = {"USD": Total(count=1, minor=99900), "EUR": Total(count=3, minor=100)}
    assert money.value(totals) == "EUR 1.00, USD 999.00"
    assert money.value({}) == ""


def test_the_preferred_address_comes_first_and_is_normalised() -> None:
    found = delivery.addressees(person("ada", "ben", preferred="ben"), "email", PEPPER)
    assert [each.identifier.value for each in found] == [address("ben"), address("ada")]


def test_a_destination_that_knows_somebody_already_is_told_under_the_address_it_knows() -> None:
    ada = person("ada", "ben", preferred="ben")
    subjects = {"s-ada": "letters:member:1", "s-ben": "shop:customer:2"}
    known = delivery.Person(ada.profile.model_copy(update={"subjects": subjects}), ada.island)
    for own, first in (("letters", "ada"), ("shop", "ben"), ("elsewhere", "ben")):
        found = delivery.addressees(known, "email", PEPPER, frozenset({own}))
        assert found[0].identifier.value == address(first)


def test_an_address_that_everybody_carries_is_nobodys() -> None:
    found = delivery.addressees(person("ada", "ben", unusable="ada"), "email", PEPPER)
    assert [each.identifier.value for each in found] == [address("ben")]


def test_only_those_who_carry_an_address_speak_for_it() -> None:
    first, _ = delivery.addressees(person("ada", "ben"), "email", PEPPER)
    assert first.speaking == {key_of("ada"), "s-ada"}


def test_a_digest_depends_on_the_pepper_and_on_what_is_said() -> None:
    one = delivery.digest(PEPPER, {"email": address("ada")})
    assert one == delivery.digest(PEPPER, {"email": address("ada")})
    assert one != delivery.digest(PEPPER, {"email": address("ben")})
    assert one != delivery.digest(Pepper(b"q" * 32), {"email": address("ada")})


def test_a_destination_knows_which_sources_are_itself() -> None:
    place = {"connector": "mail", "base_url": "https://mail.example"}
    config = Config.model_validate(
        {
            "company": "Lumen & Loom",
            "sources": {"post": place, "other": place | {"base_url": "https://else.example"}},
            "destinations": {"letters": place},
        }
    )
    found = delivery.own_sources(config, "letters", config.destinations["letters"])
    assert found == {"post"}


def test_a_destination_of_a_sources_name_is_that_source_and_no_other_account_of_the_vendor() -> (
    None
):
    place = {"connector": "mail", "base_url": "https://mail.example"}
    config = Config.model_validate(
        {
            "company": "Lumen & Loom",
            "sources": {"letters-eu": place, "letters-us": place},
            "destinations": {"letters-eu": place},
        }
    )
    assert delivery.own_sources(config, "letters-eu", config.destinations["letters-eu"]) == {
        "letters-eu"
    }


@pytest.mark.parametrize(
    "reason, row, stands",
    [
        ("no_consent", {}, True),
        ("not_cleared", {}, True),
        ("no_consent", {"held": True}, False),
        ("no_consent", {"outcome": "retrying"}, False),
        ("opted_out", {}, False),
        ("future_grant", {}, False),
        ("no_identifier", {}, False),
    ],
)
def test_a_refusal_stands_while_nothing_is_held_and_time_cannot_lift_it(
    reason: Reason, row: dict[str, Any], stands: bool
) -> None:
    said = {"permitted": False, "reason": reason, "purpose": "offers", "policy": "v1"}
    made = {"destination": "letters", "customer": "c", "identifier": "email#1", "version": 1}
    known = DeliveryRow.model_validate(
        made | {"decision": said | {"decided_at": AT}, "outcome": "withheld", "at": AT} | row
    )
    assert delivery.stands(known, "v1") is stands
    assert not delivery.stands(known, "v2")
