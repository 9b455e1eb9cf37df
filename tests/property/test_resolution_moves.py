"""A record whose next version is about somebody else is in exactly one place, at any moment."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random
from types import ModuleType

import pytest

from rules import resolution, resolution_moves
from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD
from rules.resolution_moves import store_moves
from rules.resolution_parting import PARTED, WAIT
from rules.resolution_places import Move
from schemas.rows import Write
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_everything import Story, told_by, told_by_the_oracle
from tests.simulator.histories import RULES, START, expected
from tests.simulator.moving import Told, Watched, amiss, told, turn
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

TURNS = 3


def played(
    seed: int,
    at_once: int,
    faults: Faults,
    drops: Callable[[Write], bool] = lambda _write: False,
    *,
    removing: bool = False,
) -> tuple[Told, MemoryTable]:
    """Old and new, all of it beside removals and turns of the clock; then what is still to do."""
    random = Random(seed)
    story = told(random, removing=removing)
    made = laws()
    world = World(random, faults, Watched(drops=drops))
    late = [each for each in story.every if random.random() < 0.3]
    for number, part in enumerate((story.old, story.new, late)):
        made = replace(made, now=partial(_hour, number))
        removals: list[Job] = [partial(each.steps, made, last=number > 0) for each in story.removed]
        work = [*jobs(batches(random, part), made), *removals, *clock(number, made)]
        random.shuffle(work)
        world.run(work, at_once)
    for number in range(8, 20):
        world.run([partial(turn, number, made)])
    return story, world.graph


def _hour(number: int) -> datetime:
    """When a turn of the clock is due, and what runs beside it is under way."""
    return START + number * WAIT


def clock(number: int, made: Laws) -> list[Job]:
    return [partial(turn, number, made)] * TURNS


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="eight, crashing"),
    ],
)
def test_the_newest_version_alone_counts(at_once: int, faults: Faults, removing: bool) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        story, table = played(seed, at_once, faults, removing=removing)
        assert not broken_promises(table), f"seed {seed}"
        assert not amiss(table), f"seed {seed}"
        assert graph_in(table) == expected(story.left), f"seed {seed}"
        assert not table.query(PARTED, ""), f"seed {seed}"


def test_what_is_left_is_what_the_page_says_read_a_second_time() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        story, table = played(seed, 8, Faults(crash=0.04), removing=True)
        counts = Story(list(story.left), [], [], [], {}, RULES)
        assert told_by(graph_in(table)) == told_by_the_oracle(counts), f"seed {seed}"


def everything(story: Told, made: Laws) -> Steps[bool]:
    """All of it, one after the other, as one piece of work."""
    yield from resolve(story.old, made)
    for last in (False, True):
        for each in story.removed:
            yield from each.steps(made, last=last)
    yield from resolve(story.new, made)
    for number in (1, 2, 3):
        yield from turn(number, made)
    return True


def test_a_crash_after_any_call_and_starting_again_loses_nothing() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 30):
        story = told(Random(seed), most=8, removing=seed % 2 == 0)
        for crash_at in range(200):
            graph, journal, made = Watched(), MemoryTable(), laws()
            finished = run_alone(everything(story, made), graph, journal, crash_at)
            assert not broken_promises(graph), f"seed {seed}, call {crash_at}"
            run_alone(everything(story, made), graph, journal)
            assert graph_in(graph) == expected(story.left), f"seed {seed}, call {crash_at}"
            if finished:
                break
        else:
            pytest.fail(f"seed {seed} takes more than 200 calls")


def goes_wrong(seed: int, drops: Callable[[Write], bool] = lambda _write: False) -> bool:
    try:
        story, table = played(seed, 8, Faults(crash=0.04), drops, removing=True)
        right = graph_in(table) == expected(story.left) and not table.query(PARTED, "")
        return not right or bool(broken_promises(table))
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize(
    "drops",
    [
        pytest.param(lambda w: w.key.sk == "AT", id="pointer"),
        pytest.param(
            lambda w: w.key.sk.startswith("R#I#") and w.kind == "delete", id="row that goes"
        ),
        pytest.param(lambda w: w.key.sk == HEAD and not w.add, id="head"),
    ],
)
def test_without_its_condition_some_history_goes_wrong(drops: Callable[[Write], bool]) -> None:
    assert any(goes_wrong(seed, drops) for seed in range(400))


def nothing(*_args: object) -> Steps[None]:
    yield from ()


def drop_what_is_gone(moves: Mapping[int, Move], laws: Laws) -> Steps[dict[int, str]]:
    return store_moves({i: move for i, move in moves.items() if not move.gone}, laws)


@pytest.mark.parametrize(
    "module, name, instead",
    [
        pytest.param(resolution_moves, "part", nothing, id="whom it leaves is not parted from it"),
        pytest.param(resolution_moves, "outdated", nothing, id="a late one's links stay"),
        pytest.param(resolution, "store_moves", drop_what_is_gone, id="what is gone shows nothing"),
    ],
)
def test_without_a_step_some_history_goes_wrong(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, instead: object
) -> None:
    monkeypatch.setattr(module, name, instead)
    assert any(goes_wrong(seed) for seed in range(200))
