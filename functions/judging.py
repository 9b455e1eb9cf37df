"""What people decide about who is who becomes evidence, and the graph follows it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

from adapters.customers import Customers
from functions import adopting, wiring
from functions.party import Party
from functions.problem import NotServed
from rules.identity import founder
from rules.identity_evidence import aliased, merge_verdict, split_verdicts, weigh
from rules.resolution_verdicts import judge
from schemas.errors import BadRecord
from schemas.evidence import JudgedView, PartView
from schemas.frozen import Frozen
from schemas.graph import Island, SubjectKey, Verdict

ROUNDS = 3
"""Others may add a link between the sides while they are split."""


class Judge(NamedTuple):
    """Who decides, why, and when it was first asked for."""

    by: str
    why: str
    at: datetime

    def says(self) -> Verdict:
        """A verdict that lends its author, reason and time."""
        return Verdict(kind="never", a="", b="", at=self.at, by=self.by, why=self.why)


class Plan(Frozen):
    """What is about to be written, about which customers: enough to go on after a crash."""

    sides: tuple[frozenset[SubjectKey], ...]
    verdicts: tuple[Verdict, ...]


def splitting(rest: frozenset[SubjectKey], side: frozenset[SubjectKey], judge_: Judge) -> Plan:
    """What takes `side` out of a customer."""
    island = home(rest | side)
    return Plan(sides=(rest, side), verdicts=_out_of(island, rest, side, judge_))


def joining(parties: Sequence[Party], judge_: Judge) -> Plan:
    """What makes one customer of several, overruling every `never` between them: each with each,
    so that it does not depend on which of them comes first.
    """
    every = list({each.customer: each for each in parties}.values())
    twos = list(combinations(every, 2))
    pairs = [
        *((_founder(a), _founder(b)) for a, b in twos),
        *(pair for two in twos for pair in _apart(*two)),
    ]
    known = aliased(verdict for each in every for verdict in each.island.verdicts)
    said = (merge_verdict(pair, known, judge_.says()) for pair in pairs)
    return _about(parties, dict.fromkeys(said))


def parting(parties: Sequence[Party], judge_: Judge) -> Plan:
    """What says of each two of these customers that they are not the same."""
    pairs = combinations([_founder(each) for each in parties], 2)
    said = (judge_.says().model_copy(update={"a": min(p), "b": max(p)}) for p in pairs)
    return _about(parties, said)


def split(plan: Plan, judge_: Judge) -> JudgedView:
    """Takes one side out of the customer of both."""
    rest, side = plan.sides
    written, island = said(plan.verdicts), home(rest | side)
    for _ in range(ROUNDS - 1):
        if not _meet(island, side, rest):
            break
        written += said(_out_of(island, rest, side, judge_))
        island = home(rest | side)
    because = ("other customers' links still join them",)
    met = _meet(island, side, rest)
    return told(judge_, written, [island], rest | side, because if met else ())


def judged(plan: Plan, judge_: Judge) -> JudgedView:
    """Writes what was decided of several customers, and tells where all of their subjects are."""
    written, about = said(plan.verdicts), frozenset[SubjectKey]().union(*plan.sides)
    return told(judge_, written, today(about), about)


def said(verdicts: Sequence[Verdict]) -> int:
    """Writes evidence; how much of it."""
    laws = wiring.laws(wiring.policy()[1].identity)
    try:
        wiring.stores().run(judge(verdicts, laws, adopting.former()))
    except BadRecord as error:
        raise NotServed(409, f"{error.reason}.") from error
    return len(verdicts)


def home(subjects: Iterable[SubjectKey]) -> Island:
    """The island where all of these are today."""
    found = today(subjects)
    if len(found) != 1:
        raise NotServed(409, "These are of different customers: look them up again.")
    return found[0]


def today(subjects: Iterable[SubjectKey]) -> tuple[Island, ...]:
    """The islands where these are today."""
    customers = Customers(wiring.graph())
    heads = customers.heads(subjects)
    islands = customers.islands({head.island for head in heads.values()})
    return tuple({island.g: island for island in islands.values()}.values())


def told(
    judge_: Judge,
    written: int,
    islands: Iterable[Island],
    about: Iterable[SubjectKey],
    because: tuple[str, ...] = (),
) -> JudgedView:
    """The customers of today that these subjects are."""
    wanted = set(about)
    labels = {s: label for island in islands for s, label in island.labels.items()}
    customers = sorted({labels[s] for s in wanted if s in labels})
    heads = Customers(wiring.graph()).heads(s for s, label in labels.items() if label in customers)
    parts = tuple(
        PartView(
            customer=customer,
            subjects=tuple(sorted(heads[s].subject.key for s in heads if labels[s] == customer)),
        )
        for customer in customers
    )
    return JudgedView(
        at=judge_.at,
        by=judge_.by,
        written=written,
        joined=len(parts) == 1,
        customers=parts,
        because=because,
    )


def _out_of(
    island: Island, rest: frozenset[SubjectKey], side: frozenset[SubjectKey], judge_: Judge
) -> tuple[Verdict, ...]:
    whole = rest | side
    nodes = {s: island.nodes[s] for s in whole | _customers(island, whole)}
    return split_verdicts(side, nodes, island.verdicts, judge_.says())


def _about(parties: Iterable[Party], verdicts: Iterable[Verdict]) -> Plan:
    return Plan(sides=tuple(each.subjects for each in parties), verdicts=tuple(verdicts))


def _founder(each: Party) -> SubjectKey:
    return founder(each.subjects, each.island.nodes)


def _apart(a: Party, b: Party) -> list[tuple[SubjectKey, SubjectKey]]:
    stands = weigh((*a.island.verdicts, *b.island.verdicts)).apart
    sides = a.subjects, b.subjects
    return [
        pair
        for pair in sorted(stands)
        if any(pair[n] in sides[0] and pair[1 - n] in sides[1] for n in (0, 1))
    ]


def _meet(island: Island, side: frozenset[SubjectKey], rest: frozenset[SubjectKey]) -> bool:
    there = {island.labels[s] for s in side if s in island.labels}
    return any(island.labels.get(s) in there for s in rest)


def _customers(island: Island, subjects: frozenset[SubjectKey]) -> frozenset[SubjectKey]:
    """Everybody who is one customer with one of these."""
    wanted = {island.labels[s] for s in subjects if s in island.labels}
    return frozenset(s for s, label in island.labels.items() if label in wanted)
