"""Answers of the HTTP API: JSON, and RFC 9457 problem documents that say what to do next."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from schemas.frozen import Frozen

Answer = dict[str, Any]

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
CLOSED: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


class NotServed(Exception):
    """A request that gets no: `detail` says what to do about it; `more` are extension members."""

    def __init__(self, status: int, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more

    def answer(self) -> Answer:
        """As a problem document."""
        return _document(self.status, self.detail, {}, self.more)


def answer(status: int, body: Frozen | Mapping[str, object]) -> Answer:
    """A view, or plain values, as JSON."""
    if isinstance(body, Frozen):
        return _answer(status, JSON, body.model_dump_json(exclude_none=True), {})
    return _answer(status, JSON, json.dumps(body), {})


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> Answer:
    """A problem document. `type` is left out: the status says what kind it is."""
    return _document(status, detail, headers or {}, more)


def _document(
    status: int, detail: str, headers: Mapping[str, str], more: Mapping[str, object]
) -> Answer:
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    challenge = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return _answer(status, PROBLEM, json.dumps(body), {**challenge, **headers})


def _answer(status: int, media: str, body: str, headers: Mapping[str, str]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": media, **CLOSED, **headers},
        "body": body,
    }
