"""What a person types, what is asked of the API, and what they read."""

import json
import urllib.request
from pathlib import Path

import pytest

from cli.arguments import parser
from cli.failure import Failure
from cli.targets import load
from rules.meaning import meant
from tests.fakes.terminal import ADA, AT, CONTEXT, SOURCES, STATUS, WHY, Hub, Terminal


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(
        Hub(
            {
                "/v1/status": (200, STATUS),
                "/v1/sources": (200, SOURCES),
                "/v1/sources/shop/sync": (202, {"source": "shop", "request": "r1", "at": AT}),
                "/v1/context": (200, CONTEXT),
                f"/v1/customers/{ADA}": (200, CONTEXT),
                "/v1/why": (200, WHY),
            }
        )
    )


def test_status_reads_like_the_summary(terminal: Terminal) -> None:
    assert terminal.run("status") == 0
    assert "214 records -> 201 customers of 214 subjects (13 joined)" in terminal.out
    assert "3 pairs kept apart, 1 set aside" in terminal.out
    assert "no consent 41, opted out 17" in terminal.out
    assert "queue deliver-mailchimp: 2 waiting, 1 given up" in terminal.out


@pytest.mark.parametrize(
    "line", ["status", "source list", "customer show --id " + ADA, "source sync shop",
             f"why --customer {ADA} --destination mailchimp"],
)  # fmt: skip
def test_with_json_the_answer_is_as_the_api_gave_it(terminal: Terminal, line: str) -> None:
    assert terminal.run(f"{line} --json") == 0
    path = terminal.hub.asked[-1].full_url.removeprefix("http://127.0.0.1:4566").partition("?")[0]
    assert json.loads(terminal.out) == terminal.hub.answers[path][1]


def test_a_customer_reads_like_a_page(terminal: Terminal) -> None:
    assert terminal.run("customer show --phone +12025550143") == 0
    for said in (
        "Ada Byron",
        "EUR 1,240.00 in 9 orders",
        "ada@example.com",
        "Where is my parcel?",
        "opted out",
        "mailchimp:member:1@2026-10-01",
        "needs no consent (contract)",
        "seen as agent, for customer care",
    ):
        assert said in terminal.out
    assert terminal.hub.asked[-1].full_url.endswith("/v1/context?phone=%2B12025550143")


def test_several_customers_are_shown_to_choose_from(terminal: Terminal) -> None:
    several = [{"id": ADA, "name": "Ben"}, {"id": ADA, "name": "Cem"}]
    view = {"purpose": "customer_care", "role": "agent", "candidates": several}
    terminal.hub.answers["/v1/context"] = (200, view)
    assert terminal.run("customer show --phone +12025550143") == 0
    assert "2 customers carry it; none is chosen for you" in terminal.out
    with pytest.raises(Failure, match="2 customers are meant"):
        terminal.run("why --customer ben --destination mailchimp")


def test_why_finds_the_customer_by_name_and_tells_the_reason(terminal: Terminal) -> None:
    assert terminal.run("why --customer ada --destination mailchimp") == 0
    assert "withheld: not permitted, opted out" in terminal.out
    assert "because of mailchimp:member:1@2026-10-01" in terminal.out
    signed = [each.get_header("Authorization") for each in terminal.hub.asked]
    assert [each for each in signed if each] == ["Bearer t-agent", "Bearer t-operator"]


def test_a_write_says_its_stage_first_and_carries_a_key(terminal: Terminal) -> None:
    assert terminal.run("source sync shop") == 0
    assert terminal.err.startswith("stage local: ")
    asked = terminal.hub.asked[-1]
    assert (asked.method, asked.get_header("Idempotency-key")) == ("POST", "k1")


def test_waiting_ends_when_the_queue_is_quiet(terminal: Terminal) -> None:
    assert terminal.run("source sync shop --wait") == 0
    assert "214 records in all" in terminal.out


def test_waiting_ends_with_the_reason_when_the_source_cannot_be_read(terminal: Terminal) -> None:
    stuck = json.loads(json.dumps(SOURCES))
    stuck["items"][0]["checkpoints"][0]["reason"] = "401, connect it again"
    terminal.hub.answers["/v1/sources"] = (200, stuck)
    with pytest.raises(Failure, match="401, connect it again"):
        terminal.run("source sync shop --wait")


def test_the_local_api_is_called_by_its_host(terminal: Terminal) -> None:
    terminal.run("status")
    assert terminal.hub.asked[-1].get_header("Host") == "api.localhost:4566"


def test_token_prints_the_token_alone(terminal: Terminal) -> None:
    assert terminal.run("token --role agent") == 0
    assert terminal.out == "t-agent\n"


def test_a_problem_is_told_in_the_api_s_words(terminal: Terminal) -> None:
    terminal.hub.answers["/v1/context"] = (404, {"title": "Not Found", "detail": "Nobody."})
    with pytest.raises(Failure, match=r"Nobody\. \(404\)"):
        terminal.run("customer show dora")


@pytest.mark.parametrize("line", ["", "status --colour", "token", "token --role king", "source"])
def test_what_cannot_be_understood_ends_with_two(line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line.split())
    assert ended.value.code == 2


@pytest.mark.parametrize("line", ["customer show", "customer show ada --phone +12025550143"])
def test_somebody_must_be_named_once(terminal: Terminal, line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        terminal.run(line)
    assert ended.value.code == 2
    assert terminal.hub.asked == []


@pytest.mark.parametrize(
    "text, kind",
    [
        ("ada@example.com", "email"),
        ("+1 202 555 0143", "phone"),
        ("shopify-eu:customer:42", "subject"),
        (ADA, "id"),
        ("dora", "name"),
    ],
)
def test_who_is_meant_shows_by_its_looks(text: str, kind: str) -> None:
    assert meant(text)[0] == kind


@pytest.mark.parametrize(
    "written, said",
    [
        (None, "make up"),
        ("{", "make up writes it anew"),
        ("[]", "make up writes it anew"),
        ("{}", "no stage local is deployed from here"),
    ],
)
def test_without_a_target_the_message_says_how_to_get_one(
    tmp_path: Path, written: str | None, said: str
) -> None:
    if written is not None:
        (tmp_path / ".sluice").mkdir()
        (tmp_path / ".sluice" / "targets.json").write_text(written)
    with pytest.raises(Failure, match=said):
        load(tmp_path, "local")


def test_nobody_answering_is_told_with_what_to_do() -> None:
    def refused(request: urllib.request.Request) -> tuple[int, bytes]:
        raise ConnectionRefusedError

    terminal = Terminal(Hub())
    terminal.hub.send = refused  # type: ignore[method-assign]
    with pytest.raises(Failure, match="make up starts it"):
        terminal.run("status")


def test_why_tells_what_was_decided_by_the_address_for_another(terminal: Terminal) -> None:
    (entry,) = WHY["items"]
    other = {**json.loads(json.dumps(entry)), "customer": "c2"}
    terminal.hub.answers["/v1/why"] = (200, {**WHY, "items": [], "by_address": [other]})
    assert terminal.run(f"why --customer {ADA} --destination mailchimp") == 0
    assert "Nothing was decided for this customer as it is now." in terminal.out
    assert "withheld: not permitted, opted out" in terminal.out
    assert "for customer c2" in terminal.out


def test_waiting_for_a_pull_ends_when_it_failed_and_says_why(terminal: Terminal) -> None:
    point = {"kind": "order", "records": 3, "reason": "shop: status 500", "failed_at": AT}
    (shop,) = SOURCES["items"]
    busy = {"name": "pull-shop", "waiting": 0, "working": 1, "dead": 0}
    failing = {**shop, "checkpoints": [point], "queue": busy}
    terminal.hub.answers["/v1/sources"] = (200, {"items": [failing]})
    with pytest.raises(Failure, match="order: shop: status 500"):
        terminal.run("source sync shop --wait")


def test_a_destination_that_does_not_answer_shows_in_the_status(terminal: Terminal) -> None:
    outcomes = {"sent": 3, "retrying": 192}
    down = {"name": "crm", "connector": "hubspot", "mode": "live", "outcomes": outcomes}
    terminal.hub.answers["/v1/status"] = (200, {**STATUS, "destinations": [down]})
    assert terminal.run("status") == 0
    assert "retrying 192" in terminal.out
