"""No merge, split, quarantine, erasure or adopted rule loosens a decision."""

from random import Random

import pytest

from tests.oracle import bonds as oracle
from tests.property.test_resolution import FIRST, HISTORIES
from tests.simulator.partings import Story
from tests.simulator.world import Faults


def wrong(story: Story) -> list[str]:
    """What the story breaks, by the hour; empty when nothing."""
    found = []
    for n, moment in enumerate(story.seen[1:], 1):
        words = [word for word in story.words() if word.heard_at <= moment.at]
        so_far = story.seen[: n + 1]
        if not story.late and [*oracle.loosened(story.seen[n - 1], moment, words)]:
            found.append(f"loosened in hour {n}")
        if {*oracle.must_refuse(so_far, words)} - moment.refused:
            found.append(f"does not bind in hour {n}")
        every = [word for word in story.said.values() if word.heard_at <= moment.at]
        passed = [each for each in story.passed if each.at <= moment.at]
        if not all(oracle.may_refuse(each, [*passed, moment], every) for each in moment.refused):
            found.append(f"binds a stranger in hour {n}")
    return found


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(6, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="six, crashing"),
    ],
)
def test_only_a_grant_loosens_and_only_who_was_one_with_them_binds(
    at_once: int, faults: Faults
) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        assert not wrong(Story(Random(seed), at_once, faults).played()), f"seed {seed}"
