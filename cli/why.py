"""`sluice why --customer X --destination Y`: the ledger's answer."""

from argparse import Namespace

from cli.api import path
from cli.customer import resolve
from cli.render_customer import why
from cli.session import Session
from schemas.ledger_views import WhyView


def run(session: Session, given: Namespace) -> int:
    """What was decided, on which evidence, and what became of it."""
    query = {
        "customer": resolve(session, given.customer),
        "destination": given.destination,
        "cursor": given.cursor or "",
    }
    answer = session.api.get("operator", path("why"), query)
    session.show(answer, lambda: why(WhyView.model_validate(answer)))
    return 0
