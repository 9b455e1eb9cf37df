"""What the hub writes to a system that is a source too must come back as nobody's new word."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from adapters.http import Http, Times
from adapters.http_access import Access
from adapters.http_circuit import Circuit
from adapters.http_connection import Call, Hook
from connectors.contract import Request, Response
from connectors.registry import load
from local.company.model import Audience
from local.standins.mailchimp import Mailchimp
from local.standins.secrets import credentials
from local.standins.wire import Request as Wired
from rules.gate import Book
from schemas.config import Destination
from schemas.errors import RetryLater
from schemas.policy import Policy
from tests.contract.connector_driving import pages
from tests.simulator.mailing import POLICY, START, Hub, address, key_of

MAILCHIMP = load("mailchimp")
LIST = "a1b2c3d4e5"
ADA = address("ada")
RULE = {"purpose": "email_marketing", "channel": "email", "fields": ["email", "first_name"]}


class Post:
    """A hub, and an audience at Mailchimp that it writes to and reads from, on one clock."""

    def __init__(self, basis: str = "consent") -> None:
        self.hub = Hub(name="mailchimp")
        self.lost: tuple[str, ...] = ()
        self.audience = Mailchimp(Audience(LIST, (), (), {}), lambda: self.hub.now().timestamp())
        self.base = urlsplit("https://mailchimp.example/")
        place = {"connector": "mailchimp", "base_url": self.base.geturl(), "mode": "live"}
        given = {"list": LIST, "merge_fields": {"first_name": "FNAME"}}
        self.system = Destination.model_validate(place | {"settings": given})
        purposes = {"email_marketing": {"basis": basis}}
        said = POLICY | {"purposes": purposes, "destinations": {"mailchimp": RULE}}
        self.book = Book("v1", Policy.model_validate(said))
        narrow = {"mailchimp": RULE | {"purpose": "offers"}}
        purposes = {"email_marketing": {"basis": basis}, "offers": {"basis": "consent"}}
        said = POLICY | {"purposes": purposes, "destinations": narrow}
        self.narrow = Book("v2", Policy.model_validate(said))

    def says(
        self, state: str, day: float, source: str = "shop", record: str = "customer:1"
    ) -> None:
        """A consent event about Ada's address, effective on a day, arrives now."""
        more: dict[str, Any] = {"purpose": "email_marketing", "source": source, "record": record}
        self.hub.says(key_of("ada"), state, days=cast("int", day), **more)

    def deliver(self, day: float, book: Book | None = None) -> None:
        """Ada's customer is brought up to date at Mailchimp on a day."""
        self.hub.seconds = day * 86_400
        self.hub.deliver(
            self.hub.knows("ada"),
            connector=MAILCHIMP,
            destination=self.system,
            own_sources=frozenset({"mailchimp"}),
            book=book or self.book,
            http=self._http(),
        )

    def pull(self, day: float) -> list[str]:
        """Reads the audience on a day, and keeps what it says of consent."""
        self.hub.seconds = day * 86_400
        found = pages(MAILCHIMP.pull(self.system, "member", {}, self.hub.now()), self._answered)
        heard: list[str] = []
        for record in (one for page in found for one in page.records):
            seen = MAILCHIMP.normalise("mailchimp", self.system, "member", record)
            for said in seen.consents:
                at = said.effective_at or datetime.fromisoformat(seen.record.version)
                self.says(said.state, (at - START) / timedelta(days=1), "mailchimp", "member:1")
                heard.append(said.state)
        return heard

    @property
    def member(self) -> dict[str, Any]:
        """The only member there is."""
        (found,) = self.audience.records["members"].values()
        return found

    @property
    def last(self) -> tuple[str, str]:
        """How the last delivery ended, and why."""
        return self.hub.outcomes("ada")[-1]

    def exchange(self, call: Call, before_first_byte: Hook) -> Response:
        """The stand-in at the other end of a connection."""
        before_first_byte()
        target = urlsplit(call.target)
        wired = Wired(call.method, target.path, {}, call.headers, call.body or b"")
        answer = _received(self.audience.handle(wired))
        return Response(503, {"retry-after": "600"}, b"") if call.method in self.lost else answer

    def _answered(self, request: Request) -> Response:
        headers = MAILCHIMP.authorise(credentials("mailchimp")["api"], None)
        path = request.path if request.path.startswith("/3.0") else f"/3.0{request.path}"
        wired = Wired(request.method, path, request.query, headers, b"")
        return _received(self.audience.handle(wired))

    def _http(self) -> Http:
        hub = self.hub
        times = Times(hub.now, hub.clock, hub.wait, lambda: 0.0)
        secret = credentials("mailchimp")["api"]
        vault = cast("Any", SimpleNamespace(get=lambda *_: secret, forget=lambda *_: 0))
        access = Access("mailchimp", MAILCHIMP, vault, hub.clock)
        circuit = Circuit("mailchimp", lambda: hub.now().timestamp())
        return Http(MAILCHIMP, cast("Any", self), access, circuit, times, patience=3.0)


def _received(answer: Any) -> Response:  # noqa: ANN401 - the stand-in's own response
    return Response(answer.status, dict(answer.headers), answer.body)


def test_a_withdrawal_from_before_our_own_write_is_not_outdone_by_it() -> None:
    """Granted on day 1, written on day 3, read back on day 4; on day 5 it is heard that she
    withdrew on day 2."""
    post = Post()
    post.says("granted", 1)
    post.deliver(3)
    assert post.last == ("sent", "granted")
    assert post.pull(4) == ["granted"]
    post.says("withdrawn", 2)
    post.deliver(5)
    assert post.last == ("withheld", "opted_out")
    assert post.member["status"] == "unsubscribed"


def test_what_we_made_of_somebody_who_is_out_does_not_bring_them_back() -> None:
    """Dora's story where the later "subscribed" is ours: it is read after she is known to be out,
    and again once she was taken off."""
    post = Post()
    post.says("granted", 1)
    post.deliver(3)
    post.says("withdrawn", 2)
    assert post.pull(4) == ["granted"]
    post.deliver(5)
    post.pull(6)
    post.deliver(7)
    assert post.last == ("withheld", "opted_out")


def test_what_the_person_said_there_keeps_its_own_time() -> None:
    post = Post()
    own = Post()
    own.says("granted", 2)
    own.deliver(2)
    post.audience.adopt(own.audience.records)
    post.says("granted", 1)
    post.deliver(3)
    assert post.member["timestamp_opt"] == (START + timedelta(days=2)).isoformat()
    assert post.member["merge_fields"]["FNAME"] == "Ada"


@pytest.mark.parametrize("basis", ["legitimate_interest", "contract"])
def test_who_was_written_to_on_another_basis_has_not_agreed_to_anything(basis: str) -> None:
    post = Post(basis)
    post.deliver(3)
    assert post.last == ("sent", "basis")
    assert post.pull(4) == []


def test_what_we_stopped_ourselves_is_sent_again_once_it_may() -> None:
    """The policy asks for another purpose for a while, to which Ada never said a word."""
    post = Post()
    post.says("granted", 1)
    post.deliver(2)
    post.deliver(3, post.narrow)
    assert post.last == ("withheld", "no_consent")
    assert post.member["status"] == "archived"
    assert post.pull(4) == []
    post.deliver(5)
    assert post.last == ("sent", "granted")
    assert post.member["status"] == "subscribed"
    assert post.member["timestamp_opt"] == (START + timedelta(days=1)).isoformat()
    assert post.pull(6) == ["granted"]
    post.says("withdrawn", 2)
    post.deliver(7)
    assert post.last == ("withheld", "opted_out")
    assert post.member["status"] == "unsubscribed"


def test_a_stop_whose_answer_was_lost_is_still_known_as_ours() -> None:
    post = Post()
    post.says("granted", 1)
    post.deliver(2)
    post.lost = ("DELETE",)
    with pytest.raises(RetryLater):
        post.deliver(3, post.narrow)
    post.lost = ("GET",)
    with pytest.raises(RetryLater):
        post.deliver(4)
    assert post.member["status"] == "archived"
    post.lost = ()
    post.deliver(5)
    assert (post.last, post.member["status"]) == (("sent", "granted"), "subscribed")


def test_who_opted_out_while_we_had_stopped_stays_out() -> None:
    post = Post()
    post.says("granted", 1)
    post.deliver(2)
    post.deliver(3, post.narrow)
    post.says("withdrawn", 4)
    post.deliver(5)
    assert (post.last, post.member["status"]) == (("withheld", "opted_out"), "unsubscribed")
    post.deliver(6, post.narrow)
    assert post.pull(7) == ["withdrawn"]
    post.deliver(8)
    assert (post.last, post.member["status"]) == (("withheld", "opted_out"), "unsubscribed")


def test_who_left_there_is_not_made_forgotten_by_a_stop_of_ours() -> None:
    """She unsubscribed at Mailchimp, which is not read yet when the policy stops us."""
    post = Post()
    post.says("granted", 1)
    post.deliver(2)
    post.member.update(status="unsubscribed", unsubscribe_reason="no longer interested")
    post.deliver(3, post.narrow)
    assert post.pull(4) == ["withdrawn"]
    post.deliver(5)
    assert post.last == ("withheld", "opted_out")


def test_who_was_archived_there_by_somebody_is_left_archived() -> None:
    post = Post()
    post.says("granted", 1)
    post.deliver(2)
    post.member.update(status="archived")
    post.deliver(3, post.narrow)
    post.deliver(4)
    assert (post.last, post.member["status"]) == (("sent", "granted"), "archived")
