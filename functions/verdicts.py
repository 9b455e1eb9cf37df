"""The routes by which people decide who is who."""

from typing import Final

from adapters.customers import Customers
from functions import judging, wiring
from functions.asking import Moment, body, once
from functions.caller import Role, require
from functions.explaining import explained
from functions.finding import by_id, subject_named
from functions.judging import Judge
from functions.party import Party, party
from functions.problem import Answer, NotServed
from functions.serving import Request
from rules import listing
from rules.identity import founder
from schemas.evidence import JudgedView, MergeAsked, ReviewAsked, SplitAsked
from schemas.graph import CustomerId, Review, SubjectKey

MAY: Final[tuple[Role, ...]] = ("privacy", "operator")
MOST: Final = 16
"""Customers of one review: each is decided against each."""


def split(request: Request) -> Answer:
    """`POST /v1/customers/{id}/split`."""
    require(request.caller, *MAY)
    asked = body(request, SplitAsked)
    side = frozenset(subject_named(each) for each in asked.subjects)

    def do(moment: Moment) -> JudgedView:
        rest = _rest(request.path["id"], side, again=moment.again)
        judge = Judge(request.caller.name, asked.why, moment.at)
        return judging.split(rest | side, side, judge)

    return once(request, "split", do)


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
    require(request.caller, *MAY)
    asked = body(request, MergeAsked)

    def do(moment: Moment) -> JudgedView:
        judge = Judge(request.caller.name, asked.why, moment.at)
        return _joined([party(asked.a), party(asked.b)], judge)

    return once(request, "merge", do)


def accept(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/accept`: they are always one."""
    require(request.caller, *MAY)
    asked = body(request, ReviewAsked)

    def do(moment: Moment) -> JudgedView:
        judge = Judge(request.caller.name, asked.why, moment.at)
        return _joined(_parties(request.path["id"]), judge)

    return once(request, "accept", do)


def reject(request: Request) -> Answer:
    """`POST /v1/reviews/{id}/reject`: they are never one."""
    require(request.caller, *MAY)
    asked = body(request, ReviewAsked)

    def do(moment: Moment) -> JudgedView:
        judge = Judge(request.caller.name, asked.why, moment.at)
        return judging.parted(_parties(request.path["id"]), judge)

    return once(request, "reject", do)


def _joined(parties: list[Party], judge: Judge) -> JudgedView:
    view = judging.joined(parties, judge)
    if len(view.customers) == 1:
        return view
    a, b = (_today(each) for each in parties[:2])
    because = dict.fromkeys(
        f"{each.reason} {each.type}: {each.detail}".rstrip(": ")
        for each in explained(a, b).obstacles
    )
    return view.model_copy(update={"because": tuple(because)})


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
