"""Of types declared `current` only the newest version of a contact counts, in whatever order."""

from dataclasses import replace
from functools import partial
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_islands import Laws
from schemas.policy import IdentifierRule, IdentityRules
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import subjects
from tests.simulator.histories import expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

CHANGING = ("email#", "shop:customer#")
RULES = IdentityRules(
    types={
        "email": IdentifierRule(level=1, limit=3, junk=("junk@.*",), current=True),
        "phone": IdentifierRule(level=2, limit=2),
        "shop:customer": IdentifierRule(level=0, limit=3, current=True),
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
