"""The list by which customers are found by name, while its keys come to another pepper."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

from rules import finding, names
from rules.keys import Pepper
from rules.resolution_rekeying import relist
from schemas.graph import Field, Profile
from tests.simulator.store import MemoryTable
from tests.simulator.world import Slow, run_alone

FIRST = Pepper(b"first")
SECOND = Pepper(b"second", 2)
AWARE = replace(FIRST, coming=SECOND)
BEGUN = replace(AWARE, begun=True)
AFTER = replace(FIRST, later=(SECOND,))
STAGES = (FIRST, AWARE, BEGUN, AFTER)
WORDS = ("ada", "ben", "cem", "dora")
SEEDS = 300


def view(words: tuple[str, ...]) -> Profile:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    name = Field(value=" ".join(words), source="shop", record="customer:1", at=at)
    return Profile(
        customer="c1", version=1, island="g", island_version=1, subjects={"s": "shop:customer:1"},
        traits={"name": name} if words else {},
    )  # fmt: skip


def write(table: MemoryTable, pepper: Pepper, old: Profile | None, new: Profile) -> None:
    table.transact([each for each in finding.rows(pepper, old, new) if each.key.pk[:2] == "N#"])


def listed(table: MemoryTable, pepper: Pepper) -> set[str]:
    return {
        word
        for word in WORDS
        for pk in names.partitions(pepper, word)
        if table.query(pk, "c1")
    }  # fmt: skip


def sweep(table: MemoryTable) -> None:
    for place in [key for key in table.rows if key.pk[:2] == "N#"]:
        run_alone(relist(place, BEGUN), table, MemoryTable())


def test_it_is_by_the_words_of_the_last_view_whatever_stage_each_was_written_in() -> None:
    for seed in range(SEEDS):
        random, table = Random(seed), MemoryTable()
        views = [view(tuple(random.sample(WORDS, random.randrange(4)))) for _ in range(8)]
        stages = sorted(random.choices(range(3), k=7))
        write(table, STAGES[stages[0]], None, views[0])
        for stage, (old, new) in zip(stages, pairwise(views), strict=True):
            if stage == STAGES.index(BEGUN) and random.random() < 0.5:
                sweep(table)
            write(table, STAGES[stage], old, new)
            assert listed(table, STAGES[stage]) == names.words_of(new), f"seed {seed}"
        sweep(table)
        assert listed(table, AFTER) == names.words_of(views[-1]), f"seed {seed}"
        assert listed(table, FIRST) == set(), f"seed {seed}"


def test_who_loses_a_word_at_any_moment_of_the_move_is_not_listed_by_it() -> None:
    for calls in range(4):
        table = MemoryTable()
        write(table, FIRST, None, view(("ada",)))
        (place,) = table.rows
        moving = Slow(relist(place, BEGUN), table, MemoryTable())
        moving.go(calls)
        write(table, AWARE, view(("ada",)), view(()))
        moving.go(-1)
        assert not table.rows, f"call {calls}"


def test_without_the_condition_it_comes_back() -> None:
    table = MemoryTable(drops=lambda write: write.kind == "delete")
    write(table, FIRST, None, view(("ada",)))
    (place,) = table.rows
    moving = Slow(relist(place, BEGUN), table, MemoryTable())
    moving.go(1)
    write(table, AWARE, view(("ada",)), view(()))
    moving.go(-1)
    assert listed(table, AFTER) == {"ada"}
