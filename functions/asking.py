"""A write that is asked for once however often it is sent, and what its body says."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.table import Condition, Conflict, Key, Write
from functions import wiring
from functions.problem import Answer, NotServed, answer
from functions.serving import Request
from schemas.frozen import Frozen
from schemas.rows import Item

REMEMBERED: Final = timedelta(days=1)
LONGEST_KEY: Final = 255
UNASKED: Final = Condition("attribute_not_exists(#pk) OR attribute_exists(#refused)")
NAME: Final = re.compile(r"[a-z][a-z_-]{0,40}|[0-9]{1,4}")

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asked:
    """A write by its idempotency key, from when it was first asked for until it is answered."""

    key: Key
    row: Item

    @property
    def at(self) -> datetime:
        """When it was first asked for."""
        return datetime.fromisoformat(str(self.row["at"]))

    @property
    def plan(self) -> str:
        """What was noted before it was cut short; nothing else says that it was begun."""
        return str(self.row.get("plan", ""))

    def note(self, plan: str) -> None:
        """What is about to be done: from here on it is taken up, and no more decided anew."""
        wiring.graph().write(Write("put", self.key, {**self._first, "plan": plan}))

    def done(self, view: Frozen) -> None:
        """Keeps the answer."""
        row = {**self._first, "data": view.model_dump_json(exclude_none=True)}
        wiring.graph().write(Write("put", self.key, row))

    def refused(self) -> None:
        """It counts as never asked for, unless it was begun or done, by this or another call."""
        untouched = Condition(
            "#at = :at AND attribute_not_exists(#plan) AND attribute_not_exists(#data)",
            {":at": self.row["at"]},
        )
        with suppress(Conflict):
            row = {**self._first, "refused": 1}
            wiring.graph().write(Write("put", self.key, row, condition=untouched))

    @property
    def _first(self) -> Item:
        """As it was first asked for."""
        return {name: self.row[name] for name in ("at", "said", "expires")}


def body(request: Request, model: type[Body]) -> Body:
    """What was sent; 400 names the first thing to change."""
    try:
        return model.model_validate_json(request.body or "{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(_named(part) for part in first["loc"]) or "the body"
        raise NotServed(400, f"{where}: {first['msg']}.") from error


def _named(part: object) -> str:
    """A part of a place in the body; a name that is none of ours may be anybody's address."""
    return str(part) if NAME.fullmatch(str(part)) else "?"


def once(request: Request, deed: str, do: Callable[[Asked], Frozen]) -> Answer:
    """Does it, or answers as before. A refusal is decided anew when it is asked for again."""
    key = request.headers.get("idempotency-key") or wiring.token()
    if len(key) > LONGEST_KEY:
        raise NotServed(400, f"An idempotency key has at most {LONGEST_KEY} characters.")
    who = request.caller.name  # nobody is told what another, who may see more, was answered
    name = sha256("\0".join((deed, who, *request.path.values(), key)).encode()).hexdigest()[:32]
    said = sha256(f"{key}\0{request.body}".encode()).hexdigest()  # a body alone could be guessed
    asked = _begun(Key(f"ASKED#{name}", "EVIDENCE"), said)
    if asked.row.get("said") != said:
        raise NotServed(422, "This idempotency key came with another body: use a fresh one.")
    if "data" in asked.row:
        return answer(200, json.loads(str(asked.row["data"])))
    return answer(200, _done(asked, do))


def _done(asked: Asked, do: Callable[[Asked], Frozen]) -> Frozen:
    try:
        view = do(asked)
    except NotServed:
        asked.refused()
        raise
    asked.done(view)
    return view


def _begun(key: Key, said: str) -> Asked:
    now = wiring.now()
    expires = int((now + REMEMBERED).timestamp())
    row: Item = {"at": now.isoformat(), "said": said, "expires": expires}
    with suppress(Conflict):
        wiring.graph().write(Write("put", key, row, condition=UNASKED))
        return Asked(key, row)
    return Asked(key, wiring.graph().get(key) or row)
