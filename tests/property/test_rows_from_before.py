"""Rows from before what a record said was kept: read back from the links of their subject."""

from random import Random

import pytest

from rules import keys, resolution_again
from rules.resolution import resolve
from rules.resolution_again import kept_from, spoken
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_said import statement
from schemas.policy import IdentityRules
from tests.property import test_resolution_rekeying as rekeying
from tests.property.test_resolution import FIRST, HISTORIES
from tests.property.test_resolution_rekeying import AFTER, BEGUN
from tests.property.test_resolution_restated import clock, names, observed, rules, under, whole
from tests.simulator.histories import PEPPER, expected
from tests.simulator.reading import graph_in, heads
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

Said = dict[str, tuple[frozenset[str], frozenset[str]]]


def aged(table: MemoryTable) -> None:
    """The rows as they were before what a record said was kept in them."""
    for key, row in table.rows.items():
        if not key.sk.startswith("R#"):
            continue
        head, kept = heads(table)[key.pk[2:]], kept_from(row)
        (text,) = kept.row.said
        claims = statement(text).claims
        named = {keys.of_identifier(PEPPER, claim.identifier): claim for claim in claims}
        linked = frozenset(named.keys() & head.links.keys())
        left = tuple(claim for k, claim in named.items() if k not in linked)
        record = kept.row.model_copy(update={"said": frozenset(), "now": "", "unlinked": left})
        del row["said"]
        row["data"] = record.model_dump_json(exclude={"said", "identifiers"}, exclude_defaults=True)
        row.update({"ids": linked} if linked else {})


def from_before(random: Random) -> tuple[list[Received], IdentityRules, MemoryTable]:
    """Each record once, under rules that make no two values one."""
    received = list({each.observation.record.id: each for each in observed(random)}.values())
    old = rules(random)
    types = {name: rule for name, rule in old.types.items() if "+" not in name}
    old = old.model_copy(update={"plus_tags": False, "dotless_domains": (), "types": types})
    graph = MemoryTable()
    run_alone(resolve(received, under(old, names())), graph, MemoryTable())
    aged(graph)
    return received, old, graph


def rekeyed(graph: MemoryTable, rules_: IdentityRules) -> None:
    for last in (False, True):
        made = Laws(rules_, BEGUN, names(), clock)
        run_alone(rekeying.whole(made, last=last), graph, MemoryTable())


def adopted_right(seed: int, *, again: bool) -> bool:
    """Whether other rules make of them what they would have made of the records."""
    random = Random(seed)
    received, old, graph = from_before(random)
    new = rules(random)
    if again:
        rekeyed(graph, old)
    made = Laws(new, AFTER if again else PEPPER, names(), clock)
    run_alone(whole(made), graph, MemoryTable())
    return graph_in(graph, new).labels == expected(received, new).labels


@pytest.mark.parametrize("again", [False, True], ids=["under one pepper", "re-keyed since"])
def test_rows_from_before_are_read_back_from_the_links_of_their_subject(again: bool) -> None:
    """Their links' keys prove what they were made of, unless a rule made several values one."""
    for seed in range(FIRST, FIRST + HISTORIES // 3):
        assert adopted_right(seed, again=again), f"seed {seed}"


def said(graph: MemoryTable, made: Laws) -> Said:
    """What each subject's rows say, and what the newest alone do, by the newest names."""
    found = {}
    for s, head in heads(graph).items():
        rows = [
            kept_from(row)
            for key, row in graph.rows.items()
            if key.pk == f"S#{s}" and key.sk.startswith("R#")
        ]
        every = spoken(head, rows, made)
        assert every.links.keys() <= head.links.keys(), "by the names that the head has"
        passing = frozenset(keys.latest(BEGUN, key) for key in every.passing)
        found[s] = frozenset(keys.latest(BEGUN, key) for key in every.links), passing
    return found


def older_versions_said_all(graph: MemoryTable) -> None:
    """Whatever its subject is linked by: the newest alone is told apart by the head."""
    for key, row in graph.rows.items():
        if key.sk.startswith("R#C#"):
            row["ids"] = frozenset(heads(graph)[key.pk[2:]].links)


def says_the_same(seed: int) -> bool:
    """Whether rows from before do, however far the keys of their subject have come."""
    _, old, graph = from_before(Random(seed))
    older_versions_said_all(graph)
    before = said(graph, Laws(old, PEPPER, names(), clock))
    made = Laws(old, BEGUN, names(), clock)
    for _ in range(6):
        run_alone(rekeying.whole(made), graph, MemoryTable(), 12)
        if said(graph, made) != before:
            return False
    rekeyed(graph, old)
    return said(graph, Laws(old, AFTER, names(), clock)) == before


def test_rows_from_before_say_the_same_while_keys_come_to_another_pepper() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        assert says_the_same(seed), f"seed {seed}"


def test_by_their_former_names_they_would_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution_again, "_as_today", lambda kept, _head, _laws: kept)
    assert not all(map(says_the_same, range(10)))
    assert not all(adopted_right(seed, again=True) for seed in range(10))
