"""What people decide: `customer split`, `customer merge`, `review list/accept/reject`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any, Final

from cli.api import Json, path
from cli.customer import resolve
from cli.render_evidence import judged, reviews
from cli.session import Session
from rules.meaning import meant
from schemas.evidence import JudgedView
from schemas.views import ReviewsView

WHO: Final = "a name, address, number, id, or <source>:<object>:<id>"
NOT_AS_ASKED: Final = 3
"""It is kept, and a rule that is stronger keeps it from being so."""
Command = Callable[..., ArgumentParser]


def add_customer(commands: Any, command: Command) -> None:  # noqa: ANN401 - argparse names no type
    """Splitting and merging."""
    made = command(commands, "split", "take subjects out of a customer", split)
    made.add_argument("customer", help=WHO)
    made.add_argument("--subjects", nargs="+", required=True, metavar="SUBJECT")
    _said(made)
    made = command(commands, "merge", "say that two customers are one", merge)
    made.add_argument("a", help=WHO)
    made.add_argument("b", help=WHO)
    _said(made)


def add_review(commands: Any, command: Command) -> None:  # noqa: ANN401 - as above
    """Reviews."""
    made = command(commands, "list", "links that were refused, for a person to decide", list_)
    made.add_argument("--cursor", help="where the page before ended")
    made.add_argument("--limit", help="how many, 1 to 100")
    for name, help_ in (("accept", "they are one"), ("reject", "they are never one")):
        made = command(commands, name, help_, decide)
        made.set_defaults(decision=name)
        made.add_argument("id", help="of the review")
        _said(made)


def split(session: Session, given: Namespace) -> int:
    """Their shared links count no more; each side keeps what was withdrawn."""
    customer = resolve(session, given.customer)
    session.about_to(f"taking {len(given.subjects)} subjects out of {customer}")
    return _post(session, given, path("customers", customer, "split"), {"subjects": given.subjects})


def merge(session: Session, given: Namespace) -> int:
    """Always one, unless a rule that is stronger forbids it."""
    a, b = (_meant(session, given, each) for each in (given.a, given.b))
    session.about_to(f"making one customer of {a} and {b}")
    return _post(session, given, path("customers", "merge"), {"a": a, "b": b})


def list_(session: Session, given: Namespace) -> int:
    """The open ones."""
    query = {"cursor": given.cursor or "", "limit": given.limit or ""}
    answer = session.api.get("operator", path("reviews"), query)
    session.show(answer, lambda: reviews(ReviewsView.model_validate(answer)))
    return 0


def decide(session: Session, given: Namespace) -> int:
    """Always or never."""
    session.about_to(f"{given.decision}ing review {given.id}")
    return _post(session, given, path("reviews", given.id, given.decision), {})


def _meant(session: Session, given: Namespace, text: str) -> str:
    """Operators look nobody up: who is meant by a name, address or number is asked as an agent."""
    named = meant(text)[0] in {"id", "subject"}
    return text if named or given.role == "privacy" else resolve(session, text)


def _said(made: ArgumentParser) -> None:
    made.add_argument("--why", default="", help="kept with the evidence; no personal data")
    made.add_argument("--key", help="idempotency key: the same one asks once a day")
    made.add_argument("--role", choices=("privacy", "operator"), default="operator")


def _post(session: Session, given: Namespace, to: str, body: Json) -> int:
    key = given.key or session.key()
    answer = session.api.post(given.role, to, key, {**body, "why": given.why})
    view = JudgedView.model_validate(answer)
    session.show(answer, lambda: judged(view))
    return NOT_AS_ASKED if view.because else 0
