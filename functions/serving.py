"""One request to the API: who asks, for what; and an answer whatever becomes of it."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions import wiring
from functions.caller import Caller, caller_of
from functions.problem import Answer, NotServed, problem
from schemas.errors import Misconfigured, RetryLater

COME_BACK: Final = {"retry-after": "2"}
LARGEST_PAGE: Final = 100
LARGEST_BODY: Final = 262_144


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
        if given and not (given.isdecimal() and 1 <= int(given) <= LARGEST_PAGE):
            raise NotServed(400, f"limit is a number from 1 to {LARGEST_PAGE}.")
        return int(given) if given else usual


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
    finally:
        wiring.flush()


def _request(event: Mapping[str, Any]) -> Request:
    return Request(
        caller=caller_of(event),
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
    )


def _body(event: Mapping[str, Any]) -> str:
    body = str(event.get("body") or "")
    if len(body) > LARGEST_BODY:
        raise NotServed(413, f"A request has at most {LARGEST_BODY} characters.")
    if not event.get("isBase64Encoded"):
        return body
    return b64decode(body).decode("utf-8", "replace")
