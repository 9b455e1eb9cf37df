"""Credentials are asked for and kept, and whoever enters them is told who uses them."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli import connect
from cli.failure import Failure
from tests.fakes.terminal import Terminal

SYSTEM = "{connector: hubspot, base_url: https://api.example.com}"
FILE = f"""
company: Lumen & Loom
sources:
  crm: {SYSTEM}
  both: {SYSTEM}
destinations:
  both: {SYSTEM}
  news: {SYSTEM}
"""


@dataclass
class Vault:
    """Where secrets are kept."""

    kept: dict[str, str] = field(default_factory=dict)

    def put_secret_value(self, **secret: str) -> None:
        self.kept[secret["SecretId"]] = secret["SecretString"]


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vault:
    made = Vault()
    file = tmp_path / "sluice.yaml"
    file.write_text(FILE)
    monkeypatch.setattr(connect, "FILE", file)
    monkeypatch.setattr(connect, "secrets_manager", lambda _session: made)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"api": {"access_token": "t"}})))
    return made


def test_what_is_entered_is_kept_for_the_system_of_that_name(vault: Vault) -> None:
    assert Terminal().run("connect crm") == 0
    assert vault.kept == {"sluice/local/crm/api": '{"access_token": "t"}'}


def test_of_a_name_that_is_two_systems_it_is_said_that_both_use_the_credentials(
    vault: Vault,
) -> None:
    terminal = Terminal()
    assert terminal.run("connect both") == 0
    said, *rest = terminal.err.splitlines()
    assert said == "both is both a source and a destination: both use these credentials"
    assert rest == ["stage local: keeping the credentials of both"]


def test_it_is_said_before_anything_is_asked_or_changed(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nothing of use"))
    terminal = Terminal()
    with pytest.raises(Failure, match="standard input"):
        terminal.run("connect both")
    assert "both use these credentials" in terminal.err
    assert vault.kept == {}


@pytest.mark.parametrize("name", ["crm", "news"])
@pytest.mark.usefixtures("vault")
def test_of_one_system_nothing_is_said(name: str) -> None:
    terminal = Terminal()
    assert terminal.run(f"connect {name}") == 0
    assert "both" not in terminal.err
