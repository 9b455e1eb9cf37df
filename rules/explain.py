"""Why two subjects are one customer, or what keeps them apart, with source and time."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import AwareDatetime

from rules.identity import applied
from rules.identity_blocks import Join
from rules.identity_evidence import standing, stated, taken_out, weigh
from rules.keys import type_of
from schemas.frozen import Frozen
from schemas.graph import IdentifierKey, Island, Review, SubjectHead, SubjectKey, Verdict
from schemas.policy import IdentityRules

Heads = Mapping[SubjectKey, SubjectHead]


Reason = Literal[
    "unique",
    "never",
    "component",
    "scope",
    "too_large",
    "crowded",
    "unusable",
    "ignored",
    "nothing",
]


class Evidence(Frozen):
    """That a subject carries an identifier, or who decided about it."""

    source: str
    record: str = ""
    at: AwareDatetime | None = None


class Step(Frozen):
    """Two subjects of a chain and what joins them; `value` as received."""

    left: str
    type: str
    value: str
    right: str
    evidence: tuple[Evidence, ...] = ()


class Obstacle(Frozen):
    """Something that would have joined them, and why it does not; or that nothing would."""

    reason: Reason
    type: str = ""
    value: str = ""
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def values(self) -> str:
        """What there are two of, where `detail` is a unique type."""
        return f"{'ids' if ':' in self.detail else 'values'} of {self.detail}"


class Explanation(Frozen):
    """Either a chain, of one customer, or obstacles. `a` and `b` are readable subject keys."""

    a: str
    b: str
    together: bool
    chain: tuple[Step, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


def explain(
    a: SubjectKey, b: SubjectKey, island: Island, heads: Heads, rules: IdentityRules
) -> Explanation:
    """The shortest chain of identifiers between two subjects of an island, or what prevents one.

    `heads` gives values and evidence; a subject without one is named by its key. Subjects of two
    islands share nothing that links: put both into one `Island` to say so.
    """
    joins = applied(island.nodes, island.unusable, island.verdicts, rules)
    path = _path(a, b, joins)
    names = _named(a, heads), _named(b, heads)
    if path is not None:
        chain = tuple(_step(*hop, island, heads) for hop in path)
        return Explanation(a=names[0], b=names[1], together=True, chain=chain)
    found = tuple(_obstacles(a, b, island, heads, joins)) or (Obstacle(reason="nothing"),)
    return Explanation(a=names[0], b=names[1], together=False, obstacles=found)


def _path(
    a: SubjectKey, b: SubjectKey, joins: Iterable[Join]
) -> list[tuple[SubjectKey, IdentifierKey, SubjectKey]] | None:
    carried_by: dict[SubjectKey, list[Join]] = {}
    for join in joins:
        for s in join.subjects:
            carried_by.setdefault(s, []).append(join)
    came: dict[SubjectKey, tuple[SubjectKey, IdentifierKey]] = {a: (a, "")}
    queue = deque([a])
    while queue and b not in came:
        s = queue.popleft()
        for join in carried_by.get(s, ()):
            for other in join.subjects:
                if other not in came:
                    came[other] = s, join.identifier
                    queue.append(other)
    return _walked(a, b, came) if b in came else None


def _walked(
    a: SubjectKey, b: SubjectKey, came: Mapping[SubjectKey, tuple[SubjectKey, IdentifierKey]]
) -> list[tuple[SubjectKey, IdentifierKey, SubjectKey]]:
    hops = []
    while b != a:
        before, identifier = came[b]
        hops.append((before, identifier, b))
        b = before
    return hops[::-1]


def _step(
    left: SubjectKey, identifier: IdentifierKey, right: SubjectKey, island: Island, heads: Heads
) -> Step:
    return Step(
        left=_named(left, heads),
        right=_named(right, heads),
        type=type_of(identifier),
        value=_value(identifier, (left, right), island, heads),
        evidence=_evidence(identifier, (left, right), island, heads),
    )


def _obstacles(
    a: SubjectKey, b: SubjectKey, island: Island, heads: Heads, joins: tuple[Join, ...]
) -> Iterator[Obstacle]:
    """What lies between the customers of the two; what is up for review first, as it is listed."""
    mine, yours = _reached(a, joins), _reached(b, joins)
    for review in island.reviews:
        if review.subjects & mine and review.subjects & yours:
            yield refused(review, island, heads)
    for pair, verdict in sorted(standing(island.verdicts).items()):
        if verdict.kind == "never" and mine.intersection(pair) and yours.intersection(pair):
            yield Obstacle(reason="never", detail=verdict.why, evidence=(_said(verdict),))
    ignored = weigh(island.verdicts).ignored
    for key in sorted(_stated(mine, island) & _stated(yours, island)):
        both = [s for s in sorted(mine | yours) if key in stated(island.nodes[s])]
        reason = _silenced(key, both, island, ignored)
        if reason == "ignored":
            yield _split_off(key, both, island, heads)
        elif reason:
            yield _obstacle(reason, key, both, island, heads)


def _split_off(
    key: IdentifierKey, both: list[SubjectKey], island: Island, heads: Heads
) -> Obstacle:
    """By whom it was taken out of the reckoning, the latest first, then who carries it."""
    found = _obstacle("ignored", key, both, island, heads)
    words = taken_out(key, island.verdicts)
    latest = sorted((words[s] for s in both if s in words), key=lambda word: word.at, reverse=True)
    evidence = (*map(_said, latest), *found.evidence)
    return found.model_copy(update={"detail": latest[0].why, "evidence": evidence})


def _silenced(
    key: IdentifierKey,
    both: Iterable[SubjectKey],
    island: Island,
    ignored: frozenset[tuple[SubjectKey, IdentifierKey]],
) -> Reason | None:
    """Why what several carry joins none of them, whoever they are."""
    if any(key in island.nodes[s].crowded for s in both):
        return "crowded"
    if key in island.unusable:
        return "unusable"
    return "ignored" if any((s, key) in ignored for s in both) else None


def _reached(s: SubjectKey, joins: tuple[Join, ...]) -> frozenset[SubjectKey]:
    reached = {s}
    grown = True
    while grown:
        near = [join for join in joins if not reached.isdisjoint(join.subjects)]
        more = reached.union(*(join.subjects for join in near))
        grown, reached = len(more) > len(reached), more
    return frozenset(reached)


def _stated(subjects: Iterable[SubjectKey], island: Island) -> set[IdentifierKey]:
    return {key for s in subjects if s in island.nodes for key in stated(island.nodes[s])}


def refused(review: Review, island: Island, heads: Heads) -> Obstacle:
    """A link that was refused."""
    found = _obstacle(review.reason, review.identifier, sorted(review.subjects), island, heads)
    return found.model_copy(update={"detail": _told(review, heads)})


def _told(review: Review, heads: Heads) -> str:
    return " ".join(_named(word, heads) for word in review.detail.split())


def _obstacle(
    reason: Reason,
    key: IdentifierKey,
    subjects: list[SubjectKey],
    island: Island,
    heads: Heads,
) -> Obstacle:
    value, evidence = _value(key, subjects, island, heads), _evidence(key, subjects, island, heads)
    return Obstacle(reason=reason, type=type_of(key), value=value, evidence=evidence)


def _named(s: SubjectKey, heads: Heads) -> str:
    return heads[s].subject.key if s in heads else s


def _value(key: IdentifierKey, subjects: Iterable[SubjectKey], island: Island, heads: Heads) -> str:
    """As the first of the subjects received it, or as its own source numbers it."""
    for s in subjects:
        if s in heads and key in heads[s].links:
            return heads[s].links[key].value
        if s in heads and island.nodes[s].own == key:
            return heads[s].subject.id
    return ""


def _evidence(
    key: IdentifierKey, subjects: Iterable[SubjectKey], island: Island, heads: Heads
) -> tuple[Evidence, ...]:
    subjects = tuple(subjects)
    if type_of(key) in {"alias", "always"}:
        word = standing(island.verdicts).get((min(subjects), max(subjects)))
        return (_said(word),) if word else ()
    return tuple(_link(key, heads[s]) for s in subjects if s in heads)


def _link(key: IdentifierKey, head: SubjectHead) -> Evidence:
    link = head.links.get(key)
    if link:
        return Evidence(source=link.source, record=link.record, at=link.at)
    return Evidence(source=head.subject.source, at=head.subject.created_at)


def _said(verdict: Verdict) -> Evidence:
    return Evidence(source=verdict.by, record=verdict.why, at=verdict.at)
