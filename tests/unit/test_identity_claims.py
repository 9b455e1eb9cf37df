"""What a record identifies by, under the rules."""

from datetime import UTC, datetime

import pytest

from rules.identity_claims import canonical, under
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import ConsentSignal, Observation, Record
from schemas.policy import IdentifierRule, IdentityRules

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
EMAIL = Identifier(type="email", value="kim.lee+shop@example.com")
PHONE = Identifier(type="phone", value="+12025550143")


def observed(**traits: str) -> Observation:
    content = {
        "subject": Subject(source="shop", object="customer", id="1"),
        "record": Record(kind="customer", id="1", version="1", occurred_at=NEW_YEAR),
        "claims": (Claim(identifier=EMAIL, raw="Kim"), Claim(identifier=PHONE)),
        "traits": traits,
        "consents": (
            ConsentSignal(purpose="email_marketing", state="withdrawn", identifier=EMAIL),
        ),
    }
    return Observation.model_validate(content)


def rules(*types: str, **settings: object) -> IdentityRules:
    named = {type_: IdentifierRule(level=1) for type_ in types}
    return IdentityRules.model_validate({"types": named, **settings})


def test_tags_and_dots_stay_unless_a_rule_says_otherwise() -> None:
    assert under(observed(), rules("email")) == observed()


@pytest.mark.parametrize(
    "settings, value",
    [
        ({"plus_tags": True}, "kim.lee@example.com"),
        ({"dotless_domains": ("example.com",)}, "kimlee+shop@example.com"),
        ({"plus_tags": True, "dotless_domains": ("example.com",)}, "kimlee@example.com"),
        ({"dotless_domains": ("example.org",)}, "kim.lee+shop@example.com"),
    ],
)
def test_claims_and_consents_follow_the_rule_alike(settings: dict[str, object], value: str) -> None:
    found = under(observed(), rules("email", **settings))
    assert found.claims[0] == Claim(identifier=Identifier(type="email", value=value), raw="Kim")
    assert found.consents[0].identifier == found.claims[0].identifier


def test_a_tag_alone_is_no_address_to_reduce() -> None:
    odd = Identifier(type="email", value="+@example.com")
    assert canonical(odd, rules("email", plus_tags=True)) == odd


def test_a_rule_composes_a_type_of_a_claim_and_a_trait() -> None:
    found = under(observed(last_name=" LÉE "), rules("phone+surname", "email+postcode"))
    composed = [claim.identifier for claim in found.claims[2:]]
    assert composed == [Identifier(type="phone+surname", value="+12025550143|lee")]


def test_the_rule_applied_twice_says_the_same() -> None:
    law = rules("email", plus_tags=True)
    assert under(under(observed(), law), law) == under(observed(), law)
