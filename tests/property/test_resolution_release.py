"""What a subject had too much of links again, a transaction at a time, and that comes to an end."""

from dataclasses import replace

import pytest

from rules import resolution_release
from rules.resolution import resolve
from rules.resolution_crowds import due
from rules.resolution_release import release
from schemas.errors import RetryLater
from schemas.policy import IdentifierRule, IdentityRules
from tests.simulator.moving import Watched
from tests.simulator.orders import LAWS, order, s_of
from tests.simulator.reading import heads
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

MOST = 256
"""Links of one subject."""
CROWD = order("account", *(f"{n}@example.com" for n in range(MOST - 1)))
S = s_of(CROWD)


FEW = replace(
    LAWS, rules=IdentityRules(types={"email": IdentifierRule(level=1, limit=3, per_subject=2)})
)
MANY = replace(LAWS, rules=IdentityRules(types={}))
"""A type without a rule links nobody, however many there are."""


@pytest.fixture(name="crowded")
def _crowded() -> Watched:
    table = Watched()
    run_alone(resolve([CROWD], FEW), table, MemoryTable())
    assert len(heads(table)[S].crowded) == MOST - 1
    return table


def test_as_many_as_a_subject_may_have_are_released(crowded: Watched) -> None:
    run_alone(release(S, MANY), crowded, MemoryTable())
    head = heads(crowded)[S]
    assert not head.crowded
    assert not due(head, MANY.rules)


def test_a_plan_that_changes_nothing_is_a_fault_that_shows_and_no_loop_without_end(
    crowded: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolution_release, "plan_release", lambda *_, **__: None)
    with pytest.raises(RetryLater, match="to be released"):
        run_alone(release(S, MANY), crowded, MemoryTable())
