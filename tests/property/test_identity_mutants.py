"""Each clause of the page matters: without it, some world comes out wrong."""

from collections.abc import Callable, Iterable
from random import Random

import pytest

from rules import identity, identity_blocks, identity_evidence
from rules.identity_blocks import Blocks, Conflict, Join
from rules.identity_sets import DisjointSets
from schemas.graph import Node, Review, Verdict
from schemas.policy import IdentityRules
from tests.oracle import identity as oracle
from tests.property import identity_worlds
from tests.property.identity_worlds import decide, world

WORLDS = 600
SOUND_UNIQUE = identity.is_unique
Break = Callable[[pytest.MonkeyPatch], None]


def caught() -> bool:
    """Whether some world now differs from the oracle, or cannot be decided."""
    return any(differs(world(Random(seed))) for seed in range(WORLDS))


def differs(given: oracle.World) -> bool:
    try:
        return frozenset(decide(given).customers) != oracle.solve(given)[0]
    except KeyError:
        return True


def without_conflict(reason: str) -> Break:
    sound = Blocks._conflict

    def conflict(self: Blocks, roots: frozenset[str]) -> Conflict | None:
        found = sound(self, roots)
        return None if found and found.reason == reason else found

    def broken(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Blocks, "_conflict", conflict)

    broken.__name__ = f"without_{reason}_conflicts"
    return broken


def without_the_check_of_components(patch: pytest.MonkeyPatch) -> None:
    sound = Blocks._conflict

    def merge_component(self: Blocks, joins: list[Join]) -> list[Review]:
        self._sets.join(s for join in joins for s in join.subjects)
        return []

    def conflict(self: Blocks, roots: frozenset[str]) -> Conflict | None:
        return sound(self, roots & self._held.keys())

    patch.setattr(Blocks, "_merge_component", merge_component)
    patch.setattr(Blocks, "_conflict", conflict)


def without_the_check_of_identifiers(patch: pytest.MonkeyPatch) -> None:
    """A conflicting identifier spoils its whole component, rather than only itself."""

    def merge(self: Blocks, joins: list[Join]) -> list[Review]:
        return [r for c in self._components(joins) for r in self._merge_component(c)]

    patch.setattr(Blocks, "merge", merge)


def without_levels(patch: pytest.MonkeyPatch) -> None:
    sound = identity._joins_by_level

    patch.setattr(
        identity,
        "_joins_by_level",
        lambda *given: [(0, [join for _, joins in sound(*given) for join in joins])],
    )


def the_weakest_level_first(patch: pytest.MonkeyPatch) -> None:
    sound = identity._joins_by_level
    patch.setattr(
        identity,
        "_joins_by_level",
        lambda *given: [(n, joins) for n, (_, joins) in enumerate(sound(*given)[::-1])],
    )


def without_scopes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identity, "_scope_depths", lambda levels, cap: {})


def a_cap_one_too_high(patch: pytest.MonkeyPatch) -> None:
    sound = identity._scope_depths
    patch.setattr(identity, "_scope_depths", lambda levels, cap: sound(levels, cap + 1))


def a_scope_of_everything_or_level_0(patch: pytest.MonkeyPatch) -> None:
    sound = identity._scope_depths
    patch.setattr(
        identity,
        "_scope_depths",
        lambda levels, cap: {s: min(at, 0) for s, at in sound(levels, cap).items()},
    )


def without_limits(patch: pytest.MonkeyPatch) -> None:
    sound = identity.links
    patch.setattr(identity, "links", lambda key, degree, *rest: sound(key, 0, *rest))


def a_limit_reached_is_a_limit_exceeded(patch: pytest.MonkeyPatch) -> None:
    sound = identity.links
    patch.setattr(identity, "links", lambda key, degree, *rest: sound(key, degree + 1, *rest))


def without_a_bound_per_subject(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identity, "too_many", lambda keys, rules: frozenset())


def a_bound_reached_is_a_bound_exceeded(patch: pytest.MonkeyPatch) -> None:
    sound = identity.too_many

    def too_many(keys: Iterable[str], rules: IdentityRules) -> frozenset[str]:
        types = {
            name: rule.model_copy(update={"per_subject": rule.per_subject - 1})
            for name, rule in rules.types.items()
        }
        return sound(keys, rules.model_copy(update={"types": types}))

    patch.setattr(identity, "too_many", too_many)


def who_has_too_much_still_counts(patch: pytest.MonkeyPatch) -> None:
    """It pushes other people's identifiers over their limits."""

    def counted(nodes: dict[str, Node], *rest: object) -> frozenset[str]:
        every = {s: n.model_copy(update={"links": n.links | n.crowded}) for s, n in nodes.items()}
        return identity.unusable(every, *rest)  # type: ignore[arg-type]

    patch.setattr(identity_worlds, "unusable", counted)


def junk_counts_as_too_much(patch: pytest.MonkeyPatch) -> None:
    sound = identity.evident
    patch.setattr(identity, "evident", lambda nodes, rules, junk: sound(nodes, rules, frozenset()))


def without_mark(name: str) -> Break:
    sound = identity.links

    def links(key: str, degree: int, rules: IdentityRules, marks: identity.Marks) -> bool:
        kept = {n: getattr(marks, n) for n in ("blocked", "trusted", "junk") if n != name}
        return sound(key, degree, rules, identity.Marks(**kept))

    def broken(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(identity, "links", links)

    broken.__name__ = f"without_{name}"
    return broken


def without_own_ids(patch: pytest.MonkeyPatch) -> None:
    def carried(node: Node) -> frozenset[str]:
        return node.links

    patch.setattr(identity, "carried", carried)


def without_aliases_as_one_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identity_blocks, "alias_classes", lambda aliases, nodes: DisjointSets())


def with_always_as_strong_as_alias(patch: pytest.MonkeyPatch) -> None:
    sound = identity_evidence.weigh

    def weigh(verdicts: Iterable[Verdict]) -> identity_evidence.Evidence:
        found = sound(verdicts)
        pairs = frozenset(pair for pair, _ in found.joins)
        return identity_evidence.Evidence(found.joins, pairs, found.apart, found.ignored)

    patch.setattr(identity, "weigh", weigh)


def the_first_verdict_stands(patch: pytest.MonkeyPatch) -> None:
    sound = identity_evidence._rank

    def rank(verdict: Verdict) -> tuple[float, int]:
        at, strength = sound(verdict)
        return -at.timestamp(), strength

    patch.setattr(identity_evidence, "_rank", rank)


def at_a_tie_always_stands(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identity_evidence, "STRENGTH", {"always": 2, "alias": 1, "never": 0})


def without_ignored_links(patch: pytest.MonkeyPatch) -> None:
    sound = identity_evidence.weigh

    def weigh(verdicts: Iterable[Verdict]) -> identity_evidence.Evidence:
        return sound(v for v in verdicts if v.kind != "ignore")

    patch.setattr(identity, "weigh", weigh)


def only_own_ids_are_unique(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        identity_blocks, "counted", lambda s, node, *rest: {node.own} if node.own else set()
    )


def every_own_id_is_unique(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        identity, "is_unique", lambda type_, rules: ":" in type_ or SOUND_UNIQUE(type_, rules)
    )


def nothing_but_own_ids_is_unique(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        identity, "is_unique", lambda type_, rules: ":" in type_ and SOUND_UNIQUE(type_, rules)
    )


@pytest.mark.parametrize(
    "broken",
    [
        without_conflict("unique"),
        without_conflict("never"),
        without_the_check_of_components,
        without_the_check_of_identifiers,
        without_levels,
        the_weakest_level_first,
        without_scopes,
        a_cap_one_too_high,
        a_scope_of_everything_or_level_0,
        without_limits,
        a_limit_reached_is_a_limit_exceeded,
        without_a_bound_per_subject,
        a_bound_reached_is_a_bound_exceeded,
        who_has_too_much_still_counts,
        junk_counts_as_too_much,
        without_mark("blocked"),
        without_mark("trusted"),
        without_mark("junk"),
        without_own_ids,
        without_aliases_as_one_id,
        with_always_as_strong_as_alias,
        the_first_verdict_stands,
        at_a_tie_always_stands,
        without_ignored_links,
        only_own_ids_are_unique,
        every_own_id_is_unique,
        nothing_but_own_ids_is_unique,
    ],
    ids=lambda broken: broken.__name__,
)
def test_a_function_without_the_clause_is_caught(
    broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    assert caught()
