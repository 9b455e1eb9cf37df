"""`sluice rekey start` and `show`: all keys are taken to another pepper, and no customer changes.

The pepper is made here and kept in Secrets Manager, which no function may write it to; the hub is
only told its number.
"""

import json
import secrets
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any, Final

from cli.api import Json, path
from cli.credentials import secrets_manager
from cli.failure import Failure
from cli.render import minute
from cli.session import Session
from rules.peppers import SHORTEST, field
from schemas.rekeying import RekeyView

LOOK_EVERY: Final = 2.0
PATIENCE: Final = 6 * 3600
STAGES: Final = {
    "known": "every function comes to know both names of an identifier",
    "begun": "new keys are made with it, and the others are taken to it",
    "alone": "former names are taken away",
    "done": "all keys are made with it",
}

Command = Callable[..., ArgumentParser]


def add(commands: Any, command: Command) -> None:  # noqa: ANN401 - argparse names no type
    """The commands about the pepper."""
    command(commands, "show", "which pepper keys are made with, and how far they are", show)
    made = command(commands, "start", "take all keys to a fresh pepper, in the background", start)
    made.add_argument("--wait", action="store_true", help="until all have come")
    made.add_argument("--key", help="idempotency key: the same one asks once a day")


def show(session: Session, _given: Namespace) -> int:
    """How far it is."""
    _show(session, session.api.get("privacy", path("rekey")))
    return 0


def start(session: Session, given: Namespace) -> int:
    """Makes the pepper, unless an interrupted start did, and has it used; again goes on."""
    now = RekeyView.model_validate(session.api.get("privacy", path("rekey")))
    version = now.version if now.under_way else now.version + 1
    if not now.under_way:
        session.about_to(f"taking all keys to pepper {version}")
        _make(session, version)
    answer = session.api.post(
        "privacy", path("rekey"), given.key or session.key(), {"version": version}
    )
    _show(session, _waited(session, answer) if given.wait else answer)
    return 0


def _show(session: Session, answer: Json) -> None:
    session.show(answer, lambda: told(RekeyView.model_validate(answer)))


def told(view: RekeyView) -> str:
    """The stage, and what is next."""
    lines = [f"pepper {view.version}: {STAGES[view.stage]}"]
    if view.under_way and view.starts_at:
        lines.append(f"next from {minute(view.starts_at)} UTC, in the background; ")
        lines[-1] += f"{view.seen} items looked at so far"
    return "\n".join(lines)


def _make(session: Session, version: int) -> None:
    """Beside those that there are, which names in the graph go on depending on."""
    name, client = f"sluice/{session.stage}/pepper/graph", secrets_manager(session)
    try:
        held: Json = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    except client.exceptions.ResourceNotFoundException as error:
        message = f"there is no secret {name}: deploy this stage first"
        raise Failure(message) from error
    if field(version) not in held:
        held[field(version)] = secrets.token_hex(SHORTEST)
        client.put_secret_value(SecretId=name, SecretString=json.dumps(held))


def _waited(session: Session, answer: Json) -> Json:
    until, before = session.clock() + PATIENCE, ""
    while RekeyView.model_validate(answer).under_way:
        if session.clock() > until:
            message = "keys are still being taken there, in the background: ./sluice rekey show"
            raise Failure(message)
        now = told(RekeyView.model_validate(answer))
        if now != before:
            session.progress(now)
        before = now
        session.pause(LOOK_EVERY)
        answer = session.api.post("privacy", path("rekey", "turn"), session.key())
    return answer
