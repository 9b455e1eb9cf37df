"""The routes by which people decide who is who."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from adapters.customers import Customers
from functions import judging, showing, wiring
from functions.asking import Asked, body, once
from functions.caller import Access, Role, clearance
from functions.explaining import kept_apart, unharmed
from functions.finding import by_id, subject_named
from functions.judging import Judge, Plan
from functions.party import Party, may_name, party
from functions.problem import Answer, NotServed
from functions.serving import Request
from rules import listing
from rules.refusal import KEPT
from schemas.evidence import JudgedView, MergeAsked, ReviewAsked, SplitAsked
from schemas.graph import CustomerId, Review, SubjectKey

MAY: Final[tuple[Role, ...]] = ("privacy", "operator")
MOST: Final = 16
"""Customers of one review: each is decided against each."""


class Deed(NamedTuple):
    """What is asked for: how to decide what is to be written, and how to write it."""

    name: str
    plan: Callable[[Judge], Plan]
    carry_out: Callable[[Plan, Judge], JudgedView]


def split(request: Request) -> Answer:
    """`POST /v1/customers/{id}/split`."""
    allowed, asked = _allowed(request), body(request, SplitAsked)
    for each in asked.subjects:
        may_name(allowed, each)
    side = frozenset(subject_named(each) for each in asked.subjects)

    def plan(judge: Judge) -> Plan:
        return judging.splitting(_rest(request.path["id"], side), side, judge)

    return _once(request, asked.why, Deed("split", plan, judging.split))


def _rest(customer: CustomerId, side: frozenset[SubjectKey]) -> frozenset[SubjectKey]:
    """The customer without the side."""
    found = by_id(Customers(wiring.graph()), customer)
    if not found:
        raise NotServed(404, "There is no customer of this id; find it with /v1/context.")
    subjects = Party(*found[0], "").subjects
    strangers = side - subjects
    if strangers:
        raise NotServed(409, f"{len(strangers)} of these are no subjects of this customer.")
    if side >= subjects:
        raise NotServed(409, "All of its subjects are no part of a customer: name fewer.")
    return subjects - side


def merge(request: Request) -> Answer:
    """`POST /v1/customers/merge`."""
    allowed, asked = _allowed(request), body(request, MergeAsked)

    def plan(judge: Judge) -> Plan:
        return _harmless([party(each, allowed) for each in (asked.a, asked.b)], judge, allowed)

    return _once(request, asked.why, Deed("merge", plan, _joined(allowed)))


def accept(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/accept`: they are always one, unless a stronger rule forbids it."""
    allowed, asked = _allowed(request), body(request, ReviewAsked)

    def plan(judge: Judge) -> Plan:
        return _harmless(_parties(request.path["id"]), judge, allowed)

    return _once(request, asked.why, Deed("accept", plan, _joined(allowed)))


def reject(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/reject`: they are never one."""
    _, asked = _allowed(request), body(request, ReviewAsked)

    def plan(judge: Judge) -> Plan:
        return judging.parting(_parties(request.path["id"]), judge)

    return _once(request, asked.why, Deed("reject", plan, judging.judged))


def _allowed(request: Request) -> Access:
    return clearance(request.caller, MAY, wiring.policy()[1])


def _once(request: Request, why: str, deed: Deed) -> Answer:
    """Decided once, as of when it was first asked for, and noted before it is written: one that
    was cut short goes on from there. Told as far as the caller may see.
    """

    def do(asked: Asked) -> JudgedView:
        judge = Judge(request.caller.name, why, asked.at)
        if asked.plan:
            plan = Plan.model_validate_json(asked.plan)
        else:
            plan = deed.plan(judge)
            asked.note(plan.model_dump_json())
        return showing.judged(_allowed(request), deed.carry_out(plan, judge))

    return once(request, deed.name, do)


def _harmless(parties: Sequence[Party], judge: Judge, allowed: Access) -> Plan:
    plan = judging.joining(parties, judge)
    unharmed(plan.sides, plan.verdicts, allowed)
    return plan


def _joined(allowed: Access) -> Callable[[Plan, Judge], JudgedView]:
    """Carries out what makes one of several, and tells what stands in the way."""

    def joined(plan: Plan, judge: Judge) -> JudgedView:
        view = judging.judged(plan, judge)
        if view.joined:
            return view
        islands = judging.today(frozenset[SubjectKey]().union(*plan.sides))
        found = kept_apart(plan.sides, islands, allowed)
        return view.model_copy(update={"because": found.because, "advice": (*found.advice, KEPT)})

    return joined


def _parties(review: str) -> list[Party]:
    """The customers that an open review is about."""
    row = wiring.graph().get(listing.place(listing.REVIEWS, review))
    if not row:
        raise NotServed(404, "This review is not open any more: ./sluice review list")
    review_ = Review.model_validate_json(str(row["data"]))
    if review_.reason == "crowded":
        raise NotServed(409, f"It has {review_.detail} of a type: correct it at its source.")
    subjects = review_.subjects
    islands = Customers(wiring.graph()).islands([str(row["island"])])
    found = {
        island.labels[s]: Party(island.labels[s], island, s)
        for island in islands.values()
        for s in sorted(subjects & island.labels.keys())
    }
    if len(found) < 2:
        raise NotServed(409, "These are one customer by now: there is nothing to decide.")
    if len(found) > MOST:
        detail = f"{len(found)} customers are too many to decide at once: ./sluice customer merge"
        raise NotServed(409, detail)
    return list(found.values())
