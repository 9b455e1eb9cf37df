"""A write that is asked for once however often it is sent, and what its body says."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.table import ABSENT, Conflict, Key, Write
from functions import wiring
from functions.problem import Answer, NotServed, answer
from functions.serving import Request
from schemas.frozen import Frozen
from schemas.rows import Item

REMEMBERED: Final = timedelta(days=1)
LONGEST_KEY: Final = 255
NAME: Final = re.compile(r"[a-z][a-z_-]{0,40}|[0-9]{1,4}")

Body = TypeVar("Body", bound=BaseModel)


class Moment(NamedTuple):
    """When it was first asked for, and whether this is a repeat of what was not finished."""

    at: datetime
    again: bool


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


def once(request: Request, deed: str, do: Callable[[Moment], Frozen]) -> Answer:
    """Does it, or answers as before; one that was interrupted is taken up with its first time."""
    key = request.headers.get("idempotency-key") or wiring.token()
    if len(key) > LONGEST_KEY:
        raise NotServed(400, f"An idempotency key has at most {LONGEST_KEY} characters.")
    who = request.caller.name  # nobody is told what another, who may see more, was answered
    name = sha256("\0".join((deed, who, *request.path.values(), key)).encode()).hexdigest()[:32]
    asked = Key(f"ASKED#{name}", "EVIDENCE")
    said = sha256(request.body.encode()).hexdigest()
    before = _begun(asked, said)
    if before.get("said") != said:
        raise NotServed(422, "This idempotency key came with another body: use a fresh one.")
    if "data" in before:
        return answer(200, json.loads(str(before["data"])))
    moment = Moment(datetime.fromisoformat(str(before["at"])), "new" not in before)
    done = do(moment)
    row = {name: before[name] for name in ("at", "said", "expires")}
    wiring.graph().write(
        Write("put", asked, {**row, "data": done.model_dump_json(exclude_none=True)})
    )
    return answer(200, done)


def _begun(asked: Key, said: str) -> Item:
    now = wiring.now()
    expires = int((now + REMEMBERED).timestamp())
    row: Item = {"at": now.isoformat(), "said": said, "expires": expires}
    with suppress(Conflict):
        wiring.graph().write(Write("put", asked, row, condition=ABSENT))
        return {**row, "new": 1}
    return wiring.graph().get(asked) or row
