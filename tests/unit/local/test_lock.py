"""Lock files carry versions and hashes, not addresses (docs/adr/0001-lock-files.md)."""

import re
from pathlib import Path

import pytest

from local import lock

PIN = "idna==3.20 \\\n    --hash=sha256:00\n    # via urllib3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lock, "FOLDER", tmp_path)
    (tmp_path / "cloud.in").write_text("idna\n")
    (tmp_path / "cloud.txt").write_text(lock.header("cloud") + PIN)
    return tmp_path


def test_a_lock_of_what_is_asked_for_is_right(folder: Path) -> None:
    assert list(lock.complaints("cloud")) == []


def test_a_changed_request_makes_the_lock_stale(folder: Path) -> None:
    (folder / "cloud.in").write_text("idna\nboto3\n")
    assert "make lock" in next(lock.complaints("cloud"))


@pytest.mark.parametrize(
    "line", ["--index-url https://example.org/simple\n", "idna @ https://example.org/idna.whl\n"]
)
def test_an_address_is_refused(folder: Path, line: str) -> None:
    (folder / "cloud.txt").write_text(lock.header("cloud") + line + PIN)
    assert any("address" in found for found in lock.complaints("cloud"))


def test_a_pin_without_a_hash_is_named(folder: Path) -> None:
    (folder / "cloud.txt").write_text(lock.header("cloud") + PIN + "six==1.17.0\n    # via x\n")
    assert [found for found in lock.complaints("cloud") if "six==1.17.0 has no hash" in found]


def test_what_is_tested_is_what_is_deployed() -> None:
    runtime, dev = (_pins(name) for name in ("runtime", "dev"))
    assert runtime.items() <= dev.items()


def _pins(name: str) -> dict[str, str]:
    text = (lock.FOLDER / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-zA-Z0-9_.-]+)==(\S+)", text, re.MULTILINE))
