"""Explaining, deciding and trying rules, at the terminal."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.failure import Failure
from tests.fakes.terminal import ADA, AT, CONTEXT, Hub, Terminal

EXPLAINED = {
    "a": "shop:customer:1", "b": "crm:contact:7", "together": True,
    "chain": [
        {
            "left": "shop:customer:1", "type": "email", "value": "ada@example.com",
            "right": "crm:contact:7", "evidence": [{"source": "shop", "record": "c:1", "at": AT}],
        }
    ],
}  # fmt: skip
JUDGED = {
    "at": AT, "by": "u-1", "written": 2, "joined": False,
    "customers": [
        {"customer": ADA, "subjects": ["shop:customer:1"]},
        {"customer": "c2", "subjects": ["crm:contact:7"]},
    ],
}  # fmt: skip
REVIEWS = {
    "items": [{"id": "r.1", "type": "phone", "reason": "unique", "detail": "shop:customer",
               "customers": [ADA, "c2"]}]
}  # fmt: skip
DIFF = {
    "current": "p1", "candidate": "p2", "seen": 20, "changed": 3, "merges": 1, "splits": 1,
    "largest": 5, "items": [{"kind": "merge", "customers": [ADA, "c2"], "subjects": 5}],
}  # fmt: skip
POLICY = Path(__file__).parents[3] / "policy.yaml"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(
        Hub(
            {
                "/v1/explain": (200, EXPLAINED),
                f"/v1/customers/{ADA}/split": (200, JUDGED),
                "/v1/customers/merge": (200, JUDGED),
                "/v1/reviews": (200, REVIEWS),
                "/v1/reviews/r.1/reject": (200, JUDGED),
                "/v1/policy": (200, {"version": "p2", "at": AT, "done": False, "starts_at": AT}),
                "/v1/policy/diff": (200, DIFF),
                "/v1/policy/adoption": (200, {"version": "p2", "seen": 80, "done": True}),
            }
        )
    )


def sent(terminal: Terminal) -> dict[str, object]:
    """The body of the last request."""
    body = terminal.hub.asked[-1].data
    assert isinstance(body, bytes)
    found: dict[str, object] = json.loads(body)
    return found


def test_the_chain_is_printed_and_drawn(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "why.svg"
    assert terminal.run(f"customer explain ada crm:contact:7 --svg {file}") == 0
    assert "| email ada@example.com" in terminal.out
    assert file.read_text("utf-8").startswith("<svg")
    assert terminal.run("customer explain ada crm:contact:7 --json") == 0
    assert json.loads(terminal.out) == EXPLAINED


def test_a_split_says_its_stage_first_and_shows_the_sides(terminal: Terminal) -> None:
    line = f"customer split {ADA} --subjects crm:contact:7 --why wrong"
    assert terminal.run(line) == 0
    assert terminal.err.startswith("stage local: taking 1 subjects")
    assert sent(terminal) == {"subjects": ["crm:contact:7"], "why": "wrong"}
    assert terminal.hub.asked[-1].get_header("Idempotency-key") == "k1"
    assert "2 customers now" in terminal.out


def test_a_merge_that_a_rule_forbids_says_so(terminal: Terminal) -> None:
    refused = {**JUDGED, "because": ["unique always: two ids"], "advice": ["merge the two there"]}
    terminal.hub.answers["/v1/customers/merge"] = (200, refused)
    assert terminal.run("customer merge shop:customer:1 crm:contact:7") == 3
    assert "not as asked for:\n  unique always: two ids\n  merge the two there" in terminal.out
    assert sent(terminal)["a"] == "shop:customer:1"


def test_an_operator_merges_whom_an_agent_finds_and_privacy_finds_its_own(
    terminal: Terminal,
) -> None:
    terminal.hub.answers["/v1/context"] = (200, CONTEXT)
    assert terminal.run("customer merge ada@example.com crm:contact:7") == 0
    assert sent(terminal) == {"a": ADA, "b": "crm:contact:7", "why": ""}
    assert "ada@example.com" not in terminal.err
    asked = {each.full_url.partition("?")[0][-8:]: each for each in terminal.hub.asked}
    assert asked["/context"].get_header("Authorization") == "Bearer t-agent"
    assert asked["rs/merge"].get_header("Authorization") == "Bearer t-operator"
    assert terminal.run("customer merge ada@example.com crm:contact:7 --role privacy") == 0
    assert sent(terminal)["a"] == "ada@example.com"


def test_reviews_are_listed_and_decided(terminal: Terminal) -> None:
    assert terminal.run("review list") == 0
    assert "r.1" in terminal.out
    assert terminal.run("review reject r.1") == 0
    assert terminal.err.startswith("stage local: rejecting")


def test_a_dry_run_tells_how_many_and_which(terminal: Terminal) -> None:
    assert terminal.run(f"policy diff {POLICY}") == 0
    assert "3 of 20 customers would change (15.0%)" in terminal.out
    assert f"merge  {ADA} + c2  (5 subjects)" in terminal.out


def test_a_dry_run_says_what_it_reads_before_it_tries(terminal: Terminal) -> None:
    begun = {"current": "p1", "candidate": "p2"}
    terminal.hub.turns["/v1/policy/diff"] = [
        (200, {**begun, "read": 200, "next": "reading a b"}),
        (200, {**begun, "read": 320, "seen": 10, "changed": 2, "next": "0|c"}),
        (200, {**DIFF, "read": 320}),
    ]
    assert terminal.run(f"policy diff {POLICY}") == 0
    first, then = terminal.err.splitlines()
    assert first.startswith("200 rows read")
    assert then == "10 customers tried, 2 would change"


@pytest.mark.parametrize(
    "found, told",
    [
        ({"current": "p2", "candidate": "p2"}, "which is in force already"),
        ({"current": "p1", "candidate": "p2"}, "which changes no customer"),
    ],
)
def test_adopting_the_same_rules_is_told_as_that_with_how_far_they_are(
    terminal: Terminal, found: dict[str, str], told: str
) -> None:
    terminal.hub.answers["/v1/policy/diff"] = (200, found)
    assert terminal.run(f"policy adopt {POLICY}") == 0
    assert told in terminal.err
    assert "in the background" in terminal.out


def test_a_dry_run_says_what_it_does_not_count(terminal: Terminal) -> None:
    assert terminal.run(f"policy diff {POLICY}") == 0
    assert "traits may come from other sources" not in terminal.out
    terminal.hub.answers["/v1/policy/diff"] = (200, {**DIFF, "traits": True})
    assert terminal.run(f"policy diff {POLICY}") == 0
    assert "traits may come from other sources" in terminal.out


def test_a_dry_run_of_the_policy_in_force_tells_what_a_new_normaliser_would_change(
    terminal: Terminal,
) -> None:
    terminal.hub.answers["/v1/policy/diff"] = (200, {**DIFF, "candidate": DIFF["current"]})
    assert terminal.run(f"policy diff {POLICY}") == 0
    assert "3 of 20 customers would change" in terminal.out


def test_adopting_tries_first_and_waits_until_the_graph_follows(terminal: Terminal) -> None:
    assert terminal.run(f"policy adopt {POLICY} --force 3 --wait") == 0
    assert "which changes 3 customers" in terminal.err
    assert "policy p2 is in force" in terminal.out


def test_waiting_for_an_adoption_says_until_when_each_time(terminal: Terminal) -> None:
    def answer(seconds: int, **more: object) -> tuple[int, dict[str, object]]:
        starts_at = (datetime.fromisoformat(AT) + timedelta(seconds=seconds)).isoformat()
        return 200, {"version": "p2", "done": False, "starts_at": starts_at, **more}

    turns = [
        answer(150), answer(150), answer(0, seen=40), answer(0, seen=80),
        answer(140, seen=80, last=True), answer(140, seen=80, last=True),
        answer(0, seen=90, done=True),
    ]  # fmt: skip
    terminal.hub.answers["/v1/policy"] = answer(150)
    terminal.hub.turns["/v1/policy/adoption"] = turns
    assert terminal.run(f"policy adopt {POLICY} --force 3 --wait") == 0
    first, *between, last = terminal.err.splitlines()[-4:]
    assert first.startswith("waiting 150 s, until 08:14:30 UTC: by then no resolver")
    assert between == ["40 items looked at", "80 items looked at"]
    assert last.startswith("waiting 140 s, until 08:14:20 UTC: then all is gone through again")


def test_a_file_that_cannot_be_adopted_is_told_by_its_line(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY.read_text("utf-8").replace("level: 1", "levle: 1"), "utf-8")
    with pytest.raises(Failure, match=r"policy\.yaml:\d+"):
        terminal.run(f"policy check {file}")
    assert terminal.run(f"policy check {POLICY}") == 0
