"""A request comes again with its key: refused, cut short, or done."""

from datetime import timedelta
from typing import Any

import pytest

from functions import judging, wiring
from functions.asking import Asked, once
from functions.caller import Caller
from functions.problem import NotServed
from functions.serving import Request
from schemas.frozen import Frozen
from schemas.graph import Verdict
from tests.fakes.graph import NOW, SPOKEN
from tests.fakes.judging import post, reviews
from tests.fakes.people import People, people, s_of

MAIL = "jan@example.com"
PHONE = "+12025550101"
LATER = timedelta(hours=2)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr(wiring, "pause", lambda _: None)
    return people(monkeypatch)


@pytest.fixture
def jan(hub: People) -> str:
    """The shop's and the help desk's, by one address; and a stranger."""
    hub.knows("shop:jan", "Jan Roe", email=MAIL)
    hub.knows("help:1", email=MAIL)
    hub.knows("crm:9")
    return hub.customer("shop:jan")


@pytest.fixture
def review(hub: People) -> str:
    """A phone of three, of whom somebody said that two are not the same."""
    for who in ("shop:eve", "crm:8", "help:8"):
        hub.knows(who, phone=PHONE)
    a, b = sorted(s_of(who) for who in ("shop:eve", "crm:8"))
    judging.said([Verdict(kind="never", a=a, b=b, at=SPOKEN, by="u-1")])
    hub.world.stream()
    (found,) = reviews()
    return str(found["id"])


def cut_short(monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any]) -> None:
    """The evidence is written, and nobody hears of it."""
    with monkeypatch.context() as broken:
        broken.setattr(judging, "told", lambda *_: 1 // 0)
        assert post(path, **body)[0] == 500


@pytest.mark.parametrize("side", [["crm:contact:9"], ["shop:customer:jan", "help:user:1"]])
def test_what_is_refused_is_refused_again(hub: People, jan: str, side: list[str]) -> None:
    path = f"/v1/customers/{jan}/split"
    first = post(path, subjects=side)
    assert first[0] == 409
    assert post(path, subjects=side) == post(path, subjects=side) == first
    assert not judging.home([s_of("help:1")]).verdicts


def test_what_was_refused_is_decided_anew_as_of_then(hub: People, jan: str) -> None:
    asked = {"a": jan, "b": "crm:contact:7"}
    assert post("/v1/customers/merge", **asked)[0] == 404
    hub.now += LATER
    hub.knows("crm:7")
    status, body = post("/v1/customers/merge", **asked)
    assert (status, body["joined"]) == (200, True)
    assert body["at"] == (NOW + LATER).isoformat().replace("+00:00", "Z")


def test_a_split_that_was_cut_short_is_taken_up(
    hub: People, jan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/customers/{jan}/split"
    cut_short(monkeypatch, path, {"subjects": ["help:user:1"]})
    hub.now += LATER
    hub.world.stream()
    status, body = post(path, subjects=["help:user:1"])
    assert (status, len(body["customers"]), body["written"]) == (200, 2, 1)
    assert [each.at for each in judging.home([s_of("help:1")]).verdicts] == [NOW]
    assert post(path, subjects=["help:user:1"]) == (200, body)


def test_so_is_a_merge(hub: People, jan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"a": jan, "b": hub.customer("crm:9")}
    cut_short(monkeypatch, "/v1/customers/merge", asked)
    hub.now += LATER
    hub.world.stream()
    status, body = post("/v1/customers/merge", **asked)
    assert (status, body["joined"], body["written"]) == (200, True, 1)
    assert [each.at for each in judging.home([s_of("crm:9")]).verdicts] == [NOW]


@pytest.mark.parametrize("decision, customers", [("accept", 1), ("reject", 3)])
def test_so_is_a_review_that_is_open_no_more(
    hub: People, review: str, monkeypatch: pytest.MonkeyPatch, decision: str, customers: int
) -> None:
    cut_short(monkeypatch, f"/v1/reviews/{review}/{decision}", {})
    hub.world.stream()
    status, body = post(f"/v1/reviews/{review}/{decision}")
    assert (status, len(body["customers"])) == (200, customers)


def test_a_refusal_takes_nothing_away_from_whoever_asked_beside_it(hub: People) -> None:
    """Two ask at once; the one that looked earlier is refused, the other is done."""
    request = Request(Caller("u-1", frozenset()), {}, {}, {"idempotency-key": "k"}, "{}")

    times: list[Asked] = []

    def done(asked: Asked) -> Frozen:
        times.append(asked)
        return Frozen()

    def refused(_: Asked) -> Frozen:
        once(request, "deed", done)
        raise NotServed(409, "not any more")

    with pytest.raises(NotServed):
        once(request, "deed", refused)
    assert once(request, "deed", done)["statusCode"] == 200
    assert len(times) == 1
