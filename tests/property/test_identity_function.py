"""The function against its oracle, and what it promises for any input."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.identity import Marks, Partition, founder, partition, unusable
from rules.identity_evidence import carried, lasting, split_verdicts
from schemas.graph import Verdict
from tests.oracle import identity as oracle
from tests.oracle.identity import World
from tests.property.identity_worlds import START, as_nodes, as_rules, as_verdicts, decide, world

worlds = st.builds(world, st.randoms(use_true_random=False))
quickly = settings(max_examples=150, deadline=None)
SEEDED = 1_000


def refused(found: Partition) -> oracle.Refused:
    return frozenset((r.identifier, r.subjects, r.reason) for r in found.reviews)


def agrees(given_: World) -> bool:
    found = decide(given_)
    return (frozenset(found.customers), refused(found)) == oracle.solve(given_)


def unusable_in(given_: World) -> frozenset[str]:
    marks = Marks(blocked=given_.blocked, trusted=given_.trusted, junk=given_.junk)
    return unusable(as_nodes(given_), as_rules(given_), marks)


@given(worlds)
@quickly
def test_it_is_the_function_of_the_page(given_: World) -> None:
    found = decide(given_)
    customers, reviews = oracle.solve(given_)
    assert frozenset(found.customers) == customers
    assert refused(found) == reviews
    nodes = as_nodes(given_)
    for customer in customers:
        assert founder(customer, nodes) == oracle.founder(given_, customer)


def test_it_is_the_function_of_the_page_over_many_seeds() -> None:
    assert [seed for seed in range(SEEDED) if not agrees(world(Random(seed)))] == []


@given(worlds, st.randoms(use_true_random=False))
@quickly
def test_the_order_and_repetition_of_what_is_given_never_matter(
    given_: World, random: Random
) -> None:
    people = list(given_.people.items())
    random.shuffle(people)
    said = [*given_.said, *random.sample(given_.said, len(given_.said) // 2)]
    random.shuffle(said)
    assert decide(replace(given_, people=dict(people), said=tuple(said))) == decide(given_)


@given(worlds, st.randoms(use_true_random=False))
@quickly
def test_the_names_of_subjects_never_matter(given_: World, random: Random) -> None:
    names = list(given_.people)
    new = dict(zip(names, random.sample([f"n{i}" for i in range(50)], len(names)), strict=True))
    renamed = replace(
        given_,
        people={new[name]: person for name, person in given_.people.items()},
        said=tuple(replace(s, a=new.get(s.a, s.a), b=new.get(s.b, s.b)) for s in given_.said),
    )
    expected = {frozenset(new[s] for s in customer) for customer in decide(given_).customers}
    assert set(decide(renamed).customers) == expected


@given(worlds)
@quickly
def test_every_subject_is_in_exactly_one_customer(given_: World) -> None:
    everyone = [s for customer in decide(given_).customers for s in customer]
    assert sorted(everyone) == sorted(given_.people)


@given(worlds)
@quickly
def test_no_merge_ever_holds_two_unique_ids_or_a_pair_kept_apart(given_: World) -> None:
    merged = [customer for customer in decide(given_).customers if len(customer) > 1]
    assert all(oracle.conflict(given_, customer) is None for customer in merged)


@given(worlds)
@quickly
def test_no_customer_outgrows_the_cap(given_: World) -> None:
    assert max(len(customer) for customer in decide(given_).customers) <= given_.cap


@given(worlds, st.randoms(use_true_random=False))
@quickly
def test_what_is_taken_away_leaves_what_would_have_been_without_it(
    given_: World, random: Random
) -> None:
    """Arrivals and removals in any order end where the rest alone would have."""
    gone = frozenset(random.sample(sorted(given_.people), len(given_.people) // 2))
    rest = replace(given_, people={s: p for s, p in given_.people.items() if s not in gone})
    present: dict[str, oracle.Person] = {}
    history = [(s, True) for s in given_.people] + [(s, False) for s in sorted(gone)]
    for name, arrives in history:
        if arrives:
            present[name] = given_.people[name]
        else:
            del present[name]
        decide(replace(given_, people=present))
    if present:
        assert decide(replace(given_, people=present)) == decide(rest)


@given(worlds)
@quickly
def test_what_nothing_usable_connects_can_be_decided_apart(given_: World) -> None:
    """What lets the table keep islands: each is decided without looking at the others."""
    nodes, rules = as_nodes(given_), as_rules(given_)
    dead, verdicts = unusable_in(given_), as_verdicts(given_)
    pairs = [{v.a, v.b} for v in verdicts if v.kind != "ignore"]
    links = [
        frozenset(s for s, n in nodes.items() if key in carried(n))
        for key in {k for n in nodes.values() for k in carried(n)} - dead
    ]
    islands = {oracle.reach({s}, [*links, *map(frozenset, pairs)]) for s in nodes}
    found = [
        partition({s: nodes[s] for s in island & nodes.keys()}, dead, verdicts, rules)
        for island in islands
    ]
    whole = decide(given_)
    assert {c for part in found for c in part.customers} == set(whole.customers)
    assert sorted_reviews(r for part in found for r in part.reviews) == list(whole.reviews)


def sorted_reviews(reviews: Iterable[object]) -> list[object]:
    return sorted(reviews, key=lambda r: (r.identifier, r.reason, sorted(r.subjects)))  # type: ignore[attr-defined]


def said_by(random: Random, names: list[str], links: list[str]) -> Verdict:
    """One of many words about the same few."""
    kind = random.choice(("alias", "always", "never", "ignore"))
    a, b = random.choice(names), random.choice(links if kind == "ignore" and links else names)
    at = START + timedelta(days=random.randrange(3))
    who = {"by": random.choice("xy"), "why": random.choice("xy")}
    return Verdict.model_validate({"kind": kind, "a": a, "b": b, "at": at, **who})


@given(worlds, st.randoms(use_true_random=False))
@quickly
def test_what_was_overruled_need_not_be_kept_whoever_came_first(
    given_: World, random: Random
) -> None:
    """Nor when a record is taken out later, with the aliases that it said."""
    nodes, rules, dead = as_nodes(given_), as_rules(given_), unusable_in(given_)
    few = sorted(given_.people)[:2]
    words = (said_by(random, few, sorted(carried(nodes[few[0]]))) for _ in range(9))
    said = [*as_verdicts(given_), *words]
    kept = lasting(said)
    random.shuffle(said)
    half = random.randrange(len(said) + 1)
    assert kept == lasting((*lasting(said[:half]), *said[half:])) == lasting((*kept, *said))
    people = [v for v in kept if v.kind != "alias"]
    links = [(v.a, v.b) for v in people if v.kind == "ignore"]
    pairs = [frozenset((v.a, v.b)) for v in people if v.kind != "ignore"]
    assert [len(links), len(pairs)] == [len({*links}), len({*pairs})]
    gone = {v for v in said if v.kind == "alias" and random.random() < 0.5}
    left = partition(nodes, dead, [v for v in said if v not in gone], rules)
    assert partition(nodes, dead, [v for v in kept if v not in gone], rules) == left


@given(worlds, st.randoms(use_true_random=False))
@quickly
def test_a_split_by_a_person_parts_the_sides_of_a_customer(given_: World, random: Random) -> None:
    rules, dead, verdicts = as_rules(given_), unusable_in(given_), as_verdicts(given_)
    largest = max(decide(given_).customers, key=len)
    side = frozenset(random.sample(sorted(largest), len(largest) // 2))
    nodes = {s: node for s, node in as_nodes(given_).items() if s in largest}
    said = Verdict(kind="ignore", a="", b="", at=START.replace(year=2027), by="anna")
    split = split_verdicts(side, nodes, verdicts, said)
    after = partition(nodes, dead, (*verdicts, *split), rules)
    assert all(customer <= side or customer.isdisjoint(side) for customer in after.customers)
