"""Playing the vendor and the driver of a connector, without a socket."""

import json
from collections.abc import Callable, Mapping

from connectors.contract import (
    Inbound,
    Json,
    Outcome,
    Page,
    Pull,
    Push,
    Request,
    Response,
)


def inbound(body: bytes, headers: Mapping[str, str] | None = None) -> Inbound:
    """A webhook as it arrives."""
    url = "https://hub.example/webhooks/acme-eu"
    return Inbound("POST", url, {}, {} if headers is None else headers, body)


def played(push: Push, *answers: Response) -> tuple[list[Request], Outcome]:
    """Drives a push with these answers, then with empty 200s: what it sent, how it ended."""
    left, sent = list(answers), []
    try:
        request = next(push)
        while True:
            sent.append(request)
            request = push.send(left.pop(0) if left else answer({}))
    except StopIteration as end:
        return sent, end.value


def answer(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A vendor's answer in JSON."""
    told = {"content-type": "application/json", **(headers or {})}
    return Response(status, told, json.dumps(body).encode())


def pages(pull: Pull, vendor: Callable[[Request], Response]) -> list[Page]:
    """Drives a pull against `vendor`, a function from request to response."""
    found: list[Page] = []
    response: Response | None = None
    while True:
        try:
            wanted = pull.send(response)
        except StopIteration:
            return found
        if isinstance(wanted, Page):
            found.append(wanted)
            response = None
        else:
            response = vendor(wanted)
