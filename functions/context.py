"""Any identifier in, the whole customer out: as far as the caller's role and purpose go."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import repeat
from typing import Any, Final

from adapters.customers import Customers
from functions import wiring
from functions.caller import READERS, Access, access
from functions.finding import Found, by_id, find
from functions.folding import Job, folded, read
from functions.noting import note
from functions.problem import Answer, NotServed, answer
from functions.reading import Reader
from functions.serving import Request, serve
from rules import context, delivery
from rules.delivery import Person
from rules.gate import Book
from rules.permissions import permissions
from schemas.graph import Profile, SubjectKey
from schemas.views import Candidate, ContextView, PurposeView

PAGE: Final = 20
FIRST_PAGE: Final = 100
"""Interactions of each subject read for the first page: what was bought is among them."""
AT_ONCE: Final = 8
"""Calls under way: as many as the connection pool holds."""


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """`GET /v1/context?phone=…&purpose=…` and `GET /v1/customers/{id}`."""
    routes = {"GET /v1/context": _by_identifier, "GET /v1/customers/{id}": _by_id}
    return serve(event, routes)


def _by_identifier(request: Request) -> Answer:
    allowed = _access(request)
    return _answer(request, allowed, find(Customers(wiring.graph()), request.query))


def _by_id(request: Request) -> Answer:
    allowed = _access(request)
    return _answer(request, allowed, by_id(Customers(wiring.graph()), request.path["id"]))


def _access(request: Request) -> Access:
    purpose = request.query.get("purpose", "")
    return access(request.caller, READERS, purpose, wiring.policy()[1])


def _answer(request: Request, allowed: Access, found: Sequence[Found]) -> Answer:
    people = [person(each) for each in found]
    note(allowed, [each.profile.customer for each in people])
    if not people:
        raise NotServed(404, "Nobody is known by this. Try another identifier of the person.")
    if len(people) > 1:
        several = tuple(context.candidate(each.profile, allowed.sees) for each in people)
        return answer(200, _unsettled(allowed, several))
    return answer(200, _whole(request, allowed, people[0]))


def _unsettled(allowed: Access, candidates: tuple[Candidate, ...]) -> ContextView:
    """Several people carry it: the caller chooses, the hub never does."""
    return ContextView(purpose=allowed.purpose, role=allowed.role, candidates=candidates)


def person(found: Found) -> Person:
    """The customer's view; folded on the spot when announcing has not caught up with its island."""
    customers = Customers(wiring.graph())
    known = customers.profiles([found.customer]).get(found.customer)
    if known is None or not _in_step(known, found):
        job = Job(found.island.g)
        rows = read(customers, {found.customer: job})
        known = folded(found.customer, job, rows, wiring.policy()[1].identity)
    return Person(known, found.island)


def _in_step(profile: Profile, found: Found) -> bool:
    now = {s for s, label in found.island.labels.items() if label == found.customer}
    return profile.subjects.keys() == now


def _whole(request: Request, allowed: Access, who: Person) -> ContextView:
    limit, cursor = request.limit(PAGE), request.query.get("cursor", "")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        purposes = pool.submit(_purposes, who)
        rows = _interactions(pool, who, cursor, limit + 1 if cursor else FIRST_PAGE)
    page, following = context.newest(rows, limit)
    orders = context.newest(rows, len(rows))[0] if allowed.sees("orders") and not cursor else []
    history = page if allowed.sees("history") else []
    return ContextView(
        purpose=allowed.purpose,
        role=allowed.role,
        customer=context.customer(who.profile, allowed.sees),
        bought=context.bought(context.happenings(orders)),
        purposes=purposes.result(),
        history=context.happenings(history),
        next=following if history else None,
    )


def _interactions(
    pool: Executor, who: Person, cursor: str, limit: int
) -> list[tuple[SubjectKey, context.Row]]:
    customers = Customers(wiring.graph())
    if cursor and not context.CURSOR.fullmatch(cursor):
        raise NotServed(400, "This cursor is not one that was answered; begin without it.")
    subjects = sorted(who.subjects)
    starts = [context.after(cursor, s) if cursor else "" for s in subjects]
    found = pool.map(customers.interactions, subjects, repeat(limit), starts)
    return [(s, row) for s, rows in zip(subjects, found, strict=True) for row in rows]


def _purposes(who: Person) -> tuple[PurposeView, ...]:
    """Read now, as a delivery does: the graph and the journal, strongly."""
    pepper = wiring.pepper()
    everybody = delivery.unaddressed(who, pepper)
    said = Reader(wiring.graph(), wiring.journal()).said(who, everybody)
    return permissions(Book(*wiring.policy()), who, pepper, said, wiring.now())
