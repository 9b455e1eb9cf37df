"""The driver of connectors, against a vendor that answers from a script."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import pytest

from adapters.http import Http, Times
from adapters.http_access import Access
from adapters.http_circuit import FAILURES, OPEN_SECONDS, Circuit, key
from adapters.http_connection import Call, Connection, Hook, Unreachable
from connectors import defaults
from connectors.contract import Connector, Outcome, Page, Pull, Push, Request, Response, Token
from schemas.errors import BadRecord, Misconfigured, RetryLater
from tests.simulator.port import MemoryPort

if TYPE_CHECKING:
    from adapters.secrets import Secrets

Answer = Response | Unreachable


def ok(body: bytes = b"{}", status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json"} | named, body)


def status(code: int, **headers: str) -> Response:
    return ok(b"{}", code, **headers)


@dataclass
class Vendor:
    """Answers from a script and remembers what it was asked."""

    answers: list[Answer]
    calls: list[Call] = field(default_factory=list)
    base: object = field(default_factory=lambda: urlsplit("https://vendor.example/api"))

    def exchange(self, call: Call, before_first_byte: Hook) -> Response:
        before_first_byte()
        self.calls.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer


@dataclass
class World:
    """Time that passes only when somebody waits."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def times(self) -> Times:
        return Times(self.now, self.clock, self.pause, lambda: 0.5)


@dataclass
class Vault:
    """Secrets in memory; `stored` is what a person or another instance has put there."""

    stored: Mapping[str, str]
    read: int = 0
    cached: Mapping[str, str] | None = None

    def get(self, system: str, kind: str) -> Mapping[str, str]:
        if self.cached is None:
            self.read += 1
            self.cached = self.stored
        return self.cached

    def forget(self, system: str, kind: str) -> None:
        self.cached = None

    def put(self, system: str, kind: str, value: Mapping[str, str]) -> None:
        self.stored = self.cached = dict(value)


def tokens(secret: Mapping[str, str]) -> Request:
    return Request("POST", "token", form={"refresh": secret["refresh"]})


def rotate(secret: Mapping[str, str], response: Response) -> Token:
    found = response.json()
    return Token(found["token"], found["lasts"], {"refresh": found["refresh"]})


def connector(**functions: object) -> Connector:
    plain = {n: f for n, f in vars(defaults).items() if not n.startswith("_")}
    return cast("Connector", SimpleNamespace(**(plain | functions)))


@dataclass
class Scene:
    """A client of a vendor, with everything it leans on."""

    vendor: Vendor
    http: Http
    world: World
    vault: Vault

    def send(self, request: Request | None = None, hook: Hook = lambda: None) -> Response:
        return self.http.send(request or Request("GET", "people"), hook)


Stage = Callable[..., Scene]


@pytest.fixture
def given() -> Stage:
    def build(*answers: Answer, secret: Mapping[str, str] | None = None, **more: object) -> Scene:
        vendor, world = Vendor(list(answers)), World()
        vault = Vault(secret or {"token": "t0"})
        here = connector(**more)
        access = Access("acme", here, cast("Secrets", vault), world.clock)
        circuit = Circuit("acme", lambda: world.now().timestamp())
        line = cast("Connection", vendor)
        return Scene(vendor, Http(here, line, access, circuit, world.times()), world, vault)

    return build


def test_a_request_goes_below_the_base_url_with_its_query_and_authorisation(given: Stage) -> None:
    scene = given(ok())
    scene.send(Request("GET", "/people/a b", query={"since": "2026-01-01T00:00:00+00:00"}))
    (call,) = scene.vendor.calls
    assert call.target == "/api/people/a%20b?since=2026-01-01T00%3A00%3A00%2B00%3A00"
    assert call.headers["authorization"] == "Bearer t0"


def test_a_signature_sees_the_bytes_that_are_sent(given: Stage) -> None:
    def sign(secret: object, request: Request, now: object) -> Mapping[str, str]:
        return {"x-length": str(len(request.body or b""))}

    scene = given(ok(), sign=sign)
    scene.send(Request("POST", "people", json={"name": "Zoë"}))
    (call,) = scene.vendor.calls
    assert call.headers["x-length"] == str(len(call.body or b""))


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_vendor_that_cannot_now_is_asked_again(given: Stage, code: int) -> None:
    scene = given(status(code), status(code), ok())
    assert scene.send().status == 200
    assert len(scene.world.waits) == 2


def test_a_truncated_page_is_read_again(given: Stage) -> None:
    scene = given(ok(b'{"people": ['), ok(b'{"people": []}'))
    assert scene.send().json() == {"people": []}


def test_an_answer_nested_beyond_reading_is_left_for_later(given: Stage) -> None:
    scene = given(*[ok(b"[" * 100_000 + b"]" * 100_000)] * 5)
    with pytest.raises(RetryLater, match="unreadable"):
        scene.send()
    deep = Response(200, {}, b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(BadRecord):
        deep.json()


def test_a_lost_connection_is_dialled_again(given: Stage) -> None:
    assert given(Unreachable("TimeoutError"), ok()).send().status == 200


def test_retry_after_is_honoured_in_seconds_and_as_a_date(given: Stage) -> None:
    scene = given(
        status(429, retry_after="7"), status(503, retry_after="Mon, 04 May 2026 00:00:10 GMT"), ok()
    )
    scene.send()
    assert scene.world.waits == [7.0, 3.0]


def test_a_vendors_own_signal_inside_a_200_slows_us_down(given: Stage) -> None:
    def throttled(response: Response) -> float | None:
        return 4.0 if b"THROTTLED" in response.body else None

    scene = given(ok(b'{"errors":"THROTTLED"}'), ok(), throttled=throttled)
    scene.send()
    assert scene.world.waits == [4.0]


def test_a_long_wait_is_left_to_the_queue(given: Stage) -> None:
    scene = given(status(429, retry_after="600"))
    with pytest.raises(RetryLater) as caught:
        scene.send()
    assert caught.value.after == 600.0
    assert scene.world.waits == []


def test_nobody_waits_beyond_the_invocation(given: Stage) -> None:
    scene = given(status(503, retry_after="3"))
    scene.http.until = 2.0
    with pytest.raises(RetryLater):
        scene.send()


def test_a_vendor_that_stays_down_is_given_up_for_now(given: Stage) -> None:
    scene = given(*[status(500)] * 5)
    with pytest.raises(RetryLater):
        scene.send()


@pytest.mark.parametrize("code,error", [(400, BadRecord), (404, BadRecord), (422, BadRecord),
                                        (403, Misconfigured), (302, Misconfigured)])  # fmt: skip
def test_what_will_not_get_better_is_not_repeated(
    given: Stage, code: int, error: type[Exception]
) -> None:
    scene = given(status(code, location="http://169.254.169.254/"))
    with pytest.raises(error):
        scene.send()
    assert len(scene.vendor.calls) == 1


def test_a_status_that_the_connector_accepts_is_its_own_to_read(given: Stage) -> None:
    scene = given(status(404))
    assert scene.send(Request("DELETE", "people/1", accept=frozenset({404}))).status == 404


def test_a_token_is_kept_until_shortly_before_it_ends(given: Stage) -> None:
    first = ok(b'{"token":"t1","lasts":3600,"refresh":"r1"}')
    second = ok(b'{"token":"t2","lasts":3600,"refresh":"r2"}')
    scene = given(first, ok(), ok(), second, ok(), secret={"refresh": "r0"},
                  token_request=tokens, read_token=rotate)  # fmt: skip
    scene.send()
    scene.send()
    scene.world.seconds += 3541
    scene.send()
    sent = [call.headers.get("authorization") for call in scene.vendor.calls]
    assert sent == [None, "Bearer t1", "Bearer t1", None, "Bearer t2"]
    assert scene.vault.stored == {"refresh": "r2"}


def test_a_refused_token_is_renewed_once_with_the_secret_read_anew(given: Stage) -> None:
    scene = given(status(401), ok())
    scene.vault.get("acme", "api")
    scene.vault.stored = {"token": "rotated"}
    scene.send()
    assert scene.vendor.calls[-1].headers["authorization"] == "Bearer rotated"


def test_credentials_refused_twice_need_a_person(given: Stage) -> None:
    with pytest.raises(Misconfigured, match="sluice connect acme"):
        given(status(401), status(401)).send()


def test_a_refresh_lost_to_another_instance_uses_what_that_one_stored(given: Stage) -> None:
    token = ok(b'{"token":"t1","lasts":60,"refresh":"r2"}')
    scene = given(status(400), token, ok(), secret={"refresh": "r0"},
                  token_request=tokens, read_token=rotate)  # fmt: skip
    scene.vault.get("acme", "api")
    scene.vault.stored = {"refresh": "r1"}
    scene.send()
    assert [call.body for call in scene.vendor.calls][:2] == [b"refresh=r0", b"refresh=r1"]


def test_the_circuit_opens_after_failures_in_a_row_and_lets_one_call_try(given: Stage) -> None:
    scene = given(*[status(500)] * FAILURES, status(500), ok(), ok())
    with pytest.raises(RetryLater):
        scene.send()
    with pytest.raises(RetryLater) as caught:
        scene.send()
    assert len(scene.vendor.calls) == FAILURES
    assert caught.value.after is not None
    scene.world.seconds += OPEN_SECONDS + 1
    with pytest.raises(RetryLater, match="did not answer"):
        scene.send()
    assert len(scene.vendor.calls) == FAILURES + 1
    scene.world.seconds += 2 * OPEN_SECONDS + 1
    assert scene.send().status == 200
    assert scene.send().status == 200


def test_a_busy_vendor_does_not_open_the_circuit(given: Stage) -> None:
    scene = given(*[status(429, retry_after="600")] * (FAILURES + 1))
    for _ in range(FAILURES + 1):
        with pytest.raises(RetryLater):
            scene.send()
    assert len(scene.vendor.calls) == FAILURES + 1


def test_a_pull_hands_over_each_page_before_it_asks_for_the_next(given: Stage) -> None:
    seen: list[str] = []

    def people() -> Pull:
        for number in "12":
            answer = yield Request("GET", "people", query={"page": number})
            assert answer is not None
            seen.append(f"read {number}")
            yield Page("people", (answer.json(),), {"page": number})

    scene = given(ok(b'{"id":1}'), ok(b'{"id":2}'))
    scene.http.pull(people(), lambda page: seen.append(f"kept {page.cursor['page']}"))
    assert seen == ["read 1", "kept 1", "read 2", "kept 2"]


def test_a_pull_that_fails_to_publish_ends_there(given: Stage) -> None:
    closed: list[bool] = []

    def people() -> Pull:
        try:
            yield Page("people", (), {})
        finally:
            closed.append(True)

    def refuse(page: Page) -> None:
        message = "the bus"
        raise RetryLater(message)

    with pytest.raises(RetryLater):
        given().http.pull(people(), refuse)
    assert closed == [True]


def steps() -> Push:
    yield Request("GET", "people/1")
    answer = yield Request("PUT", "people/1")
    return Outcome("sent", str(answer.status))


def test_a_push_ends_with_its_outcome(given: Stage) -> None:
    assert given(ok(), ok()).http.push(steps()) == Outcome("sent", "200")


def test_the_hook_runs_before_the_first_byte_of_every_attempt(given: Stage) -> None:
    ticks: Iterator[int] = iter(range(9))
    scene = given(ok(), status(500), ok())
    scene.http.push(steps(), lambda: cast("None", next(ticks)))
    assert next(ticks) == 3


def test_a_hook_that_refuses_leaves_nothing_sent(given: Stage) -> None:
    class Late(Exception):
        pass

    def refuse() -> None:
        raise Late

    scene = given(ok())
    with pytest.raises(Late):
        scene.http.push(steps(), refuse)
    assert scene.vendor.calls == []


def test_an_open_circuit_is_seen_by_other_instances_and_closes_for_all() -> None:
    table, seconds = MemoryPort(), [1000.0]
    here, there = (Circuit("acme", lambda: seconds[0], table) for _ in range(2))
    for _ in range(FAILURES):
        here.failed()
    with pytest.raises(RetryLater) as caught:
        there.check()
    assert caught.value.after == OPEN_SECONDS
    seconds[0] += OPEN_SECONDS
    there.check()
    there.succeeded()
    assert table.memory.rows == {}


def test_a_working_system_costs_one_look_in_a_while() -> None:
    table, seconds = MemoryPort(), [1000.0]
    circuit = Circuit("acme", lambda: seconds[0], table)
    for _ in range(100):
        circuit.check()
        circuit.succeeded()
    assert (table.units.read, table.units.write) == (0.5, 0.0)


def test_a_system_that_moved_is_not_refused_for_where_it_was() -> None:
    assert key("acme", "https://old.example") != key("acme", "https://new.example")
    assert key("acme", "https://old.example").pk == "SYS#acme"
