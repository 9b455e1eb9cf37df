"""`sluice identifier block`, `trust` and `clear`: what people know of an address, number or id."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any, Final

from cli.api import Json, path
from cli.session import Session
from schemas.evidence import MarkedView

SAID: Final = {
    "block": "links nobody, whoever carries it",
    "trust": "links whoever carries it",
    "clear": "links as its type's rules say",
}
Command = Callable[..., ArgumentParser]


def add(commands: Any, command: Command) -> None:  # noqa: ANN401 - argparse names no type
    """One command for each mark; each replaces the others."""
    for mark, help_ in SAID.items():
        made = command(commands, mark, f"it {help_}", run)
        made.set_defaults(mark=mark)
        made.add_argument("identifier", help="an address, number, or <source>:<object>:<id>")
        made.add_argument("--why", default="", help="kept with the mark; no personal data")
        made.add_argument("--key", help="idempotency key: the same one asks once a day")
        made.add_argument("--role", choices=("privacy", "operator"), default="privacy")
        if mark == "trust":
            made.add_argument("--force", type=int, metavar="N", help="records that will be joined")


def run(session: Session, given: Namespace) -> int:
    """Marks it; the graph follows before this returns."""
    session.about_to(f"{given.mark} an identifier")
    body: Json = {"identifier": given.identifier, "mark": given.mark, "why": given.why}
    if given.mark == "trust" and given.force is not None:
        body["force"] = given.force
    key = given.key or session.key()
    answer = session.api.post(given.role, path("identifiers", "mark"), key, body)
    session.show(answer, lambda: told(MarkedView.model_validate(answer)))
    return 0


def told(view: MarkedView) -> str:
    """What it does now, and to how many."""
    counted = f", {view.customers} customers now" if view.customers is not None else ""
    return f"{view.type}: {SAID[view.mark]} ({view.records} records{counted})"
