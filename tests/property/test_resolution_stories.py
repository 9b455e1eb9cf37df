"""Three histories that people complain of elsewhere, played through."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random

from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_case import Received
from rules.resolution_removal import erase, remove_record
from rules.resolution_restating import Sweep
from rules.resolution_verdicts import judge
from schemas.graph import Verdict
from schemas.identifiers import Subject
from schemas.observation import Observation, Record
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.simulator.deeds import judged
from tests.simulator.histories import RULES, START, Graph, expected
from tests.simulator.meter import Meter
from tests.simulator.reading import broken_promises, graph_in, heads, islands
from tests.simulator.removals import REMOVED
from tests.simulator.stories import contact, family, guests, hoarder, merges, subject_of, two_people
from tests.simulator.world import Faults, Job, World, run_alone

OTHER = Record(kind="contact", id="another", version="1", occurred_at=START)
LIMIT = RULES.types["email"].limit


def sizes(labels: dict[str, str]) -> Counter[int]:
    """Subjects of a customer → how many such customers."""
    return Counter(Counter(labels.values()).values())


def test_a_junk_address_joins_its_first_carriers_until_it_is_known_as_junk() -> None:
    meter, made = Meter(), laws()
    many = guests(3_000)
    for each in many[:LIMIT]:
        meter.run(resolve([each], made))
    assert sizes(graph_in(meter.graph).labels) == {LIMIT: 1}
    meter.run(resolve([many[LIMIT]], made))
    assert sizes(graph_in(meter.graph).labels) == {1: LIMIT + 1}


def test_what_the_next_carrier_of_junk_costs_never_grows() -> None:
    """Neither while it joins, nor when it turns to junk, nor at the three-thousandth."""
    meter, made, spent = Meter(), laws(), []
    many = guests(3_000)
    for each in many:
        meter.reset()
        meter.run(resolve([each], made))
        spent.append((meter.write, meter.read))
    assert max(write for write, _ in spent) <= 11
    assert max(read for _, read in spent) <= 4
    assert sizes(graph_in(meter.graph).labels) == {1: 3_000}
    assert max(len(island.nodes) for island in islands(meter.graph).values()) == LIMIT


def by_eight_writers(received: list[Received]) -> Iterator[Graph]:
    """What each of some histories comes to: the graph of the whole set, whoever failed."""
    for seed in range(FIRST, FIRST + HISTORIES // 30):
        random = Random(seed)
        world = World(random, Faults(conflict=0.03, throttle=0.02, crash=0.03))
        world.run(jobs(batches(random, received), laws()), 8)
        assert not broken_promises(world.graph), f"seed {seed}"
        found = graph_in(world.graph)
        assert found == expected(received), f"seed {seed}"
        yield found


def test_eight_writers_and_a_junk_address_leave_everybody_alone() -> None:
    found = [sizes(graph.labels) for graph in by_eight_writers(guests(60))]
    assert found == [{1: 60}] * (HISTORIES // 30)


def test_one_record_with_everybody_s_address_takes_nobody_apart() -> None:
    """It costs what it weighs, reads none of their islands, and moves none of them."""
    meter, made = Meter(), laws()
    *customers, user = hoarder(200)
    for start in range(0, len(customers), 50):
        meter.run(resolve(customers[start : start + 50], made))
    before = graph_in(meter.graph)
    assert sizes(before.labels) == {2: 200}
    meter.reset()
    meter.run(resolve([user], made))
    assert meter.read == 1
    assert meter.write < 100  # its own row, by its size
    after = graph_in(meter.graph)
    assert after.labels.items() > before.labels.items()
    (review,) = after.reviews
    assert (review.identifier, review.reason, review.detail) == ("email", "crowded", "200")
    assert review.subjects == {subject_of(user)}
    assert after == expected([*customers, user])


def test_no_part_of_a_record_with_too_much_of_a_type_ever_links() -> None:
    """Were it linked part by part, customers would be one for a while."""
    email = RULES.types["email"].model_copy(update={"per_subject": 60})
    made = replace(laws(), rules=RULES.model_copy(update={"types": {"email": email}}))
    *customers, user = hoarder(61)
    for calls in range(12):
        meter = Meter()
        meter.run(resolve(customers, made))
        before = graph_in(meter.graph).labels
        run_alone(resolve([user], made), meter.graph, meter.journal, calls)
        assert graph_in(meter.graph).labels.items() >= before.items()


def test_eight_writers_and_a_record_with_everybody_s_address_leave_them_as_they_are() -> None:
    assert len([*by_eight_writers(hoarder(20))]) == HISTORIES // 30


def test_who_has_too_much_of_a_type_is_linked_again_when_the_rest_is_taken_out() -> None:
    """By an address that meanwhile is junk, too: it was never among that one's carriers."""
    meter, made = Meter(), laws()
    user = Subject(source="help", object="user", id="1")
    first = contact(9, user, "junky@example.com", "b@example.com")
    more = contact(9, user, "c@example.com")
    more = more._replace(observation=more.observation.model_copy(update={"record": OTHER}))
    others = [
        contact(n, Subject(source="shop", object="customer", id=str(n)), "junky@example.com")
        for n in range(LIMIT + 1)
    ]
    others.append(contact(8, Subject(source="crm", object="contact", id="1"), "b@example.com"))
    meter.run(resolve([*others, more, first], made))
    assert {review.reason for review in graph_in(meter.graph).reviews} == {"crowded"}
    assert graph_in(meter.graph) == expected([*others, more, first])
    s = subject_of(first)
    for last in (False, True):
        meter.run(remove_record(s, (OTHER.kind, OTHER.id), REMOVED, made, last=last))
    assert not broken_promises(meter.graph)
    assert graph_in(meter.graph) == expected([*others, first])
    assert sizes(graph_in(meter.graph).labels)[2] == 1
    meter.run(resolve([more._replace(observation=_later(more.observation))], made))
    assert {review.reason for review in graph_in(meter.graph).reviews} == {"crowded"}
    for _ in range(2):
        meter.run(erase(s, REMOVED + timedelta(days=9), made))
    assert not broken_promises(meter.graph)
    assert graph_in(meter.graph) == expected(others)


def test_what_is_in_doubt_stays_so_when_new_rules_release_it() -> None:
    meter, made = Meter(), laws()
    user = Subject(source="help", object="user", id="1")
    first = contact(9, user, "a@example.com", "b@example.com", "c@example.com")
    other = contact(9, user, "d@example.com")
    other = other._replace(observation=other.observation.model_copy(update={"record": OTHER}))
    meter.run(resolve([first, other], made))
    s, record = subject_of(first), first.observation.record
    meter.run(remove_record(s, (record.kind, record.id), REMOVED, made))
    email = RULES.types["email"].model_copy(update={"per_subject": 9})
    rules = RULES.model_copy(update={"types": {**RULES.types, "email": email}})
    new = replace(made, rules=rules)
    meter.run(adopt(Sweep("v2", REMOVED), new, pages=99))
    meter.run(remove_record(s, (record.kind, record.id), REMOVED, new, last=True))
    assert not broken_promises(meter.graph)
    assert graph_in(meter.graph) == expected([other], rules)
    (head,) = heads(meter.graph).values()
    assert len(head.links) == 1


def _later(observation: Observation) -> Observation:
    record = observation.record.model_copy(
        update={"version": (REMOVED + timedelta(hours=1)).isoformat()}
    )
    return observation.model_copy(update={"record": record})


def test_a_family_s_phone_is_a_review_and_joins_nobody() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 10):
        random = Random(seed)
        received = family()
        world = World(random, Faults(conflict=0.1, crash=0.1))
        world.run(jobs(batches(random, received), laws()), 3)
        found = graph_in(world.graph)
        mother, son, known = (found.labels[subject_of(each)] for each in received)
        assert mother == known != son, f"seed {seed}"
        (review,) = found.reviews
        assert (review.identifier.partition("#")[0], review.reason) == ("phone", "unique")
        assert review.subjects == {subject_of(received[0]), subject_of(received[1])}


def test_a_family_s_phone_stays_a_review_when_somebody_says_they_are_one() -> None:
    received = family()
    said = Verdict(
        kind="always", a=subject_of(received[0]), b=subject_of(received[1]), at=START, by="ann"
    )
    meter, made = Meter(), laws()
    meter.run(resolve(received, made))
    meter.run(judge([said], made))
    found = graph_in(meter.graph)
    assert sizes(found.labels) == {2: 1, 1: 1}
    assert {review.reason for review in found.reviews} == {"unique"}


def merged(seed: int) -> tuple[list[Received], list[Verdict], World]:
    """Eight people merge the same two at once, while their records arrive."""
    random = Random(seed)
    received = two_people()
    said = merges(received, 8)
    made = laws()
    work: list[Job] = [*jobs(batches(random, received), made)]
    work += [partial(judged, [each], made) for each in said for _ in range(2)]
    random.shuffle(work)
    world = World(random, Faults(conflict=0.05, throttle=0.03, crash=0.05))
    world.run(work, 8)
    return received, said, world


def test_eight_concurrent_merges_of_the_same_two_people_make_one_customer() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 5):
        received, said, world = merged(seed)
        assert not broken_promises(world.graph), f"seed {seed}"
        found = graph_in(world.graph)
        assert found == expected(received, said=said), f"seed {seed}"
        assert sizes(found.labels) == {2: 1}
        (live,) = (island for island in islands(world.graph).values() if island.into is None)
        assert live.verdicts == (said[-1],), f"seed {seed}: the last word is kept, and no other"
