"""What is deployed depends on its content only, and carries byte code that is taken as it is."""

import importlib.util
import struct
from pathlib import Path

import pytest

from local import layer
from local.deploy import zipped

UNCHECKED_HASH = 0b01


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layer, "ROOT", tmp_path)
    monkeypatch.setattr(layer, "BUILD", tmp_path / "build")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "gate.py").write_text("DENY = 1\n")
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "crm.py").write_text("SPEC = 1\n")
    return layer.build_code({"config.json": "{}"}, ["acme"])


def test_the_same_content_gives_the_same_zip(code: Path) -> None:
    first = zipped(code)
    for path in code.rglob("*"):
        path.touch()
    assert zipped(code) == first


def test_code_brings_its_documents_and_ones_own_connectors(code: Path) -> None:
    assert (code / "config.json").read_text() == "{}"
    assert (code / "acme" / "crm.py").is_file()


def test_byte_code_is_not_checked_against_the_source_date(code: Path) -> None:
    [compiled] = (code / "rules").glob("__pycache__/gate.*.pyc")
    magic, flags = compiled.read_bytes()[:4], struct.unpack("<I", compiled.read_bytes()[4:8])[0]
    assert magic == importlib.util.MAGIC_NUMBER
    assert flags == UNCHECKED_HASH


def test_what_did_not_change_is_not_built_again(code: Path) -> None:
    (code / "marker").touch()
    layer.build_code({"config.json": "{}"}, ["acme"])
    assert (code / "marker").exists()
    layer.build_code({"config.json": "{ }"}, ["acme"])
    assert not (code / "marker").exists()
