"""Another pepper, at the terminal."""

import json
from typing import Any
from urllib.request import Request

import pytest

from cli import rekey
from cli.failure import Failure
from tests.fakes.terminal import AT, Hub, Terminal

KNOWN = {"version": 2, "stage": "known", "at": AT, "starts_at": AT, "seen": 0}
BEGUN = {"version": 2, "stage": "begun", "at": AT, "starts_at": AT, "seen": 80}
DONE = {"version": 2, "stage": "done", "at": AT, "seen": 90}
NAME = "sluice/local/pepper/graph"


class NotThereError(Exception):
    """Secrets Manager's own."""


class Manager:
    """Secrets Manager, with the secret of one stage."""

    class exceptions:  # noqa: N801 - boto3's name
        """As a client has them."""

        ResourceNotFoundException = NotThereError

    def __init__(self) -> None:
        self.held = {NAME: json.dumps({"secret": "aa" * 32, "version": "1"})}

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - as above
        if SecretId not in self.held:
            raise NotThereError
        return {"SecretString": self.held[SecretId]}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803 - as above
        self.held[SecretId] = SecretString

    def secret(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.held[NAME])
        return found


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setattr(rekey, "secrets_manager", lambda _session: made)
    return made


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Hub({"/v1/rekey": (200, {"version": 1, "stage": "done", "seen": 0})}))


def begins(monkeypatch: pytest.MonkeyPatch, terminal: Terminal, *turns: dict[str, Any]) -> None:
    """The hub begins when it is asked to, and then is where each turn takes it."""
    left = list(turns)
    plain = terminal.hub.send

    def send(request: Request) -> tuple[int, bytes]:
        if request.method == "POST" and request.full_url.endswith("/v1/rekey"):
            terminal.hub.answers["/v1/rekey"] = (200, KNOWN)
        if request.full_url.endswith("/turn"):
            terminal.hub.answers["/v1/rekey/turn"] = (200, left.pop(0))
        return plain(request)

    monkeypatch.setattr(terminal.hub, "send", send)


def test_it_says_which_pepper_keys_are_made_with(terminal: Terminal) -> None:
    assert terminal.run("rekey show") == 0
    assert terminal.out == "pepper 1: all keys are made with it\n"


def test_a_start_adds_a_pepper_beside_the_first_and_has_it_used(
    terminal: Terminal, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins(monkeypatch, terminal)
    assert terminal.run("rekey start") == 0
    held = manager.secret()
    assert (held["secret"], len(bytes.fromhex(held["secret_2"]))) == ("aa" * 32, 32)
    assert "stage local: taking all keys to pepper 2" in terminal.err
    assert "pepper 2: every function comes to know both names" in terminal.out
    assert held["secret_2"] not in terminal.out + terminal.err
    sent = terminal.hub.asked[-1]
    assert isinstance(sent.data, bytes)
    assert json.loads(sent.data) == {"version": 2}
    assert sent.get_header("Authorization") == "Bearer t-privacy"


def test_a_start_that_was_interrupted_uses_the_pepper_that_it_had_made(
    terminal: Terminal, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.held[NAME] = json.dumps({**manager.secret(), "secret_2": "bb" * 32})
    begins(monkeypatch, terminal)
    assert terminal.run("rekey start") == 0
    assert manager.secret()["secret_2"] == "bb" * 32


def test_a_start_while_it_is_under_way_makes_none_and_waits(
    terminal: Terminal, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = manager.secret()
    terminal.hub.answers["/v1/rekey"] = (200, BEGUN)
    begins(monkeypatch, terminal, BEGUN, {**BEGUN, "seen": 85}, DONE)
    assert terminal.run("rekey start --wait") == 0
    assert manager.secret() == before
    assert "80 items looked at so far" in terminal.err
    assert "85 items looked at so far" in terminal.err
    assert terminal.out == "pepper 2: all keys are made with it\n"


def test_a_stage_that_was_never_deployed_is_named(terminal: Terminal, manager: Manager) -> None:
    manager.held.clear()
    with pytest.raises(Failure, match="deploy this stage first"):
        terminal.run("rekey start")
