"""What one batch knows of a subject while other writers move it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from rules import resolution_links
from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_crowds import unsettled
from rules.resolution_islands import Laws
from schemas.identifiers import Claim, Identifier
from schemas.policy import IdentifierRule, IdentityRules
from tests.simulator.moving import Watched
from tests.simulator.orders import ADA, BEA, LAWS, order, s_of
from tests.simulator.reading import broken_promises, heads
from tests.simulator.store import MemoryTable
from tests.simulator.world import interrupted, run_alone

ANY = replace(LAWS, rules=IdentityRules(types={"email": IdentifierRule(level=1, limit=3)}))
RULES = IdentityRules(types={"email": IdentifierRule(level=1, limit=3, per_subject=2)})
FEW = replace(LAWS, rules=RULES)
THIRD = order("customer", "third@example.com", number=8, movable=False)
S = s_of(THIRD)


def names(who: str, number: int) -> Received:
    """An order of somebody that gives the customer's own id as theirs."""
    claim = Claim(identifier=Identifier(type="shop:customer", value="customer"))
    there = order(who, number=number, movable=False)
    return there._replace(observation=there.observation.model_copy(update={"claims": (claim,)}))


def moved_at_each_call(laws: Laws, twice: Received, *batch: Received) -> Iterator[Watched]:
    """The table after the batch, of which another was delivered twice: the second time to somebody
    else, between two of the batch's calls.
    """
    for point in count():
        table = Watched()
        known = order("customer", ADA, BEA, movable=False)
        run_alone(resolve([known], laws), table, MemoryTable())
        other = resolve([twice], laws)
        if not run_alone(
            interrupted(resolve([twice, *batch], laws), other, point), table, MemoryTable()
        ):
            return
        yield table


def test_too_many_addresses_leave_whatever_moved_the_subject_meanwhile() -> None:
    tables = [*moved_at_each_call(FEW, names("dan", 9), THIRD)]
    assert len(tables) > 4
    for table in tables:
        assert not unsettled(heads(table)[S], RULES)
        assert not broken_promises(table, rules=RULES)


def test_too_many_links_are_refused_whole_whatever_moved_the_subject_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution_links, "MOST_LINKS", 4)
    monkeypatch.setattr("rules.resolution.LINKS_AT_ONCE", 1)
    many = order("customer", *(f"{n}@example.com" for n in range(3)), number=9, movable=False)
    for table in moved_at_each_call(ANY, names("dan", 8), many):
        assert len(heads(table)[S].links) == 2
