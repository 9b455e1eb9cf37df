"""What a connector gets for the functions that it does not define."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn

from connectors.contract import (
    Inbound,
    Json,
    Pull,
    Push,
    Request,
    Response,
    Secret,
    Token,
    Upsert,
)
from schemas.config import System
from schemas.errors import Misconfigured

TOO_MANY: Final = 429
UNAVAILABLE: Final = 503
PAUSE: Final = 1.0
"""Seconds to wait when a vendor says to slow down, and not for how long."""


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """A bearer token: the short-lived one, or the secret's own."""
    value = token or secret.get("token")
    if not value:
        message = "the secret needs a field named token"
        raise Misconfigured(message)
    return {"authorization": f"Bearer {value}"}


def token_request(secret: Secret) -> Request | None:  # noqa: ARG001
    """None: the secret itself is sent."""
    return None


def read_token(secret: Secret, response: Response) -> Token:
    """Never asked for without a `token_request`."""
    del secret, response
    _lacks("short-lived tokens")


def sign(secret: Secret, request: Request, now: datetime) -> Mapping[str, str]:
    """Nothing depends on what is sent."""
    del secret, request, now
    return {}


def throttled(response: Response) -> float | None:
    """429, or 503 with `Retry-After`, in seconds."""
    said = response.headers.get("retry-after", "").strip()
    if response.status == TOO_MANY or (response.status == UNAVAILABLE and said):
        return float(said) if said.isdecimal() else PAUSE
    return None


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """Not a source."""
    del system, kind, cursor, now
    _lacks("pull")


def fetch(system: System, kind: str, ids: tuple[str, ...]) -> Pull:
    """Not a source."""
    del system, kind, ids
    _lacks("fetch")


def ping(system: System, inbound: Inbound) -> bool:
    """A vendor that tries the address does it with what it signs."""
    del system, inbound
    return False


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> NoReturn:
    """Fails closed: a connector without webhooks accepts none."""
    del system, secret, inbound, now
    _lacks("webhooks")


def parse(system: System, inbound: Inbound) -> NoReturn:
    """No webhooks."""
    del system, inbound
    _lacks("webhooks")


def normalise(source: str, system: System, kind: str, record: Json) -> NoReturn:
    """Not a source."""
    del source, system, kind, record
    _lacks("normalise")


def push(system: System, change: Upsert) -> Push:
    """Not a destination."""
    del system, change
    _lacks("push")


def opt_out(system: System, change: Upsert) -> Push:
    """Not a destination."""
    del system, change
    _lacks("opt_out")


def erase(system: System, change: Upsert) -> Push:
    """Not a destination."""
    del system, change
    _lacks("erase")


def _lacks(what: str) -> NoReturn:
    message = f"this connector has no {what}: choose another, or write it"
    raise Misconfigured(message)
