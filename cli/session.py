"""What every command has at hand: the API, where to write, and how to wait."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from cli.api import Api, Json


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line. `key` makes idempotency keys; `clock` never goes back."""

    api: Api
    stage: str
    as_json: bool
    out: TextIO
    err: TextIO
    pause: Callable[[float], None]
    clock: Callable[[], float]
    now: Callable[[], datetime]
    key: Callable[[], str]

    def show(self, answer: Json, text: Callable[[], str]) -> None:
        """The answer as it came with --json, else as a person reads it."""
        body = json.dumps(answer, indent=2, ensure_ascii=False) if self.as_json else text()
        self.out.write(body.rstrip("\n") + "\n")

    def about_to(self, what: str) -> None:
        """Says which stage is written to, before it is."""
        self.err.write(f"stage {self.stage}: {what}\n")

    def progress(self, text: str) -> None:
        """What takes long."""
        self.err.write(f"{text}\n")
