"""Three histories that people complain of elsewhere, played through."""

from collections import Counter
from functools import partial
from random import Random

from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_verdicts import judge
from schemas.graph import Verdict
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.simulator.deeds import judged
from tests.simulator.histories import RULES, START, expected
from tests.simulator.meter import Meter
from tests.simulator.reading import broken_promises, graph_in, islands
from tests.simulator.stories import family, guests, merges, subject_of, two_people
from tests.simulator.world import Faults, Job, World

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


def test_eight_writers_and_a_junk_address_leave_everybody_alone() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 30):
        random = Random(seed)
        received = guests(60)
        world = World(random, Faults(conflict=0.03, throttle=0.02, crash=0.03))
        world.run(jobs(batches(random, received), laws()), 8)
        assert not broken_promises(world.graph), f"seed {seed}"
        assert graph_in(world.graph) == expected(received), f"seed {seed}"
        assert sizes(graph_in(world.graph).labels) == {1: 60}


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
        assert set(live.verdicts) == set(said)
