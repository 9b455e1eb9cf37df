"""Blocks, trust and their undoing, interleaved with resolvers, as in the pure function."""

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from rules import resolution_opening
from rules.resolution import resolve
from rules.resolution_case import prepare
from rules.resolution_islands import Laws
from rules.resolution_marks import mark
from schemas.rows import Key
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import identifiers, islands, none
from tests.simulator.deeds import Marked, Values, in_force, marked, marks
from tests.simulator.histories import PEPPER, RULES, Graph, crowd, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, interrupted, run_alone


def played(
    seed: int, at_once: int, faults: Faults, forgets: Callable[[Key], bool] = none
) -> tuple[Graph, MemoryTable]:
    """What must be and what is, of a history in which identifiers are marked, too."""
    random = Random(seed)
    received = history(random, most=24)
    chosen = marks(random, received)
    made = laws()
    work = [*jobs(batches(random, received), made), *_jobs(random, chosen, made)]
    random.shuffle(work)
    world = World(random, faults, MemoryTable(forgets=forgets))
    world.run(work, at_once)
    return expected(received, marks=in_force(chosen)), world.graph


def _jobs(random: Random, chosen: Marked, made: Laws) -> list[Job]:
    return [
        partial(marked, key, values, made)
        for key, values in chosen.items()
        for _ in range(random.choice((1, 1, 2)))
    ]


@pytest.fixture(params=[30, 1], ids=["at once", "a few at a time"])
def _at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution_opening, "CARRIERS_AT_ONCE", request.param)


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.03, throttle=0.02, crash=0.03), id="eight, crashing"),
    ],
)
def test_marks_count_as_in_the_function(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 2):
        wanted, table = played(seed, at_once, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == wanted, f"seed {seed}"


MARKS: tuple[Values, ...] = (
    ((False, None), (None, True)),
    ((False, None), (True, True)),
    ((False, None), (None, True), (True, None), (False, None)),
)


@pytest.mark.parametrize("values", MARKS)
def test_a_mark_that_went_and_came_otherwise_is_not_taken_for_the_former(values: Values) -> None:
    """Nobody carries it yet, so its head goes with its last mark."""
    received = crowd(Random(1), 2)
    key = next(iter(prepare(received[0], PEPPER, RULES).links))
    wanted = expected(received, marks=in_force({key: values}))
    for call in range(40):
        graph, journal, made = MemoryTable(), MemoryTable(), laws()
        run_alone(mark(key, made, blocked=True), graph, journal)
        first, meanwhile = resolve(received, made), marked(key, values, made)
        come = run_alone(interrupted(first, meanwhile, call), graph, journal)
        if not come:
            assert call > 3
            return
        assert not broken_promises(graph), f"call {call}"
        assert graph_in(graph) == wanted, f"call {call}"


def gates(key: Key) -> bool:
    return key.sk.startswith("GATE#")


def test_a_crash_after_any_call_and_marking_again_loses_nothing() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 20):
        random = Random(seed)
        received = history(random, most=24)
        chosen = marks(random, received)
        for key, values in chosen.items():
            for crash_at in range(40):
                graph, journal, made = MemoryTable(), MemoryTable(), laws()
                run_alone(resolve(received, made), graph, journal)
                finished = run_alone(marked(key, values, made), graph, journal, crash_at)
                assert not broken_promises(graph), f"seed {seed}, call {crash_at}"
                run_alone(marked(key, values, made), graph, journal)
                wanted = expected(received, marks=in_force({key: values}))
                assert graph_in(graph) == wanted, f"seed {seed}, call {crash_at}"
                if finished:
                    break


def crowded(seed: int, forgets: Callable[[Key], bool]) -> bool:
    """Whether it goes wrong when junk is trusted while many more come to carry it."""
    random = Random(seed)
    received = crowd(random, 10)
    key = next(iter(prepare(received[0], PEPPER, RULES).links))
    made = laws()
    world = World(random, Faults(crash=0.02), MemoryTable(forgets=forgets))
    values = ((None, True),)
    world.run(jobs([received[:4]], made))
    work: list[Job] = [
        *jobs([[each] for each in received[4:]], made),
        partial(marked, key, values, made),
    ]
    random.shuffle(work)
    try:
        world.run(work, 7)
        wanted = expected(received, marks=in_force({key: values}))
        return bool(broken_promises(world.graph)) or graph_in(world.graph) != wanted
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize("forgets", [identifiers, gates])
def test_without_its_condition_some_history_goes_wrong(forgets: Callable[[Key], bool]) -> None:
    assert any(crowded(seed, forgets) for seed in range(1500))


def test_without_the_islands_condition_some_history_goes_wrong() -> None:
    def wrong(seed: int) -> bool:
        try:
            wanted, table = played(seed, 8, Faults(), islands)
            return bool(broken_promises(table)) or graph_in(table) != wanted
        except (AssertionError, KeyError):
            return True

    assert any(wrong(seed) for seed in range(400))


def test_with_all_conditions_a_crowd_does_not() -> None:
    assert not any(crowded(seed, none) for seed in range(FIRST, FIRST + HISTORIES // 2))


def test_marking_twice_changes_nothing() -> None:
    graph, made = MemoryTable(), laws()
    run_alone(resolve(history(Random(1), most=24), made), graph, MemoryTable())
    key = next(key.pk[2:] for key in graph.rows if key.pk.startswith("I#email"))
    run_alone(mark(key, made, blocked=True), graph, MemoryTable())
    once = dict(graph.rows)
    run_alone(mark(key, made, blocked=True), graph, MemoryTable())
    assert graph.rows == once
