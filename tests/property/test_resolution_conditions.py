"""Each kind of conditional write is needed: without its condition alone some history goes wrong."""

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_calls import Transact
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD
from rules.resolution_rows import store_records
from schemas.errors import RetryLater
from schemas.identifiers import Subject
from schemas.observation import Interaction, Money, Observation, Record
from schemas.rows import Write
from tests.property.test_resolution import batches, jobs, laws
from tests.property.test_resolution_removal import starts
from tests.simulator.deeds import Marked, in_force, marked, marks
from tests.simulator.histories import PEPPER, RULES, START, Graph, crowd, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import AFTER, REMOVED, Removal, admitted
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, apply, run_alone

Drops = Callable[[Write], bool]


def wrong(table: MemoryTable, wanted: Graph) -> bool:
    return bool(broken_promises(table)) or graph_in(table) != wanted


def arriving(seed: int, drops: Drops) -> bool:
    """Records arrive at eight resolvers that crash."""
    random = Random(seed)
    received = history(random)
    world = World(random, Faults(crash=0.05), MemoryTable(drops=drops))
    world.run(jobs(batches(random, received), laws()), 8)
    return wrong(world.graph, expected(received))


def marking(seed: int, drops: Drops) -> bool:
    """Identifiers are blocked and trusted beside them."""
    random = Random(seed)
    received = history(random, most=24)
    chosen, made = marks(random, received), laws()
    work: list[Job] = [
        *jobs(batches(random, received), made),
        *(partial(marked, key, values, made) for key, values in chosen.items()),
    ]
    random.shuffle(work)
    world = World(random, graph=MemoryTable(drops=drops))
    world.run(work, 8)
    return wrong(world.graph, expected(received, marks=in_force(chosen)))


def trusting(seed: int, drops: Drops) -> bool:
    """Junk is trusted while many more come to carry it."""
    random = Random(seed)
    received, made = crowd(random, 10), laws()
    (key,) = prepare(received[0], PEPPER, RULES).links
    world = World(random, Faults(crash=0.02), MemoryTable(drops=drops))
    world.run(jobs([received[:4]], made))
    chosen: Marked = {key: ((None, True),)}
    trust: Job = partial(marked, key, chosen[key], made)
    work = [*jobs([[each] for each in received[4:]], made), trust]
    random.shuffle(work)
    world.run(work, 7)
    return wrong(world.graph, expected(received, marks=in_force(chosen)))


def leaving(seed: int, drops: Drops) -> bool:
    """Many leave a junk address, asked for twice each, while some come to carry it."""
    random = Random(seed)
    received, made = crowd(random, 12), laws()
    some = random.sample(received[:8], 7)
    gone = [Removal(prepare(each, PEPPER, RULES).s, None, REMOVED) for each in some]
    world = World(random, Faults(crash=0.02), MemoryTable(drops=drops))
    world.run(jobs([received[:8]], made))
    work = [*jobs([[each] for each in received[8:]], made), *starts(gone * 2, made, last=False)]
    random.shuffle(work)
    world.run(work, 8)
    return wrong(world.graph, expected(admitted(received, gone)))


def returning(seed: int, drops: Drops) -> bool:
    """An order is late at an erase; a version from after it comes while that sweeps again."""
    random = Random(seed)
    old, new = order(START.isoformat(), 10), order(AFTER.isoformat(), 20)
    made = laws()
    gone = Removal(prepare(old, PEPPER, RULES).s, None, REMOVED)
    world = World(random, graph=MemoryTable(drops=drops))
    come_late(world, old, gone, made)
    work = [*jobs([[new]], made), *starts([gone], made, last=True)]
    random.shuffle(work)
    world.run(work, 2)
    return wrong(world.graph, expected([new]))


def come_late(world: World, received: Received, gone: Removal, made: Laws) -> None:
    """A resolver that read the head before an erase, and stores its row after it."""
    steps = resolve([received], made)
    call = next(steps)
    while not (isinstance(call, Transact) and any(is_row(write) for write in call.writes)):
        call = steps.send(apply(call, world.graph, world.journal))
    run_alone(gone.steps(made, last=False), world.graph, world.journal)
    apply(call, world.graph, world.journal)


def order(version: str, minor: int) -> Received:
    subject = Subject(source="shop", object="customer", id="1", created_at=START)
    bought = Interaction(kind="order", title="Lamp", amount=Money(minor=minor, currency="EUR"))
    record = Record(kind="order", id="7", version=version, occurred_at=START)
    return Received(Observation(subject=subject, record=record, interaction=bought), START)


def is_row(write: Write) -> bool:
    return write.key.sk.startswith("R#")


def is_head(write: Write, of: str) -> bool:
    """Of a subject, an identifier or an island; not what is added to totals."""
    return write.key.pk.startswith(f"{of}#") and write.key.sk == HEAD and not write.add


@pytest.mark.parametrize(
    "drops, goes, seeds",
    [
        pytest.param(lambda w: is_head(w, "S"), arriving, range(50), id="subject"),
        pytest.param(
            lambda w: is_head(w, "I") and w.kind == "put", arriving, range(50), id="identifier"
        ),
        pytest.param(
            lambda w: is_head(w, "I") and w.kind == "delete",
            marking, range(300), id="identifier that goes",
        ),
        pytest.param(lambda w: is_head(w, "G"), arriving, range(50), id="island"),
        pytest.param(
            lambda w: is_row(w) and w.kind == "put", arriving, range(100), id="new record"
        ),
        pytest.param(
            lambda w: is_row(w) and w.kind == "update", arriving, range(300), id="newer version"
        ),
        pytest.param(
            lambda w: is_row(w) and w.kind == "delete", returning, range(50), id="swept record"
        ),
        pytest.param(lambda w: w.kind == "check", trusting, range(190, 1_000), id="gate"),
        pytest.param(
            lambda w: w.key.sk.startswith("M#") and w.kind == "delete",
            leaving, range(100, 400), id="row of a carrier",
        ),
    ],
)  # fmt: skip
def test_without_its_condition_alone_some_history_goes_wrong(
    drops: Drops, goes: Callable[[int, Drops], bool], seeds: range
) -> None:
    def fails(seed: int) -> bool:
        try:
            return goes(seed, drops)
        except (AssertionError, KeyError):
            return True

    assert any(fails(seed) for seed in seeds)


@pytest.mark.parametrize("goes", [arriving, marking, trusting, leaving, returning])
def test_with_all_of_them_none_does(goes: Callable[[int, Drops], bool]) -> None:
    assert not any(goes(seed, lambda _write: False) for seed in range(40))


def test_money_of_a_subject_that_is_not_there_waits() -> None:
    """It would make a head of which nothing but its totals is known."""
    graph = MemoryTable()
    with pytest.raises(RetryLater):
        run_alone(
            store_records([prepare(order("1", 10), PEPPER, RULES)], frozenset()),
            graph,
            MemoryTable(),
        )
    assert graph.rows == {}
