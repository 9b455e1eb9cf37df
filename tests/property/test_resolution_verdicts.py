"""Verdicts by people, interleaved with resolvers in any way, weigh as in the pure function."""

from functools import partial
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_verdicts import judge
from schemas.errors import BadRecord
from schemas.graph import Verdict
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import islands
from tests.simulator.deeds import judged, verdicts
from tests.simulator.histories import START, Graph, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone


def played(seed: int, at_once: int, faults: Faults) -> tuple[Graph, MemoryTable]:
    """What must be and what is, of a history in which people speak, too."""
    random = Random(seed)
    received = history(random)
    said = verdicts(random, received)
    made = laws()
    spoken: list[Job] = [
        partial(judged, [v], made) for v in said for _ in range(random.choice((1, 1, 2)))
    ]
    work = [*jobs(batches(random, received), made), *spoken]
    random.shuffle(work)
    world = World(random, faults)
    world.run(work, at_once)
    return expected(received, said=said), world.graph


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.05, throttle=0.03, crash=0.05), id="eight, crashing"),
    ],
)
def test_what_people_say_weighs_as_in_the_function(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        wanted, table = played(seed, at_once, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == wanted, f"seed {seed}"


def test_without_the_islands_condition_some_history_goes_wrong() -> None:
    def wrong(seed: int) -> bool:
        random = Random(seed)
        received = history(random, most=8)
        said = verdicts(random, received)
        made = laws()
        world = World(random, graph=MemoryTable(forgets=islands))
        world.run(jobs([received], made))
        world.run([partial(judged, [v], made) for v in said], 8)
        return graph_in(world.graph) != expected(received, said=said)

    assert any(wrong(seed) for seed in range(300))


def test_a_crash_after_any_call_and_saying_it_again_loses_nothing() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 10):
        random = Random(seed)
        received = history(random, most=6)
        said = verdicts(random, received)
        for crash_at in range(12):
            graph, journal, made = MemoryTable(), MemoryTable(), laws()
            run_alone(resolve(received, made), graph, journal)
            run_alone(judge(said, made), graph, journal, crash_at)
            assert not broken_promises(graph), f"seed {seed}, call {crash_at}"
            run_alone(judge(said, made), graph, journal)
            once = {key: row["v"] for key, row in graph.rows.items() if "v" in row}
            run_alone(judge(said, made), graph, journal)
            assert once == {key: row["v"] for key, row in graph.rows.items() if "v" in row}
            assert graph_in(graph) == expected(received, said=said), f"seed {seed}"


def test_a_verdict_about_nobody_is_refused() -> None:
    verdict = Verdict(kind="never", a="1", b="2", at=START, by="ann")
    with pytest.raises(BadRecord):
        run_alone(judge([verdict], laws()), MemoryTable(), MemoryTable())
