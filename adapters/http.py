"""The driver of connectors: sends their requests, authorised, limited and retried.

At least once: a request is repeated when nobody knows whether it took effect, so connectors only
yield requests that are safe to repeat.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from adapters.http_access import Access
from adapters.http_answer import Setback, Unauthorised, encode, judge
from adapters.http_circuit import Circuit
from adapters.http_connection import Call, Connection, Hook, Unreachable
from connectors.contract import Connector, Outcome, Page, Pull, Push, Request, Response
from rules.backoff import delay
from schemas.errors import Misconfigured, RetryLater

ATTEMPTS: Final = 5
SAFE: Final = "/%:@!$&'()*+,;=?-._~"


def nothing() -> None:
    """The hook of who has nothing to check."""


@dataclass(frozen=True, slots=True)
class Times:
    """The clocks: `now` on the wall, `clock` monotonic seconds, `pause` sleeps, `jitter` draws."""

    now: Callable[[], datetime]
    clock: Callable[[], float]
    pause: Callable[[float], None]
    jitter: Callable[[], float]


@dataclass(slots=True)
class Http:
    """Calls to one system. `patience` is the longest single wait, seconds; `until` (monotonic)
    is when the caller's own time ends. Beyond either it is `RetryLater`.
    """

    connector: Connector
    connection: Connection
    access: Access
    circuit: Circuit
    times: Times
    patience: float = 20.0
    until: float = float("inf")

    def send(self, request: Request, before_first_byte: Hook = nothing) -> Response:
        """A 2xx answer, or one that the request accepts.

        `RetryLater` when the system cannot now, `Misconfigured` when it refuses us, `BadRecord`
        when it refuses the request. The hook runs before each attempt's first byte.
        """
        try:
            return self._send(request, before_first_byte, authorised=True)
        except Unauthorised:
            self.access.renew()
        try:
            return self._send(request, before_first_byte, authorised=True)
        except Unauthorised as error:
            system = self.access.system
            message = f"{system} refuses its credentials: ./sluice connect {system}"
            raise Misconfigured(message) from error

    def pull(self, pull: Pull, on_page: Callable[[Page], None]) -> None:
        """Drives a pull or a fetch to its end; `on_page` has published a page when it returns."""
        answer: Response | None = None
        with closing(pull):
            while (wanted := _next(pull, answer)) is not None:
                if isinstance(wanted, Page):
                    on_page(wanted)
                    answer = None
                else:
                    answer = self.send(wanted)

    def push(self, push: Push, before_first_byte: Hook = nothing) -> Outcome:
        """Drives a push, an opt-out or an erasure to its outcome."""
        with closing(push):
            try:
                request = next(push)
                while True:
                    request = push.send(self.send(request, before_first_byte))
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome

    def _send(self, request: Request, hook: Hook, *, authorised: bool) -> Response:
        attempt = 1
        while True:
            self.circuit.check()
            try:
                response = self._attempt(request, hook, authorised=authorised)
            except Setback as setback:
                self._wait(attempt, setback)
                attempt += 1
            else:
                self.circuit.succeeded()
                return response

    def _attempt(self, request: Request, hook: Hook, *, authorised: bool) -> Response:
        kind, body = encode(request)
        whole = replace(request, body=body)
        headers = {"Accept": "application/json", "User-Agent": "sluice/1"}
        if kind:
            headers["Content-Type"] = kind
        if authorised:
            headers |= self.access.headers(whole, self.times.now(), self._plain)
        call = Call(request.method, self._target(request), headers | dict(request.headers), body)
        try:
            response = self.connection.exchange(call, hook)
        except Unreachable as error:
            raise Setback(str(error), None, failure=True) from error
        return judge(self.connector, request, response, self.times.now())

    def _plain(self, request: Request) -> Response:
        return self._send(request, nothing, authorised=False)

    def _wait(self, attempt: int, setback: Setback) -> None:
        if setback.failure:
            self.circuit.failed()
        seconds = max(delay(attempt, self.times.jitter()), setback.after or 0.0)
        late = self.times.clock() + seconds >= self.until
        if attempt >= ATTEMPTS or seconds > self.patience or late:
            message = f"{self.access.system}: {setback.reason}"
            raise RetryLater(message, setback.after)
        self.times.pause(seconds)

    def _target(self, request: Request) -> str:
        path = self.connection.base.path.rstrip("/") + "/" + request.path.lstrip("/")
        target = quote(path, safe=SAFE)
        if request.query:
            target += ("&" if "?" in target else "?") + urlencode(request.query)
        return target


def _next(pull: Pull, answer: Response | None) -> Request | Page | None:
    try:
        return pull.send(answer)
    except StopIteration:
        return None
