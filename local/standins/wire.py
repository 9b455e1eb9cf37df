"""What passes between the HTTP server and the stand-ins: requests, responses, routes."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

Record = dict[str, Any]
Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` is relative to the system's prefix and `base` is what precedes it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str = ""

    def json(self) -> Record:
        """The body as a JSON object; an empty or unreadable one is an empty object."""
        try:
            data = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    def fields(self) -> Record:
        """The body as JSON or as a form, whichever it says it is."""
        if "form-urlencoded" in self.headers.get("content-type", ""):
            return dict(parse_qsl(self.body.decode()))
        return self.json()

    def number(self, name: str, default: int) -> int:
        """A query parameter as a whole number."""
        text = self.query.get(name, "")
        return int(text) if re.fullmatch(r"-?\d+", text) else default

    def bearer(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def basic(self) -> tuple[str, str]:
        """User and password of Basic authentication, or two empty texts."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return "", ""
        try:
            user, _, password = b64decode(token).decode().partition(":")
        except ValueError:
            return "", ""
        return user, password


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `page` names the list that it is a page of; `cut` sends only half the body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    cut: bool = False


def reply(
    status: int, data: object = None, *, headers: Mapping[str, str] | None = None, page: str = ""
) -> Response:
    """A JSON answer; without data, an empty one."""
    if data is None:
        return Response(status, b"", dict(headers or {}), page)
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    kind = {"content-type": "application/json; charset=utf-8"}
    return Response(status, body, {**kind, **(headers or {})}, page)


class Route(NamedTuple):
    """A method and a path pattern with its handler, which also gets the pattern's groups."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Response]


def route(method: str, pattern: str, handler: Callable[..., Response]) -> Route:
    """A route; the pattern must match the whole path."""
    return Route(method, re.compile(pattern), handler)


def dispatch(routes: Iterable[Route], request: Request) -> Response | None:
    """The answer of the first route that fits, if one does."""
    for candidate in routes:
        match = candidate.pattern.fullmatch(request.path)
        if match and candidate.method == request.method:
            return candidate.handler(request, *match.groups())
    return None
