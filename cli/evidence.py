"""`sluice customer explain A B`: why two are one customer, or what keeps them apart."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.api import path
from cli.session import Session
from rules.explain import Explanation
from rules.explain_views import svg, text

WHO = "a name, address, number, id, or <source>:<object>:<id>"


def add(commands: Any, command: Callable[..., Any]) -> None:  # noqa: ANN401 - argparse names no type
    """The commands about evidence."""
    made = command(commands, "explain", "why two are one customer, or two", explain)
    made.add_argument("a", help=WHO)
    made.add_argument("b", help=WHO)
    made.add_argument("--svg", type=Path, metavar="FILE", help="write it as a drawing, too")
    made.add_argument("--role", choices=("agent", "privacy"), default="agent")


def explain(session: Session, given: Namespace) -> int:
    """The chain of identifiers, or the obstacles; each with source and time."""
    answer = session.api.get(given.role, path("explain"), {"a": given.a, "b": given.b})
    found = Explanation.model_validate(answer)
    if given.svg:
        given.svg.write_text(svg(found), "utf-8")
        session.progress(f"drawn in {given.svg}")
    session.show(answer, lambda: text(found))
    return 0
