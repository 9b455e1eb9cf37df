"""What people and vendors said about pairs and links, weighed; and how to say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rules.identity_sets import DisjointSets
from schemas.graph import IdentifierKey, Node, SubjectKey, Verdict

Pair = tuple[str, str]
STRENGTH = {"ignore": 0, "always": 0, "alias": 1, "never": 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands once later verdicts have replaced earlier ones.

    Pairs of subjects are in order; `joins` says whether by `alias` or by `always`.
    """

    joins: tuple[tuple[Pair, str], ...]
    aliases: frozenset[Pair]
    apart: frozenset[Pair]
    ignored: frozenset[tuple[SubjectKey, IdentifierKey]]


def weigh(verdicts: Iterable[Verdict]) -> Evidence:
    """Per unordered pair the latest verdict stands; at a tie `never`, then `alias`."""
    verdicts = tuple(verdicts)
    standing_ = sorted((pair, verdict.kind) for pair, verdict in standing(verdicts).items())
    return Evidence(
        joins=tuple((pair, kind) for pair, kind in standing_ if kind != "never"),
        aliases=frozenset(pair for pair, kind in standing_ if kind == "alias"),
        apart=frozenset(pair for pair, kind in standing_ if kind == "never"),
        ignored=frozenset((v.a, v.b) for v in verdicts if v.kind == "ignore"),
    )


def standing(verdicts: Iterable[Verdict]) -> dict[Pair, Verdict]:
    """What was said of each pair, once later words have replaced earlier ones."""
    latest: dict[Pair, Verdict] = {}
    for verdict in verdicts:
        if verdict.kind != "ignore" and verdict.a != verdict.b:
            pair = _pair(verdict.a, verdict.b)
            rival = latest.get(pair)
            if rival is None or _rank(rival) < _rank(verdict):
                latest[pair] = verdict
    return latest


def taken_out(key: IdentifierKey, verdicts: Iterable[Verdict]) -> dict[SubjectKey, Verdict]:
    """Whose link by an identifier is ignored, and the latest word on it."""
    words = (v for v in verdicts if v.kind == "ignore" and v.b == key)
    return {word.a: word for word in sorted(words, key=lambda word: word.at)}


def lasting(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that can still matter, in a stable order: of what people said of a pair, or of a link,
    the latest.

    An alias goes with its record, so each stays, and so does what it overrules.
    """
    latest: dict[object, Verdict] = {}
    for verdict in verdicts:
        matter = _matter(verdict)
        if matter not in latest or _order(latest[matter]) < _order(verdict):
            latest[matter] = verdict
    return tuple(sorted(latest.values(), key=_in_order))


def _matter(verdict: Verdict) -> object:
    """What it is about: of two about the same, only the later can ever count."""
    if verdict.kind == "alias":
        return verdict
    if verdict.kind == "ignore":
        return verdict.a, verdict.b, verdict.spelt
    return _pair(verdict.a, verdict.b)


def _order(verdict: Verdict) -> tuple[datetime, int, str, str, str]:
    """Total, so that what is left does not depend on who came first."""
    return *_rank(verdict), verdict.by, verdict.why, verdict.a


def _in_order(verdict: Verdict) -> tuple[object, ...]:
    v = verdict
    return v.at, v.kind, v.a, v.b, v.by, v.why, v.spelt


def alias_classes(aliases: Iterable[Pair], nodes: Mapping[SubjectKey, Node]) -> DisjointSets:
    """Source ids of subjects that the vendor made one."""
    classes = DisjointSets()
    for pair in sorted(aliases):
        if nodes.keys() >= set(pair):
            classes.join(own for own in (nodes[s].own for s in pair) if own)
    return classes


def split_verdicts(
    side: frozenset[SubjectKey],
    nodes: Mapping[SubjectKey, Node],
    verdicts: Iterable[Verdict],
    said: Verdict,
) -> tuple[Verdict, ...]:
    """What to write to take `side` out of a customer whose subjects are `nodes`.

    `said` lends its time, author and reason. The links that the side shares with the rest are
    ignored; a pair that was joined by hand or by the vendor becomes `never`, since nothing is
    there to ignore.
    """
    rest = {key for s, node in nodes.items() if s not in side for key in carried(node)}
    links = [
        said.model_copy(update={"kind": "ignore", "a": s, "b": key})
        for s in sorted(side & nodes.keys())
        for key in sorted(carried(nodes[s]) & rest)
    ]
    pairs = [
        said.model_copy(update={"kind": "never", "a": pair[0], "b": pair[1]})
        for pair, _ in weigh(verdicts).joins
        if set(pair) <= nodes.keys() and len(side.intersection(pair)) == 1
    ]
    return (*links, *pairs)


def aliased(verdicts: Iterable[Verdict]) -> frozenset[Pair]:
    """The pairs of which their vendor ever said that they are one."""
    return frozenset(_pair(v.a, v.b) for v in verdicts if v.kind == "alias")


def merge_verdict(founders: Pair, known: frozenset[Pair], said: Verdict) -> Verdict:
    """What to write to make the customers of two founders one; of two that the vendor had made one
    (`known`), the alias again, since a weaker word would replace it.
    """
    a, b = pair = _pair(*founders)
    return said.model_copy(update={"kind": "alias" if pair in known else "always", "a": a, "b": b})


def carried(node: Node) -> frozenset[IdentifierKey]:
    """All identifiers of a subject: its links and its source's own id."""
    return node.links | {node.own} if node.own else node.links


def stated(node: Node) -> frozenset[IdentifierKey]:
    """The same, and what it has too much of to be linked by."""
    return carried(node) | node.crowded


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _rank(verdict: Verdict) -> tuple[datetime, int]:
    return verdict.at, STRENGTH[verdict.kind]
