"""Keys come to another pepper beside resolvers, and no customer changes for it."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from rules import keys, renaming, resolution_bonds, resolution_islands, resolution_renaming
from rules.identity import Marks
from rules.keys import Pepper
from rules.resolution import resolve
from rules.resolution_calls import Steps, TableName
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD, identifier_from
from rules.resolution_marks import mark
from rules.resolution_rekeying import Going, rekey
from rules.resolution_view import Draft
from schemas.errors import RetryLater
from schemas.rows import ABSENT, Key
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs
from tests.property.test_resolution_mutants import identifiers, islands, none, subjects
from tests.property.test_resolution_restated import clock, names
from tests.simulator.deeds import in_force, judged, marked, marks, verdicts
from tests.simulator.histories import PEPPER, RULES, crowd, expected, history
from tests.simulator.reading import broken_promises, graph_in, heads
from tests.simulator.reading import islands as islands_in
from tests.simulator.removals import admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

SECOND = Pepper(b"another pepper for tests", 2)
TABLES: tuple[TableName, ...] = ("graph", "journal")
AWARE = replace(PEPPER, coming=SECOND)
BEGUN = replace(PEPPER, coming=SECOND, begun=True)
AFTER = replace(PEPPER, later=(SECOND,))
STAGES = ((PEPPER,), (PEPPER, AWARE), (AWARE, BEGUN), (BEGUN,), (BEGUN, AFTER), (AFTER,))
"""Which processes run at the same time: each stage begins when those of the last have ended."""
SWEPT = {3: False, 5: True}
"""The stages beside which all is gone through, and whether for the last time."""


def swept(going: Going, made: Laws) -> Steps[bool]:
    """One page, as one turn of the background work; what is left comes again."""
    if not (yield from rekey(going, made)).done:
        raise RetryLater("more pages")
    return True


def whole(made: Laws, *, last: bool = False) -> Steps[bool]:
    for going in goings(last=last):
        while not (yield from rekey(going, made)).done:
            pass
    return True


def in_turn(steps: Iterable[Going], made: Laws) -> Steps[bool]:
    """One after the other, each page by page."""
    for going in steps:
        yield from swept(going, made)
    return True


def sweeps(made: Laws, *, last: bool = False) -> list[Job]:
    """The tables side by side, while the steps do not depend on what is in the other."""
    if last:
        return [partial(in_turn, goings(last=True), made)]
    return [
        partial(in_turn, [each for each in goings(last=False) if each.table == table], made)
        for table in TABLES
    ]


def goings(*, last: bool) -> list[Going]:
    if not last:
        return [*(Going(2, table) for table in TABLES), Going(2, "graph", "crowds")]
    return [Going(2, "graph", "bonds"), *(Going(2, table, "rest") for table in TABLES)]


def played(
    random: Random,
    received: Sequence[Received],
    faults: Faults,
    deeds: Callable[[Laws, int], Iterable[Job]] = lambda _laws, _stage: (),
    forgets: Callable[[Key], bool] = none,
) -> World:
    """Resolvers of every stage, the sweep beside those that all make new keys."""
    fresh = names()
    world = World(random, faults, MemoryTable(forgets=forgets), most=20_000)
    for stage, peppers in enumerate(STAGES):
        part = received[stage :: len(STAGES)]
        work: list[Job] = []
        for batch in batches(random, part):
            work += jobs([batch], Laws(RULES, random.choice(peppers), fresh, clock))
        work += deeds(Laws(RULES, random.choice(peppers), fresh, clock), stage)
        if stage in SWEPT:
            work += sweeps(Laws(RULES, BEGUN, fresh, clock), last=SWEPT[stage])
        random.shuffle(work)
        world.run(work, 8)
    return world


def remaining(table: MemoryTable) -> list[str]:
    """Keys that are still of the former kind, wherever they are; those still coming to the new."""
    rows = [row for key, row in table.rows.items() if key.pk[:2] == "I#" and key.sk == HEAD]
    cells = [identifier_from(row) for row in rows]
    found = {cell.key for cell in cells}
    for head in heads(table).values():
        found |= {*head.links, *head.leaving, *(k for k in head.doubtful if k)}
        found |= {*head.crowded, *head.parting}
    for island in islands_in(table).values():
        found |= {k for node in island.nodes.values() for k in (*node.links, *node.crowded)}
        found |= {*island.unusable, *island.oversized}
    coming = {cell.key for cell in cells if cell.moved or cell.arriving}
    return sorted(k for k in found if k in coming or (not keys.is_own(k) and keys.made_with(k) < 2))


def new(key: str) -> str:
    return keys.renewed(BEGUN, key)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(), id="eight"),
        pytest.param(Faults(conflict=0.03, throttle=0.02, crash=0.03), id="eight, crashing"),
    ],
)
@pytest.mark.parametrize("few", [False, True], ids=["together", "a few at a time"])
def test_the_graph_is_what_it_would_be_under_the_new_pepper(
    faults: Faults, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if few:
        monkeypatch.setattr(resolution_renaming, "TOGETHER", 1)
        monkeypatch.setattr(resolution_renaming, "APART", 1)
    for seed in range(FIRST, FIRST + HISTORIES // 3):
        random = Random(seed)
        received = history(random, 24)
        table = played(random, received, faults).graph
        assert not broken_promises(table, pepper=AFTER), f"seed {seed}"
        assert not remaining(table), f"seed {seed}"
        assert graph_in(table, RULES, AFTER) == expected(received, RULES, AFTER), f"seed {seed}"


def test_no_customer_changes_at_any_moment_and_a_crash_after_any_call_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution_renaming, "TOGETHER", 2)
    monkeypatch.setattr(resolution_renaming, "APART", 1)
    for seed in range(FIRST, FIRST + HISTORIES // 60):
        received, fresh = history(Random(seed), 12), names()
        wanted = expected(received, RULES, AFTER)
        for crash_at in range(400):
            graph, journal = MemoryTable(), MemoryTable()
            run_alone(resolve(received, Laws(RULES, PEPPER, fresh, clock)), graph, journal)
            finished = run_alone(whole(Laws(RULES, BEGUN, fresh, clock)), graph, journal, crash_at)
            assert graph_in(graph, RULES, BEGUN).labels == wanted.labels, f"{seed}, {crash_at}"
            assert not broken_promises(graph, pepper=BEGUN), f"seed {seed}, call {crash_at}"
            if finished or crash_at % 3 == 0:
                run_alone(whole(Laws(RULES, BEGUN, fresh, clock)), graph, journal)
                assert not remaining(graph), f"seed {seed}, call {crash_at}"
                assert graph_in(graph, RULES, AFTER) == wanted, f"seed {seed}, call {crash_at}"
            if finished:
                break


def test_what_is_quarantined_can_be_trusted_by_its_former_name() -> None:
    received, fresh = crowd(Random(1), 5), names()
    graph, journal, begun = MemoryTable(), MemoryTable(), Laws(RULES, BEGUN, fresh, clock)
    key = next(iter(prepare(received[0], PEPPER, RULES).links))
    run_alone(resolve(received, Laws(RULES, PEPPER, fresh, clock)), graph, journal)
    run_alone(whole(begun), graph, journal)
    run_alone(marked(key, ((None, True),), begun), graph, journal)
    trusted = in_force({new(key): ((None, True),)})
    assert graph_in(graph, RULES, AFTER) == expected(received, RULES, AFTER, marks=trusted)


def test_what_people_decide_meanwhile_holds() -> None:
    """Verdicts name links, and marks name identifiers, by whichever name they were looked up."""
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        random = Random(seed)
        received = history(random, 20)
        known = [*received[0 :: len(STAGES)], *received[1 :: len(STAGES)]]
        said, chosen = verdicts(random, known), marks(random, received)
        last = len(STAGES) - 2
        when = {each: random.randrange(2, last + 1) for each in (*said, *chosen)}

        def deeds(made: Laws, stage: int) -> Iterable[Job]:
            named: Callable[[str], str] = new if stage >= last else str  # noqa: B023
            for each in said:  # noqa: B023
                if when[each] == stage:  # noqa: B023
                    b = named(each.b) if each.kind == "ignore" else each.b
                    yield partial(judged, [each.model_copy(update={"b": b})], made)
            for key, values in chosen.items():  # noqa: B023
                if when[key] == stage:  # noqa: B023
                    yield partial(marked, named(key), values, made)

        table = played(random, received, Faults(conflict=0.02, crash=0.02), deeds).graph
        assert not broken_promises(table, pepper=AFTER), f"seed {seed}"
        assert not remaining(table), f"seed {seed}"
        force = in_force(chosen)
        told = [v.model_copy(update={"b": new(v.b)}) if v.kind == "ignore" else v for v in said]
        wanted = expected(
            received, RULES, AFTER, said=told,
            marks=Marks(frozenset(map(new, force.blocked)), frozenset(map(new, force.trusted))),
        )  # fmt: skip
        assert graph_in(table, RULES, AFTER) == wanted, f"seed {seed}"


def test_what_is_removed_meanwhile_stays_out() -> None:
    """First calls of removals before the sweep, their last calls beside it."""
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        random = Random(seed)
        old, later = histories(random, 14)
        removed = removals(random, old)
        world, fresh = World(random, Faults(conflict=0.03, crash=0.03)), names()
        world.run(jobs(batches(random, old), Laws(RULES, PEPPER, fresh, clock)), 8)
        for last, peppers in ((False, (AWARE, BEGUN)), (True, (BEGUN,))):
            made = Laws(RULES, random.choice(peppers), fresh, clock)
            work: list[Job] = [partial(each.steps, made, last=last) for each in removed]
            if last:
                work += [*jobs(batches(random, later), made), *sweeps(made)]
            random.shuffle(work)
            world.run(work, 8)
        wanted = expected([*admitted(old, removed), *later], RULES, AFTER)
        assert not broken_promises(world.graph, pepper=AFTER), f"seed {seed}"
        assert not remaining(world.graph), f"seed {seed}"
        assert graph_in(world.graph, RULES, AFTER) == wanted, f"seed {seed}"


def goes_wrong(seed: int, forgets: Callable[[Key], bool] = none) -> bool:
    random = Random(seed)
    received = history(random, 24)
    try:
        table = played(random, received, Faults(crash=0.03), forgets=forgets).graph
        wrong = bool(broken_promises(table, pepper=AFTER) or remaining(table))
        return wrong or graph_in(table, RULES, AFTER) != expected(received, RULES, AFTER)
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize("forgets", [subjects, identifiers, islands])
def test_without_its_condition_some_history_goes_wrong(forgets: Callable[[Key], bool]) -> None:
    assert any(goes_wrong(seed, forgets) for seed in range(HISTORIES))


@pytest.mark.parametrize(
    "stages",
    [
        pytest.param(((PEPPER,), (PEPPER, BEGUN), *[(BEGUN,)] * 3, (AFTER,)), id="unaware"),
        pytest.param(
            ((PEPPER,), *[(AWARE,)] * 2, (AWARE, BEGUN), (BEGUN,), (AFTER,)), id="swept early"
        ),
    ],
)
def test_each_stage_waits_for_those_who_run(
    stages: tuple[tuple[Pepper, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before new keys are made everybody knows them; before the sweep everybody makes them."""
    monkeypatch.setattr(sys.modules[__name__], "STAGES", stages)
    assert any(goes_wrong(seed) for seed in range(HISTORIES))


def test_the_other_name_must_be_free_until_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one resolver takes the former and another the new, and nobody joins their subjects."""

    def unchecked(draft: Draft, key: str, pepper: Pepper) -> str:
        found = checked(draft, key, pepper)
        draft.rows = [write for write in draft.rows if write.condition is not ABSENT]
        return found

    checked = renaming._name
    monkeypatch.setattr(renaming, "_name", unchecked)
    assert any(goes_wrong(seed) for seed in range(HISTORIES))


def test_islands_read_both_names_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else somebody whose carriers are many would fall apart until all have come."""
    received = crowd(Random(1), 3)
    (key,) = prepare(received[0], PEPPER, RULES).links

    def labels(until: int) -> tuple[dict[str, str], object]:
        graph, journal, fresh = MemoryTable(), MemoryTable(), names()
        first = Laws(RULES, PEPPER, fresh, clock)
        run_alone(resolve(received, first), graph, journal)
        run_alone(mark(key, first, trusted=True), graph, journal)
        ended = run_alone(whole(Laws(RULES, BEGUN, fresh, clock)), graph, journal, until)
        return graph_in(graph, RULES, BEGUN).labels, ended

    monkeypatch.setattr(resolution_renaming, "TOGETHER", 1)
    before, _ = labels(0)
    assert len(set(before.values())) < len(before)
    assert all(labels(until)[0] == before for until in range(120))
    monkeypatch.setattr(resolution_islands, "renamed", lambda island, _pepper: island)
    assert any(labels(until)[0] != before for until in range(120))


def partings(seed: int) -> tuple[int, int, list[str]]:
    """How many bonds there are before and after, and the former names that are left in them."""
    received, fresh = history(Random(seed), 12), names()
    graph, journal = MemoryTable(), MemoryTable()
    run_alone(resolve(received, Laws(RULES, PEPPER, fresh, clock)), graph, journal)
    before = sum(len(island.bonds) for island in islands_in(graph).values())
    run_alone(whole(Laws(RULES, BEGUN, fresh, clock)), graph, journal)
    run_alone(whole(Laws(RULES, BEGUN, fresh, clock), last=True), graph, journal)
    bonds = [bond for island in islands_in(graph).values() for bond in island.bonds]
    things = {thing for bond in bonds for part in bond.parts for thing in part}
    return before, len(bonds), sorted(k for k in things if "#" in k and keys.made_with(k) < 2)


def test_nobody_parts_from_an_address_that_is_only_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [partings(seed) for seed in range(FIRST, FIRST + HISTORIES // 3)]
    assert all(before == after and not former for before, after, former in found)
    assert any(before for before, _, _ in found), "some had parted before"
    monkeypatch.setattr(resolution_bonds, "renamed", lambda island, _pepper: island)
    assert any(before != after for before, after, _ in map(partings, range(30)))
