"""What can be typed after `sluice`."""

from argparse import ArgumentParser, Namespace
from typing import Any

from cli import customer, evidence, identifier, policy, rekey, source, status, token, verdicts, why
from cli.session import Session

ROLES = ("agent", "operator", "privacy")
STAGE = "local"


def _connect(session: Session, given: Namespace) -> int:
    """Loads what only connecting needs: AWS's library and the connectors."""
    from cli import connect  # noqa: PLC0415

    return connect.run(session, given)


def parser() -> ArgumentParser:
    """Each command sets `run`."""
    made = ArgumentParser(prog="sluice", description="Sees into a deployed Sluice, over its API.")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _command(commands, "status", "what flows, what is stuck and why", status.run)
    _sources(_group(commands, "source", "where records come from"))
    _customers(_group(commands, "customer", "people"))
    verdicts.add_review(_group(commands, "review", "what a person may decide"), _command)
    identifier.add(_group(commands, "identifier", "what people know of one"), _command)
    policy.add(_group(commands, "policy", "identity rules, purposes, clearances"), _command)
    rekey.add(_group(commands, "rekey", "the pepper that keys are made with"), _command)
    asked = _command(commands, "why", "why something was or was not sent", why.run)
    asked.add_argument("--customer", required=True, help="an id, address, number, or name")
    asked.add_argument("--destination", required=True)
    asked.add_argument("--cursor", help="where the page before ended")
    joined = _command(commands, "connect", "keep a system's credentials", _connect)
    joined.add_argument("name", help="a source or destination of sluice.yaml")
    signed = _command(commands, "token", "a bearer token for the API", token.run)
    signed.add_argument("--role", choices=ROLES, required=True)
    return made


def _sources(commands: Any) -> None:  # noqa: ANN401 - argparse names no type for it
    _command(commands, "list", "the sources, and how far each was read", source.list_)
    made = _command(commands, "sync", "pull a source now, from its checkpoint", source.sync)
    made.add_argument("name")
    made.add_argument("--wait", action="store_true", help="until it is over")
    made.add_argument("--key", help="idempotency key: the same one asks once a day")


def _customers(commands: Any) -> None:  # noqa: ANN401 - as above
    made = _command(commands, "show", "the whole customer", customer.show)
    who = made.add_mutually_exclusive_group(required=True)
    who.add_argument("name", nargs="?", help="a first or last name, or both")
    for way in ("phone", "email", "id"):
        who.add_argument(f"--{way}")
    who.add_argument("--subject", help="<source>:<object>:<id>")
    made.add_argument("--purpose", help="what you need it for (default: the role's first)")
    made.add_argument("--role", choices=("agent", "privacy"), default="agent")
    made.add_argument("--cursor", help="where the page before ended")
    made.add_argument("--limit", help="how much of the history, 1 to 100")
    evidence.add(commands, _command)
    verdicts.add_customer(commands, _command)


def _group(commands: Any, name: str, help_: str) -> Any:  # noqa: ANN401 - as above
    made = commands.add_parser(name, help=help_, description=help_)
    return made.add_subparsers(title="commands", required=True, metavar="COMMAND")


def _command(commands: Any, name: str, help_: str, run: Any) -> ArgumentParser:  # noqa: ANN401 - as above
    made: ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    made.add_argument("--json", action="store_true", help="as the API answers")
    made.add_argument("--stage", default=STAGE, help=f"which deployment (default: {STAGE})")
    made.set_defaults(run=run, stageless=False)
    return made
