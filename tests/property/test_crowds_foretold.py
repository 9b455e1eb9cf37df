"""The dry run of another bound per subject foretells what its adoption makes of the customers."""

from collections.abc import Sequence

import pytest

from adapters import policy as shelf
from functions import resolve, trying, wiring
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.identifiers import Subject
from schemas.policy import IdentifierRule, IdentityRules, Policy
from tests.fakes.graph import NOW, PEPPER, wire
from tests.property.test_policy_foretold import Moves, asked, moved, told
from tests.property.test_resolution_restated import whole
from tests.simulator.histories import expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.stories import contact
from tests.simulator.world import run_alone

MANY, FEW, LIMIT = 16, 2, 3
ADDRESSES = ("a@example.com", "b@example.com", "c@example.com")
SOURCES = (("shop", "customer"), ("crm", "contact"), ("till", "card"))
"""No two of one source: these are never one."""
USERS = [str(number) for number in range(8)]
"""Whoever of a group is the first by name is where the dry run looks at it from."""


def bounded(bound: int, limit: int = LIMIT) -> IdentityRules:
    email = IdentifierRule(level=1, limit=limit, per_subject=bound)
    return IdentityRules(types={"email": email}, scope_cap=20)


def user(name: str, *addresses: str) -> Received:
    return contact(9, Subject(source="help", object="user", id=name), *addresses)


def customers() -> list[Received]:
    """One for each address."""
    return [
        contact(n, Subject(source=source, object=object_, id=str(n)), address)
        for n, ((source, object_), address) in enumerate(zip(SOURCES, ADDRESSES, strict=True))
    ]


def pairs() -> list[Received]:
    """Two for each address."""
    return [
        contact(n, Subject(source=source, object=object_, id=str(n)), address)
        for n, address in enumerate(ADDRESSES)
        for source, object_ in SOURCES[:2]
    ]


def foretold(
    received: Sequence[Received],
    old: IdentityRules,
    new: IdentityRules,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[dict[str, str], Moves]:
    """The customers before, and what the dry run says of them: what the adoption then gives."""
    with monkeypatch.context() as patch:
        world = wire(patch, policy=("v1", Policy.model_validate(asked(old))))
        patch.setattr(trying, "PAGE", 3)
        patch.setattr(trying, "SCANNED", 7)
        shelf.first(world.table, wiring.policy()[1], NOW.isoformat())
        for each in received:
            resolve.resolve_batch([each])
        world.stream()
        before = graph_in(world.table.store, old, PEPPER)
        assert before == expected(received, old, PEPPER)
        _, moves = told(asked(new))
        laws = Laws(new, PEPPER, wiring.token, wiring.now)
        journal = wiring.journal().store  # type: ignore[attr-defined]
        run_alone(whole(laws), world.table.store, journal)
        after = graph_in(world.table.store, new, PEPPER)
        assert after == expected(received, new, PEPPER)
        assert not broken_promises(world.table.store, rules=new, pepper=PEPPER)
        assert moves == moved(before.labels, after.labels)
        return before.labels, moves


@pytest.mark.parametrize("name", USERS)
def test_a_lower_bound_parts_whom_a_subject_with_too_much_had_joined(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = [*customers(), user(name, *ADDRESSES)]
    before, moves = foretold(received, bounded(MANY), bounded(FEW), monkeypatch)
    (everybody,) = set(before.values())
    assert moves == {("split", frozenset({everybody}))}


@pytest.mark.parametrize("name", USERS)
def test_a_higher_bound_joins_them_from_wherever_they_are(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = [*customers(), user(name, *ADDRESSES)]
    before, moves = foretold(received, bounded(FEW), bounded(MANY), monkeypatch)
    assert len(before) == len(set(before.values())) == 4
    assert moves == {("merge", frozenset(before.values()))}


@pytest.mark.parametrize("name", USERS)
def test_who_has_too_much_of_a_type_counts_in_no_degree(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address at its limit links again once the subject beyond it carries it no more."""
    received = [*pairs(), user(name, *ADDRESSES)]
    few, many = bounded(FEW, limit=2), bounded(MANY, limit=2)
    before, moves = foretold(received, many, few, monkeypatch)
    assert len(set(before.values())) == 7
    assert len(moves) == 3
    assert {kind for kind, _ in moves} == {"merge"}
    before, moves = foretold(received, few, many, monkeypatch)
    assert len(set(before.values())) == 4
    assert len(moves) == 3
    assert {kind for kind, _ in moves} == {"split"}


def test_a_bound_that_all_keep_to_moves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    received = [*customers(), user("1", *ADDRESSES)]
    assert foretold(received, bounded(MANY), bounded(3), monkeypatch)[1] == set()
    others = [*customers(), user("1", *ADDRESSES, "d@example.com")]
    assert foretold(others, bounded(FEW), bounded(3), monkeypatch)[1] == set()
