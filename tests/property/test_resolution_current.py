"""Of types declared `current` only the newest version of a contact counts, in whatever order."""

from dataclasses import replace
from functools import partial
from itertools import combinations
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.identifiers import Subject
from schemas.policy import IdentifierRule, IdentityRules
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import subjects
from tests.simulator.histories import START, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.stories import contact
from tests.simulator.world import Faults, Job, World, interrupted, run_alone

CHANGING = ("email#", "shop:customer#")
RULES = IdentityRules(
    types={
        "email": IdentifierRule(level=1, limit=3, per_subject=2, junk=("junk@.*",), current=True),
        "phone": IdentifierRule(level=2, limit=2, per_subject=2),
        "shop:customer": IdentifierRule(level=0, limit=3, per_subject=1, current=True),
    },
    scope_cap=6,
)


def made() -> Laws:
    return replace(laws(), rules=RULES)


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="eight, crashing"),
    ],
)
def test_a_newer_version_takes_back_what_the_older_one_said(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        random = Random(seed)
        received, _ = histories(random, 20)
        world = World(random, faults)
        world.run(jobs(batches(random, received), made()), at_once)
        assert not broken_promises(world.graph, CHANGING), f"seed {seed}"
        assert graph_in(world.graph) == expected(received, RULES), f"seed {seed}"


def test_removals_beside_newer_versions_leave_what_was_not_removed() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 2):
        random = Random(seed)
        old, new = histories(random, 14)
        removed = removals(random, old)
        ours = made()
        world = World(random, Faults(conflict=0.03, crash=0.03))
        for part, last in ((old, False), (new, True)):
            sweeps: list[Job] = [partial(each.steps, ours, last=last) for each in removed]
            work = [*jobs(batches(random, part), ours), *sweeps]
            random.shuffle(work)
            world.run(work, 8)
        assert not broken_promises(world.graph, CHANGING), f"seed {seed}"
        wanted = expected([*admitted(old, removed), *new], RULES)
        assert graph_in(world.graph) == wanted, f"seed {seed}"


def test_a_crash_after_any_call_and_one_redelivery_lose_nothing() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 20):
        received, _ = histories(Random(seed), 8)
        for crash_at in range(80):
            graph, journal, ours = MemoryTable(), MemoryTable(), made()
            finished = run_alone(resolve(received, ours), graph, journal, crash_at)
            run_alone(resolve(received, ours), graph, journal)
            assert not broken_promises(graph, CHANGING), f"seed {seed}, call {crash_at}"
            assert graph_in(graph) == expected(received, RULES), f"seed {seed}, call {crash_at}"
            if finished:
                break


def test_what_a_version_drops_and_the_next_says_again_with_too_much_beside_it() -> None:
    """Wherever the first was cut short, no identifier keeps the subject."""
    said = [("a",), ("a", "b"), ("a",), ("a", "b", "c")]
    user = Subject(source="help", object="user", id="1", created_at=START)
    told = [_version(n, user, *names) for n, names in enumerate(said)]
    for crash_at in range(40):
        graph, journal, ours = MemoryTable(), MemoryTable(), made()
        run_alone(resolve(told[:2], ours), graph, journal)
        run_alone(resolve(told[2:3], ours), graph, journal, crash_at)
        run_alone(resolve(told[3:], ours), graph, journal)
        run_alone(resolve(told[2:3], ours), graph, journal)
        assert not broken_promises(graph, CHANGING), f"call {crash_at}"
        assert graph_in(graph) == expected(told, RULES), f"call {crash_at}"


def test_who_gains_and_loses_an_address_between_two_looks_is_no_customer_of_it() -> None:
    """Whatever of it falls between two calls of who brings the version that drops the address."""
    user = Subject(source="help", object="user", id="1", created_at=START)
    ann, bea, cem = (Subject(source="crm", object="contact", id=n, created_at=START) for n in "abc")
    known = [contact(0, user, "+12025550101", record="phones"), contact(0, ann, "a@example.com")]
    known.append(contact(0, bea, "b@example.com"))
    joins = contact(0, user, "a@example.com", record="joins")
    gains = _version(1, user, "b")
    batch = [contact(0, cem, "a@example.com"), _version(2, user)]
    for first, second in combinations(range(20), 2):
        graph, journal, ours = MemoryTable(), MemoryTable(), made()
        run_alone(resolve(known, ours), graph, journal)
        work = interrupted(resolve(batch, ours), resolve([joins], ours), first)
        run_alone(interrupted(work, resolve([gains], ours), second), graph, journal)
        run_alone(resolve([joins, gains], ours), graph, journal)
        assert not broken_promises(graph, CHANGING), f"calls {first} and {second}"
        wanted = expected([*known, joins, gains, *batch], RULES)
        assert graph_in(graph) == wanted, f"calls {first} and {second}"


def _version(number: int, user: Subject, *names: str) -> Received:
    received = contact(0, user, *(f"{name}@example.com" for name in names))
    observation = received.observation
    record = observation.record.model_copy(update={"version": str(number)})
    return received._replace(observation=observation.model_copy(update={"record": record}))


def test_without_the_heads_condition_some_history_goes_wrong() -> None:
    def wrong(seed: int) -> bool:
        random = Random(seed)
        received, _ = histories(random, 20)
        world = World(random, Faults(crash=0.05), MemoryTable(forgets=subjects))
        try:
            world.run(jobs(batches(random, received), made()), 8)
            return graph_in(world.graph) != expected(received, RULES)
        except (AssertionError, KeyError):
            return True

    assert any(wrong(seed) for seed in range(300))


def test_it_makes_a_difference() -> None:
    def differs(seed: int) -> bool:
        received, _ = histories(Random(seed), 20)
        return expected(received, RULES).labels != expected(received).labels

    assert any(differs(seed) for seed in range(100))
