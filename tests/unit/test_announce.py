"""What a change of the graph is announced as, whatever the order and however often."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from adapters import bus
from adapters.customers import Customers, KeptView, profile_key
from functions import announce, verdicts
from functions.problem import NotServed
from rules import keys, listing, names
from schemas.errors import RetryLater
from schemas.graph import Profile, Review
from schemas.identifiers import Identifier
from schemas.rows import Key, Write
from tests.fakes.graph import PEPPER, SPOKEN, World, called, wire

EMAIL = keys.of_identifier(PEPPER, Identifier(type="email", value="ada@example.com"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return wire(monkeypatch)


def told(events: list[Any]) -> list[tuple[str, str]]:
    return [(type(event.data).__name__, event.data.customer) for event in events]


def profile(world: World, customer: str) -> Profile:
    return Customers(world.table).profiles([customer])[customer]


def listed(world: World, list_: str) -> set[str]:
    return {key.sk for key in world.table.store.rows if key.pk in listing.partitions(list_)}


def test_given_a_new_customer_then_its_view_is_folded_and_it_is_told_once(world: World) -> None:
    ada = world.subject("ada", email="ada@example.com")
    world.contact(ada, name="Ada Byron")
    world.order(ada, 1, SPOKEN, minor=1250)
    world.island("g1", 1, [ada])
    events = world.stream()
    customer = called([ada])
    assert told(events) == [("CustomerChanged", customer)]
    assert events[0].data.changed == ("identifiers", "name", "orders", "subjects", "value")
    found = profile(world, customer)
    assert found.traits["name"].value == "Ada Byron"
    assert (found.totals["EUR"].count, found.totals["EUR"].minor) == (1, 1250)
    assert listed(world, listing.CUSTOMERS) == {customer}


def test_given_the_stream_once_more_then_nothing_changes_and_events_keep_their_ids(
    world: World,
) -> None:
    ada = world.subject("ada", email="ada@example.com")
    world.contact(ada, name="Ada")
    world.island("g1", 1, [ada])
    first = world.stream()
    rows = dict(world.table.store.rows)
    world.consent(f"S#{ada}", "withdrawn")
    (consent,) = world.stream()
    assert [event.id for event in world.again()] == [consent.id]
    assert len({event.id for event in (*first, consent)}) == 2
    assert {key: row for key, row in world.table.store.rows.items() if key in rows} == rows


def test_given_two_customers_joined_then_the_one_that_ends_names_where_it_went(
    world: World,
) -> None:
    ada, bea = world.subject("ada"), world.subject("bea")
    world.island("g1", 1, [ada], [bea])
    world.stream()
    world.island("g1", 2, [ada, bea])
    events = world.stream()
    into, gone = called([ada]), called([bea])
    merged = next(e.data for e in events if type(e.data).__name__ == "CustomersMerged")
    assert (merged.customer, merged.merged) == (into, (gone,))
    assert set(profile(world, into).subjects) == {ada, bea}
    assert profile(world, gone).gone
    assert profile(world, gone).into == into
    assert listed(world, listing.CUSTOMERS) == {into}


@pytest.mark.parametrize("winner_first", [True, False])
def test_given_an_island_taken_over_then_either_order_of_its_changes_tells_the_merge(
    world: World, *, winner_first: bool
) -> None:
    ada, bea = world.subject("ada", island="g1"), world.subject("bea", island="g2")
    world.island("g1", 1, [ada])
    world.island("g2", 1, [bea])
    world.stream()
    start = len(world.table.changes)
    world.island("g1", 2, [ada, bea])
    world.island("g2", 2, into="g1")
    if not winner_first:
        world.table.changes[start:] = reversed(world.table.changes[start:])
    events = world.stream()
    merges = [e.data for e in events if type(e.data).__name__ == "CustomersMerged"]
    assert [(m.customer, m.merged) for m in merges] == [(called([ada]), (called([bea]),))]
    assert profile(world, called([bea])).into == called([ada])
    assert listed(world, listing.CUSTOMERS) == {called([ada])}


def test_given_a_split_then_the_former_customer_is_back(world: World) -> None:
    ada, bea = world.subject("ada"), world.subject("bea")
    world.contact(bea, name="Bea")
    world.island("g1", 1, [ada, bea])
    world.stream()
    world.island("g1", 2, [ada], [bea])
    events = world.stream()
    split = next(e.data for e in events if type(e.data).__name__ == "CustomerSplit")
    assert split.customer == called([ada])
    assert split.parts == tuple(sorted([called([ada]), called([bea])]))
    assert profile(world, called([bea])).traits["name"].value == "Bea"
    assert "name" not in profile(world, called([ada])).traits


def test_given_consent_for_an_address_then_each_customer_who_has_it_is_told(world: World) -> None:
    ada = world.subject("ada", email="ada@example.com")
    bea = world.subject("bea", email="ada@example.com")
    world.island("g1", 1, [ada], [bea])
    world.stream()
    world.consent(f"I#{EMAIL}", "withdrawn")
    told_of = told(world.stream())
    assert sorted(told_of) == sorted(("ConsentChanged", called([s])) for s in (ada, bea))


def test_given_consent_of_a_person_then_their_customer_is_told(world: World) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    world.stream()
    world.consent(f"S#{ada}", "withdrawn")
    assert told(world.stream()) == [("ConsentChanged", called([ada]))]


def test_given_consent_for_an_address_that_nobody_has_then_nobody_is_told(world: World) -> None:
    world.consent(f"I#{EMAIL}", "withdrawn")
    assert world.stream() == []


def test_given_a_refused_link_then_it_is_listed_until_it_is_decided(world: World) -> None:
    ada, bea = world.subject("ada"), world.subject("bea")
    review = Review(identifier=EMAIL, subjects=frozenset({ada, bea}), reason="unique")
    world.island("g1", 1, [ada], [bea], reviews=(review,))
    world.stream()
    assert len(listed(world, listing.REVIEWS)) == 1
    assert profile(world, called([ada])).reviews == 1
    world.island("g1", 2, [ada], [bea])
    world.stream()
    assert listed(world, listing.REVIEWS) == set()
    assert profile(world, called([ada])).reviews == 0


def test_given_a_group_that_is_too_large_then_it_is_counted_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, bea = world.subject("ada"), world.subject("bea")
    review = Review(identifier=EMAIL, subjects=frozenset({ada, bea}), reason="too_large")
    world.island("g1", 1, [ada], [bea])
    world.stream()
    world.island("g1", 2, [ada], [bea], reviews=(review,))
    world.stream()
    world.island("g1", 3, [ada], [bea], reviews=(review,))
    world.stream()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert sum(n for line in told for n in line.get("LinksTooLarge", ())) == 1
    assert {line["service"] for line in told} == {"test"}


def test_given_a_subject_with_too_much_of_a_type_then_it_stays_listed_and_none_can_accept_it(
    world: World,
) -> None:
    ada = world.subject("ada")
    review = Review(identifier="email", subjects=frozenset({ada}), reason="crowded", detail="17")
    world.island("g1", 1, [ada], reviews=(review,))
    world.stream()
    assert len(listed(world, listing.REVIEWS)) == 1
    assert profile(world, called([ada])).reviews == 1
    (name,) = listed(world, listing.REVIEWS)
    with pytest.raises(NotServed, match="17 of a type"):
        verdicts._parties(name)


def test_given_another_interaction_without_money_then_nobody_is_told(world: World) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    world.stream()
    world.order(ada, 1, SPOKEN + timedelta(days=1), minor=0)
    assert [c for e in world.stream() for c in e.data.changed] == ["orders"]


def test_given_a_name_then_the_customer_is_found_by_its_words_until_it_changes(
    world: World,
) -> None:
    ada = world.subject("ada")
    world.contact(ada, name="Ada Byron")
    world.island("g1", 1, [ada])
    world.stream()
    before = {key for key in world.table.store.rows if key.pk.startswith("N#")}
    world.contact(ada, name="Ada Lovelace")
    world.stream()
    after = {key for key in world.table.store.rows if key.pk.startswith("N#")}
    assert len(before) == len(after) == 2
    assert len(before & after) == 1
    assert not any("ada" in key.pk.lower() for key in after)


def test_given_a_name_of_very_many_words_then_its_rows_still_fit_a_transaction(
    world: World,
) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    for first in (0, 1000):
        words = [" ".join(f"w{first + n + 60 * part}" for n in range(50)) for part in range(3)]
        world.contact(ada, name=words[0], first_name=words[1], last_name=words[2])
        world.stream()
        assert sum(key.pk.startswith("N#") for key in world.table.store.rows) == names.MOST
    assert 2 * names.MOST + 2 <= 100, "what DynamoDB takes at once"


def test_given_a_broken_item_then_it_is_set_aside_and_the_rest_is_announced(world: World) -> None:
    ada = world.subject("ada")
    world.put(Key("G#broken", "HEAD"), {"v": 1, "data": b"not an island"})
    world.island("g1", 1, [ada])
    assert ("CustomerChanged", called([ada])) in told(world.stream())
    aside = [row for key, row in world.table.store.rows.items() if key.pk == "Q#announce"]
    assert [row["reason"] for row in aside] == ["could not be announced: ValueError"]


def test_given_a_bus_that_refuses_then_the_batch_comes_again_from_its_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])

    def refuse(aws: object, name: str, events: list[Any]) -> None:
        raise RetryLater("the bus refused 1 of 1 events")

    monkeypatch.setattr(bus, "publish", refuse)
    first = world.table.changes[0]["dynamodb"]["SequenceNumber"]
    failed = announce.handler({"Records": world.table.changes})
    assert failed == {"batchItemFailures": [{"itemIdentifier": first}]}


def test_given_somebody_else_folded_meanwhile_then_it_is_folded_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.subject("ada")
    world.contact(ada, name="Ada")
    world.island("g1", 1, [ada])
    stored: list[int] = []
    honest = Customers.store

    def overtaken_once(self: Customers, kept: KeptView, seen: int, beside: Sequence[Write]) -> None:
        if not stored:
            stored.append(seen)
            other = kept.profile.model_copy(update={"traits": {}})
            honest(self, KeptView(other, frozenset({"subjects"})), 0, ())
        honest(self, kept, seen, beside)

    monkeypatch.setattr(Customers, "store", overtaken_once)
    (event,) = world.stream()
    assert event.data.changed == ("name", "subjects"), "what the other did not get to say, too"
    found = profile(world, called([ada]))
    assert (found.version, found.traits["name"].value) == (2, "Ada")


def test_given_a_view_that_was_taken_away_then_everybody_hears_that_it_is_gone(
    world: World,
) -> None:
    ada = world.subject("ada")
    world.contact(ada, name="Ada")
    world.island("g1", 1, [ada])
    (first,) = world.stream()
    world.table.write(Write("delete", profile_key(called([ada]))))
    (event,) = world.stream()
    assert event.data.changed == ("gone", "name", "subjects")
    assert (event.data.version, event.id == first.id) == (2, False)
    assert listed(world, listing.CUSTOMERS) == set()
    assert not any(key.pk.startswith("N#") for key in world.table.store.rows)


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


def kill(world: World, step: int) -> None:
    """At this call, or right after it."""
    left = [step]

    def tick() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    world.table.tick = tick


def a_merge(world: World) -> None:
    """Two customers are known, and then become one; the other's name changes."""
    ada, bea = world.subject("ada"), world.subject("bea")
    world.contact(ada, name="Ada")
    world.island("g1", 1, [ada], [bea])
    world.stream()
    world.contact(bea, name="Bea Byron")
    world.island("g1", 2, [ada, bea])


@pytest.mark.parametrize("alone", [False, True], ids=["the same batch", "one by one"])
def test_given_a_kill_at_any_step_then_the_batch_come_again_says_and_lists_the_same(
    monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    whole = wire(monkeypatch)
    a_merge(whole)
    wanted = {event.id: event.data for event in whole.stream()}
    for step in range(100):
        world = wire(monkeypatch)
        a_merge(world)
        said, batch = len(world.said), world.table.changes[world.read_to :]
        kill(world, step)
        try:
            announce.handler({"Records": batch})
        except Killed:
            world.table.tick = lambda: None
            for records in [[record] for record in batch] if alone else [batch]:
                assert announce.handler({"Records": records}) == {"batchItemFailures": []}
        else:
            assert step > 12
            return
        assert {event.id: event.data for event in world.said[said:]} == wanted, step
        assert world.table.store.rows == whole.table.store.rows, step


def test_given_a_newer_view_that_its_teller_died_on_then_who_tells_the_older_leaves_it_to_be_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])

    def gone(aws: object, name: str, events: list[Any]) -> None:
        raise Killed

    def meanwhile(aws: object, name: str, events: list[Any]) -> None:
        monkeypatch.setattr(bus, "publish", gone)
        world.contact(ada, name="Ada")
        with suppress(Killed):
            announce.handler({"Records": world.table.changes[-1:]})
        monkeypatch.setattr(bus, "publish", world.publish)
        world.publish(aws, name, events)

    monkeypatch.setattr(bus, "publish", meanwhile)
    changed = [(event.data.version, event.data.changed) for event in world.stream()]
    assert changed == [(1, ("subjects",)), (2, ("name", "subjects"))]
