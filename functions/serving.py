"""One request to the API: who asks, for what; and an answer whatever becomes of it."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any, Final

from functions import wiring
from functions.caller import Caller, caller_of
from functions.problem import Answer, NotServed, problem
from schemas.errors import Misconfigured, RetryLater

COME_BACK: Final = {"retry-after": "2"}
LARGEST_PAGE: Final = 100
LARGEST_BODY: Final = 262_144
DIGITS: Final = 9
LONGEST: Final = 1024
"""Bytes of one parameter: what a sort key may have, more than any id, name or cursor has."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request by a known caller. Header names are in lower case."""

    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""

    def limit(self, usual: int) -> int:
        """How many of a list to answer with: 1 to 100."""
        given = self.query.get("limit", "")
        if not given:
            return usual
        number = whole(given)
        if number is None or not 1 <= number <= LARGEST_PAGE:
            raise NotServed(400, f"limit is a number from 1 to {LARGEST_PAGE}.")
        return number


def whole(given: str) -> int | None:
    """A whole number of a list's size; none when it is no number, or beyond any list."""
    return int(given) if given.isdecimal() and len(given) <= DIGITS else None


Route = Callable[[Request], Answer]


def serve(event: Mapping[str, Any], routes: Mapping[str, Route]) -> Answer:
    """The answer of the route; what goes wrong is a problem document that says what to do."""
    try:
        route = routes.get(event["routeKey"])
        if route is None:
            return problem(404, "There is no such path; README.md lists them.")
        return route(_request(event))
    except NotServed as refusal:
        return refusal.answer()
    except RetryLater as error:
        wiring.logger().warning("not answered", extra={"reason": error.reason})
        return problem(503, "Busy: ask again in a moment.", headers=COME_BACK)
    except Misconfigured as error:
        wiring.logger().error("misconfigured", extra={"reason": str(error)})
        return problem(503, f"The hub is not set up yet: {error}.")
    except Exception as error:  # noqa: BLE001 - uncaught, the runtime would log it with what was asked
        said = {"reason": type(error).__name__, "at": _where(error)}
        wiring.logger().error("not answered", extra=said)
        return problem(500, "This is an error of the hub; its log names it. Ask whoever runs it.")
    finally:
        wiring.flush()


def _where(error: Exception) -> str:
    """The last steps to an error: modules and lines, none of the values."""
    frames = [*walk_tb(error.__traceback__)][-4:]
    return " ".join(f"{frame.f_globals.get('__name__')}:{line}" for frame, line in frames)


def _request(event: Mapping[str, Any]) -> Request:
    return Request(
        caller=caller_of(event),
        path=_bounded(event.get("pathParameters")),
        query=_bounded(event.get("queryStringParameters")),
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
    )


def _bounded(given: Mapping[str, str] | None) -> Mapping[str, str]:
    """The parameters, none of them longer than any that means something."""
    parameters = given or {}
    if any(len(each.encode("utf-8", "replace")) > LONGEST for each in parameters.values()):
        raise NotServed(400, f"A parameter has at most {LONGEST} bytes.")
    return parameters


def _body(event: Mapping[str, Any]) -> str:
    body = str(event.get("body") or "")
    if len(body) > LARGEST_BODY:
        raise NotServed(413, f"A request has at most {LARGEST_BODY} characters.")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return b64decode(body).decode("utf-8", "replace")
    except NotBase64 as error:
        raise NotServed(400, "The body could not be decoded.") from error
