"""The promises on consent, over every small history of events."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain, product
from random import Random
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.consent import Scope
from rules.gate import Book, decide
from schemas.decision import Decision
from schemas.graph import ConsentRow
from schemas.observation import Channel
from schemas.policy import Basis, DestinationRule, IdentityRules, Policy, PurposeRule
from tests.oracle import consent as oracle

quick = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2026, 5, 4, tzinfo=UTC)
CHANNELS: tuple[Channel, ...] = ("email", "any", "sms")
STATES: tuple[Literal["granted", "withdrawn"], ...] = ("granted", "withdrawn")
FIELDS = ("email", "first_name", "last_name", "value")
BASES: tuple[Basis, ...] = ("consent", "contract", "legal_obligation", "legitimate_interest")

EVENTS = [
    ConsentRow(
        purpose=purpose,
        channel=channel,
        state=state,
        effective_at=NOW + timedelta(days=days),
        stated=stated,
        source="shop",
        record=f"customer:{days % 2}",
    )
    for purpose, channel, state, days, stated in product(
        ("offers", "care", "*"), CHANNELS, STATES, range(-3, 4), (True, False)
    )
]
events = st.sampled_from([each for each in EVENTS if each.purpose == "offers"]) | st.sampled_from(
    EVENTS
)
histories = st.lists(events, max_size=5)
worlds = st.lists(st.tuples(histories, st.booleans()), max_size=4)
bases = st.sampled_from(BASES)
channels = st.sampled_from(["email", "any"])
World = list[tuple[list[ConsentRow], bool]]


def book(basis: Basis = "consent", channel: str = "email") -> Book:
    rule = DestinationRule.model_validate(
        {"purpose": "offers", "channel": channel, "fields": ("email", "first_name")}
    )
    purposes = {"offers": PurposeRule(basis=basis)}
    identity = IdentityRules(types={})
    policy = Policy(identity=identity, purposes=purposes, destinations={"letters": rule})
    return Book("v1", policy)


def decision(world: World, rules: Book | None = None, wanted: Iterable[str] = FIELDS) -> Decision:
    scopes = [Scope(tuple(said), speaks) for said, speaks in world]
    return decide(rules or book(), "letters", scopes, wanted, NOW)


def test_without_any_event_nothing_is_sent_where_consent_is_the_basis() -> None:
    refusal = decision([([], True)])
    assert (refusal.permitted, refusal.reason, refusal.fields) == (False, "no_consent", ())


def test_a_destination_or_purpose_that_the_policy_does_not_name_gets_nothing() -> None:
    assert decide(book(), "elsewhere", [], FIELDS, NOW).reason == "unknown_destination"
    bare = Book("v1", book().policy.model_copy(update={"purposes": {}}))
    assert decision([], bare).reason == "unknown_purpose"


@quick
@given(worlds, bases, channels)
def test_the_decision_is_what_the_promises_say(world: World, basis: Basis, channel: str) -> None:
    expected = oracle.permitted(world, "offers", channel, basis, NOW)
    assert decision(world, book(basis, channel)).permitted is expected


@quick
@given(worlds, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(world: World, chance: Random) -> None:
    shuffled = [(chance.sample(said * 2, len(said) * 2), speaks) for said, speaks in world]
    chance.shuffle(shuffled)
    assert decision(shuffled) == decision(world)


@quick
@given(worlds, events, st.booleans(), bases)
def test_one_more_withdrawal_never_loosens(
    world: World, event: ConsentRow, speaks: bool, basis: Basis
) -> None:
    withdrawal = event.model_copy(update={"state": "withdrawn"})
    for place in range(len(world)):
        said, voice = world[place]
        more = [*world[:place], ([*said, withdrawal], voice), *world[place + 1 :]]
        assert decision(more, book(basis)).permitted <= decision(world, book(basis)).permitted
    apart = [*world, ([withdrawal], speaks)]
    assert decision(apart, book(basis)).permitted <= decision(world, book(basis)).permitted


@quick
@given(worlds, histories)
def test_a_state_without_a_consent_timestamp_never_raises(
    world: World, said: list[ConsentRow]
) -> None:
    unstated = [event.model_copy(update={"stated": False}) for event in said]
    assert decision([*world, (unstated, True)]).permitted <= decision(world).permitted
    inside = [(events + unstated, speaks) for events, speaks in world]
    assert decision(inside).permitted <= decision(world).permitted


@quick
@given(worlds, worlds, bases)
def test_joining_two_people_never_loosens(ours: World, theirs: World, basis: Basis) -> None:
    joined = ours + [(said, False) for said, _ in theirs]
    assert decision(joined, book(basis)).permitted <= decision(ours, book(basis)).permitted


@quick
@given(histories)
def test_a_future_grant_waits_and_a_future_withdrawal_holds(said: list[ConsentRow]) -> None:
    tomorrow = NOW + timedelta(days=9)
    base = {"purpose": "offers", "channel": "email", "effective_at": tomorrow, "stated": True}
    one = ConsentRow.model_validate(
        base | {"state": "granted", "source": "shop", "record": "customer:1"}
    )
    assert decision([([*said, one], True)]).permitted == decision([(said, True)]).permitted
    off = one.model_copy(update={"state": "withdrawn"})
    assert decision([([*said, off], True)]).reason in {"opted_out", "restricted"}


@quick
@given(worlds, st.sets(st.sampled_from(FIELDS)), bases)
def test_only_cleared_fields_pass(world: World, wanted: set[str], basis: Basis) -> None:
    found = decision(world, book(basis), wanted)
    assert set(found.fields) <= wanted & {"email", "first_name"}
    assert bool(found.fields) == found.permitted


@quick
@given(worlds)
def test_a_decision_names_events_that_were_there(world: World) -> None:
    there = {f"{e.source}:{e.record}@{e.effective_at.isoformat()}"
             for e in chain.from_iterable(said for said, _ in world)}  # fmt: skip
    found = decision(world)
    assert set(found.evidence) <= there
    assert bool(found.evidence) == (found.reason != "no_consent")
    assert (found.consented_at is not None) == (found.reason == "granted")
