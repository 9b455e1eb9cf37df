"""Answers of the HTTP API: JSON, and RFC 9457 problem documents that say what to do next."""

import json
from http import HTTPStatus
from typing import Any, Final

from schemas.frozen import Frozen

Answer = dict[str, Any]

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
CLOSED: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Problem(Exception):
    """A request that gets no: `detail` says what to do about it; `more` are extension members."""

    def __init__(self, status: HTTPStatus, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more

    def answer(self) -> Answer:
        """The problem document. `type` is left out: the status says what kind it is."""
        body = {
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            **self.more,
        }
        headers = {}
        if self.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return _answer(self.status, PROBLEM, json.dumps(body), headers)


def ok(view: Frozen, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """The view as JSON."""
    return _answer(status, JSON, view.model_dump_json(exclude_none=True), {})


def _answer(status: HTTPStatus, media: str, body: str, headers: dict[str, str]) -> Answer:
    return {
        "statusCode": status.value,
        "headers": {"Content-Type": media, **CLOSED, **headers},
        "body": body,
    }
