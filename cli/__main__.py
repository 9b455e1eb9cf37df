"""`python -m cli`: 0 done, 1 no answer, 2 not understood, 3 not as asked for."""

import getpass
import sys
import time
import uuid
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cli import targets
from cli.api import Api
from cli.arguments import parser
from cli.failure import Failure
from cli.session import Session

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    """Runs one command."""
    given = parser().parse_args(arguments)
    try:
        session = Session(
            api=Api(_target(given), ask_password),
            stage=given.stage,
            as_json=given.json,
            out=sys.stdout,
            err=sys.stderr,
            pause=time.sleep,
            clock=time.monotonic,
            now=lambda: datetime.now(UTC),
            key=lambda: str(uuid.uuid4()),
        )
        code: int = given.run(session, given)
    except Failure as failure:
        sys.stderr.write(f"sluice: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    return code


def _target(given: Namespace) -> targets.Target:
    """The stage that is asked; none for what only reads files."""
    return targets.NONE if given.stageless else targets.load(ROOT, given.stage)


def ask_password(role: str) -> tuple[str, str]:
    """Asks the person at the terminal."""
    if not sys.stdin.isatty():
        message = (
            f"run it in a terminal: it asks for the name and password of a user of role {role}"
        )
        raise Failure(message)
    sys.stderr.write(f"Sign in as {role}\n")
    return input("user: "), getpass.getpass()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
