"""The routes by which people decide who is who."""

from collections.abc import Callable
from itertools import chain
from typing import Final

from adapters.customers import Customers
from functions import judging, showing, wiring
from functions.asking import Moment, body, once
from functions.caller import Access, Role, clearance
from functions.explaining import explained
from functions.finding import by_id, subject_named
from functions.judging import Judge
from functions.party import Party, may_name, party
from functions.problem import Answer, NotServed
from functions.serving import Request
from rules import listing
from rules.identity import founder
from rules.refusal import refusal
from schemas.evidence import JudgedView, MergeAsked, ReviewAsked, SplitAsked
from schemas.graph import CustomerId, Review, SubjectKey

MAY: Final[tuple[Role, ...]] = ("privacy", "operator")
MOST: Final = 16
"""Customers of one review: each is decided against each."""


def split(request: Request) -> Answer:
    """`POST /v1/customers/{id}/split`."""
    allowed, asked = _allowed(request), body(request, SplitAsked)
    for each in asked.subjects:
        may_name(allowed, each)
    side = frozenset(subject_named(each) for each in asked.subjects)

    def decide(judge: Judge, again: bool) -> JudgedView:
        rest = _rest(request.path["id"], side, again=again)
        return judging.split(rest | side, side, judge)

    return _once(request, "split", asked.why, allowed, decide)


def _rest(
    customer: CustomerId, side: frozenset[SubjectKey], *, again: bool
) -> frozenset[SubjectKey]:
    """The customer without the side; `again`, the side may have left already."""
    found = by_id(Customers(wiring.graph()), customer)
    if not found:
        raise NotServed(404, "There is no customer of this id; find it with /v1/context.")
    subjects = Party(*found[0], "").subjects
    strangers = side - subjects
    if strangers and not (again and strangers == side):
        raise NotServed(409, f"{len(strangers)} of these are no subjects of this customer.")
    if side >= subjects:
        raise NotServed(409, "All of its subjects are no part of a customer: name fewer.")
    return subjects - side


def merge(request: Request) -> Answer:
    """`POST /v1/customers/merge`."""
    allowed, asked = _allowed(request), body(request, MergeAsked)

    def decide(judge: Judge, _: bool) -> JudgedView:
        return _joined([party(each, allowed) for each in (asked.a, asked.b)], judge, allowed)

    return _once(request, "merge", asked.why, allowed, decide)


def accept(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/accept`: they are always one, unless a stronger rule forbids it."""
    allowed, asked = _allowed(request), body(request, ReviewAsked)

    def decide(judge: Judge, _: bool) -> JudgedView:
        return _joined(_parties(request.path["id"]), judge, allowed)

    return _once(request, "accept", asked.why, allowed, decide)


def reject(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/reject`: they are never one."""
    allowed, asked = _allowed(request), body(request, ReviewAsked)

    def decide(judge: Judge, _: bool) -> JudgedView:
        return judging.parted(_parties(request.path["id"]), judge)

    return _once(request, "reject", asked.why, allowed, decide)


def _allowed(request: Request) -> Access:
    return clearance(request.caller, MAY, wiring.policy()[1])


def _once(
    request: Request,
    deed: str,
    why: str,
    allowed: Access,
    decide: Callable[[Judge, bool], JudgedView],
) -> Answer:
    """Decides once, as of when it was first asked for; told as far as the caller may see."""

    def do(moment: Moment) -> JudgedView:
        view = decide(Judge(request.caller.name, why, moment.at), moment.again)
        return showing.judged(allowed, view)

    return once(request, deed, do)


def _joined(parties: list[Party], judge: Judge, allowed: Access) -> JudgedView:
    view = judging.joined(parties, judge)
    if view.joined:
        return view
    first, *others = {each.customer: each for each in map(_today, parties)}.values()
    between = (explained(first, other, allowed).obstacles for other in others)
    found = refusal(chain.from_iterable(between))
    return view.model_copy(update={"because": found.because, "advice": found.advice})


def _today(each: Party) -> Party:
    s = founder(each.subjects, each.island.nodes)
    island = judging.home([s])
    return Party(island.labels[s], island, s)


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
