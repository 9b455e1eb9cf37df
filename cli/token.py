"""`sluice token --role R`: a bearer token for calling the API by hand."""

from argparse import Namespace

from cli.session import Session


def run(session: Session, given: Namespace) -> int:
    """The token alone, so that a shell can take it."""
    token = session.api.token(given.role)
    answer = {"role": given.role, "token": token, "api_url": session.api.target.api_url}
    if session.api.target.host:
        answer["host"] = session.api.target.host
    session.show(answer, lambda: token)
    return 0
