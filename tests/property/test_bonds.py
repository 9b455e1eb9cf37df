"""No merge, split, quarantine, erasure or adopted rule loosens a decision."""

from random import Random

import pytest

from tests.oracle import bonds as oracle
from tests.property.test_resolution import FIRST, HISTORIES
from tests.simulator.partings import Story
from tests.simulator.world import Faults

MODES = [
    pytest.param(1, Faults(), id="one at a time"),
    pytest.param(6, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="six, crashing"),
]


@pytest.mark.parametrize("at_once, faults", MODES)
def test_nothing_loosens_what_only_a_grant_may(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        story = Story(Random(seed), at_once, faults).played()
        words = story.words()
        for n, moment in enumerate(story.seen[1:], 1):
            found = [*oracle.loosened(story.seen[n - 1], moment, words)]
            assert not found, f"seed {seed}, hour {n + 1}"
            said = [word for word in words if word.row.heard_at <= moment.at]
            missing = {*oracle.must_refuse(story.seen[: n + 1], said)} - moment.refused
            assert not missing, f"seed {seed}, hour {n + 1}"
            passed = [each for each in story.passed if each.at <= moment.at]
            for refusal in moment.refused:
                assert oracle.may_refuse(refusal, [*passed, moment], said), f"seed {seed}"
