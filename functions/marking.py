"""People mark an identifier: `block` links nobody by it, `trust` whoever carries it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.customers import Customers
from functions import wiring
from functions.asking import body, once
from functions.caller import Access, Role, clearance
from functions.finding import address_keys, subject_named
from functions.noting import note
from functions.party import may_name
from functions.problem import Answer, NotServed
from functions.serving import Request
from rules import keys
from rules.meaning import meant
from rules.resolution_marks import mark
from schemas.errors import BadRecord
from schemas.evidence import MarkAsked, MarkedView
from schemas.graph import IdentifierKey, SubjectKey
from schemas.marks import Mark

MAY: Final[tuple[Role, ...]] = ("privacy", "operator")
MOST: Final = 25
"""Records that are joined without saying how many."""
COUNTED: Final = 100


def marked(request: Request) -> Answer:
    """`POST /v1/identifiers/mark`."""
    allowed = clearance(request.caller, MAY, wiring.policy()[1])
    asked = body(request, MarkAsked)
    named = _named(asked.identifier, allowed)
    return once(request, "mark", lambda once_: _marked(named, asked, allowed.caller, once_.at))


def _named(text: str, allowed: Access) -> tuple[IdentifierKey, ...]:
    """Its key; both, while keys are taken from one to the other. That it was named is noted."""
    kind, value = meant(text)
    if kind not in {"email", "phone", "subject"}:
        raise NotServed(400, "Say which: an address, a number, or <source>:<object>:<id>.")
    may_name(allowed, value if kind == "subject" else "")
    note(allowed, ())
    if kind != "subject":
        return address_keys(kind, value)
    s, (source, object_, _) = subject_named(value), value.split(":", 2)
    return (f"{source}:{object_}#{s}",)


def _marked(named: Sequence[IdentifierKey], asked: MarkAsked, by: str, at: datetime) -> MarkedView:
    _within(_carriers(named), asked)
    said = Mark(at=at, by=by, why=asked.why)
    blocked, trusted = asked.mark == "block", asked.mark == "trust"
    laws = wiring.laws(wiring.policy()[1].identity)
    try:
        wiring.stores().run(mark(named[0], laws, blocked=blocked, trusted=trusted, said=said))
    except BadRecord as error:
        raise NotServed(409, f"{error.reason}.") from error
    carriers = _carriers(named)
    return MarkedView(
        mark=asked.mark,
        type=keys.type_of(named[0]),
        at=at,
        by=by,
        records=len(carriers),
        customers=_customers(carriers) if len(carriers) <= COUNTED else None,
    )


def _within(carriers: frozenset[SubjectKey], asked: MarkAsked) -> None:
    """Trusting what many carry makes one customer of them all."""
    many = len(carriers)
    if asked.mark == "trust" and many > MOST and asked.force != many:
        detail = f"{many} records carry it and would be one customer: --force {many} if they are."
        raise NotServed(409, detail, records=many)


def _carriers(named: Sequence[IdentifierKey]) -> frozenset[SubjectKey]:
    """One name after the other, as carriers come from one to the next."""
    customers = Customers(wiring.graph())
    return frozenset(s for key in named for s in customers.members([key])[key])


def _customers(carriers: frozenset[SubjectKey]) -> int:
    customers = Customers(wiring.graph())
    islands = customers.islands({head.island for head in customers.heads(carriers).values()})
    labels = {s: label for each in islands.values() for s, label in each.labels.items()}
    return len({labels[s] for s in carriers if s in labels})
