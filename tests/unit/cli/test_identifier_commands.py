"""Marks of identifiers, at the terminal."""

import json

import pytest

from tests.fakes.terminal import AT, Hub, Terminal

MARKED = {
    "mark": "block", "type": "email", "at": AT, "by": "u-1", "records": 4, "customers": 3,
}  # fmt: skip


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Hub({"/v1/identifiers/mark": (200, MARKED)}))


def test_a_mark_says_its_stage_and_what_it_does_without_the_address(terminal: Terminal) -> None:
    assert terminal.run("identifier block office@example.com --why shared") == 0
    assert terminal.out == "email: links nobody, whoever carries it (4 records, 3 customers now)\n"
    assert terminal.err == "stage local: block an identifier\n"
    sent = terminal.hub.asked[-1]
    assert isinstance(sent.data, bytes)
    assert json.loads(sent.data) == {
        "identifier": "office@example.com", "mark": "block", "why": "shared",
    }  # fmt: skip
    assert sent.get_header("Authorization") == "Bearer t-privacy"


def test_trust_of_many_names_their_number(terminal: Terminal) -> None:
    many = {**MARKED, "mark": "trust", "records": 400, "customers": None}
    terminal.hub.answers["/v1/identifiers/mark"] = (200, many)
    assert terminal.run("identifier trust shop:customer:7 --force 400 --role operator") == 0
    assert terminal.out == "email: links whoever carries it (400 records)\n"
    sent = terminal.hub.asked[-1]
    assert isinstance(sent.data, bytes)
    assert json.loads(sent.data)["force"] == 400
