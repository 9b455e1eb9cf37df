"""`sluice status`: what flows, what is stuck and why."""

from argparse import Namespace

from cli.api import path
from cli.render_status import status
from cli.session import Session
from schemas.views import StatusView


def run(session: Session, _given: Namespace) -> int:
    """Everything at a glance."""
    answer = session.api.get("operator", path("status"))
    session.show(answer, lambda: status(StatusView.model_validate(answer)))
    return 0
