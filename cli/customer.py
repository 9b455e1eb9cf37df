"""`sluice customer show`: the whole customer, by anything they are known by."""

from argparse import Namespace
from typing import Final

from cli.api import Json, path
from cli.failure import Failure
from cli.render_customer import page
from cli.session import Session
from rules.meaning import meant
from schemas.views import ContextView

KINDS: Final = ("phone", "email", "id", "subject", "name")


def show(session: Session, given: Namespace) -> int:
    """The customer's page."""
    query = {name: getattr(given, name) or "" for name in ("purpose", "cursor", "limit")}
    who = next((kind, getattr(given, kind)) for kind in KINDS if getattr(given, kind) is not None)
    answer = read(session, given.role, who, query)
    session.show(answer, lambda: page(ContextView.model_validate(answer)))
    return 0


def read(session: Session, role: str, who: tuple[str, str], query: Json) -> Json:
    """What the API knows of somebody."""
    kind, value = who
    if kind == "id":
        return session.api.get(role, path("customers", value), query)
    return session.api.get(role, path("context"), {kind: value, **query})


def resolve(session: Session, text: str) -> str:
    """The id of the one customer whom a text means."""
    who = meant(text)
    if who[0] == "id":
        return text
    view = ContextView.model_validate(read(session, "agent", who, {"limit": "1"}))
    if view.customer is None:
        ids = "\n".join(f"  {each.id}  {each.name}" for each in view.candidates)
        message = f"{len(view.candidates)} customers are meant by that; give one's id:\n{ids}"
        raise Failure(message)
    return view.customer.id
