"""What a vendor's answer means for the caller: go on, try again, or stop, and why."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from connectors.contract import Connector, Request, Response
from rules.backoff import retry_after
from schemas.errors import BadRecord, Misconfigured

OK: Final = range(200, 300)
REDIRECT: Final = range(300, 400)
THROTTLED: Final = 429
SILENT: Final = frozenset({408, 425, 500, 502, 503, 504})
"""The system could not, or not in time: worth another attempt."""


class Setback(Exception):
    """This attempt came to nothing. `after` is the wait the vendor asked for; `failure` when
    the system seems broken rather than busy.
    """

    def __init__(self, reason: str, after: float | None, *, failure: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.failure = failure


class Unauthorised(Exception):
    """The vendor does not accept what was sent to authorise a request."""


@dataclass(frozen=True, slots=True)
class Parsed(Response):
    """An answer whose JSON was read once, to see that it is whole."""

    value: Any = None

    def json(self) -> Any:  # noqa: ANN401 - a vendor's JSON
        """The body as JSON."""
        return self.value


def judge(connector: Connector, request: Request, response: Response, now: datetime) -> Response:
    """The answer when the connector may read it; else what is to be done, as an exception."""
    after = retry_after(response.headers.get("retry-after"), now)
    wait = connector.throttled(response)
    if wait is not None:
        raise Setback("throttled", max(wait, after or 0.0), failure=False)
    status = response.status
    if status in OK or status in request.accept:
        return _whole(response)
    if status == THROTTLED or status in SILENT:
        raise Setback(f"status {status}", after, failure=status != THROTTLED)
    raise _refusal(status)


def _refusal(status: int) -> Exception:
    match status:
        case 401:
            return Unauthorised()
        case 403:
            return Misconfigured("the vendor answered 403: the credentials lack a permission")
        case _ if status in REDIRECT:
            return Misconfigured(f"the vendor answered {status}: write where it points as base_url")
        case _ if status < 500:
            return BadRecord(f"the vendor answered {status}")
        case _:
            return Setback(f"status {status}", None, failure=True)


def _whole(response: Response) -> Response:
    """A body that ends early comes with a length that fits, so only reading it shows.

    One that is nested too deeply to be read is treated alike: no vendor means it.
    """
    if not response.body or "json" not in response.headers.get("content-type", ""):
        return response
    try:
        value = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise Setback("the body is cut short or unreadable", None, failure=True) from error
    return Parsed(response.status, response.headers, response.body, value)


def encode(request: Request) -> tuple[str, bytes | None]:
    """The content type and the bytes of a request's body; empty and none without one."""
    if request.body is not None:
        return "", request.body
    if request.form is not None:
        return "application/x-www-form-urlencoded", urlencode(request.form).encode()
    if request.json is not None:
        text = json.dumps(request.json, separators=(",", ":"), ensure_ascii=False)
        return "application/json", text.encode()
    return "", None
