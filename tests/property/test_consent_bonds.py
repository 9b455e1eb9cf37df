"""No merge, split, quarantine, erasure or adopted rule loosens a decision."""

from dataclasses import replace
from random import Random

import pytest

from rules import resolution_bonds
from rules.resolution import resolve
from rules.resolution_bonds import listed
from rules.resolution_case import Received
from schemas.graph import ConsentRow
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Observation, Record
from schemas.policy import IdentifierRule, IdentityRules
from tests.oracle import bonds as oracle
from tests.oracle.bonds import Moment, Refusal, Word
from tests.property.test_resolution import FIRST, HISTORIES, laws
from tests.simulator.histories import START
from tests.simulator.partings import HOUR, Story
from tests.simulator.reading import islands
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, run_alone

CRASHING = Faults(conflict=0.04, throttle=0.02, crash=0.04)


def wrong(story: Story) -> list[str]:
    """What the story breaks, by the hour; empty when nothing."""
    found = []
    ordered = oracle.remembers(story.passed, resolution_bonds.MOST)
    for n, moment in enumerate(story.seen[1:], 1):
        words = [word for word in story.words() if word.heard_at <= moment.at]
        so_far = story.seen[: n + 1]
        if not story.late and [*oracle.loosened(so_far, words)]:
            found.append(f"loosened in hour {n}")
        if {*oracle.must_refuse(so_far, words)} - moment.refused:
            found.append(f"does not bind in hour {n}")
        every = [word for word in story.said.values() if word.heard_at <= moment.at]
        passed = [each for each in story.passed if each.at <= moment.at]
        known = [*passed, moment], every
        if not all(oracle.may_refuse(r, *known, ordered=ordered) for r in moment.refused):
            found.append(f"binds a stranger in hour {n}")
    return found


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(6, CRASHING, id="six, crashing"),
    ],
)
def test_only_a_grant_loosens_and_only_who_was_one_with_them_binds(
    at_once: int, faults: Faults
) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        assert not wrong(Story(Random(seed), at_once, faults).played()), f"seed {seed}"


@pytest.mark.parametrize("hours, binds", [((1, 2, 2, 2), True), ((1, 2, 3, 3), False)])
def test_who_left_at_the_same_time_by_the_clock_may_be_bound_and_who_left_before_may_not(
    hours: tuple[int, ...], binds: bool
) -> None:
    """Ben leaves Ada, and is one with Cem, who withdrew: minutes later, or an hour."""
    told = (["ab", "c"], ["a", "b", "c"], ["a", "bc"], ["a", "b", "c"])
    times = [START + n * HOUR for n in hours]
    seen = [
        Moment(at, {s: frozenset(each) for each in groups for s in each}, frozenset())
        for at, groups in zip(times, told, strict=True)
    ]
    row = ConsentRow(
        purpose="care", channel="any", state="withdrawn", effective_at=START, stated=True,
        source="shop", record="1", heard_at=START,
    )  # fmt: skip
    assert oracle.may_refuse(Refusal("a", "", "care", "any"), seen, [Word("c", row)]) == binds


@pytest.mark.parametrize("most", [2, 3])
def test_nor_does_forgetting_in_which_order_they_fell_apart(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolution_bonds, "MOST", most)
    for seed in range(FIRST, FIRST + HISTORIES // 20):
        assert not wrong(Story(Random(seed), 6, CRASHING).played()), f"seed {seed}"


def test_a_quarantine_that_parts_many_is_one_bond_that_lists_each_once() -> None:
    most = 64
    rules = IdentityRules(types={"email": IdentifierRule(level=1, limit=most)})
    made, graph = replace(laws(), rules=rules), MemoryTable()
    address = Claim(identifier=Identifier(type="email", value="office@example.com"))
    for n in range(most + 1):
        subject = Subject(source=f"shop{n}", object="customer", id="1", created_at=START)
        record = Record(kind="contact", id="1", version="1", occurred_at=START)
        seen = Observation(subject=subject, record=record, claims=(address,))
        run_alone(resolve([Received(seen, START)], made), graph, MemoryTable())
    (bond,) = (bond for island in islands(graph).values() for bond in island.bonds)
    assert len(bond.parts) == listed([bond]) == most + 1, "its subjects, and the address"
