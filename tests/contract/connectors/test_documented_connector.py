"""The example in docs/adding-a-connector.md is a connector that keeps the contract."""

import re
import sys
from pathlib import Path

from connectors import registry
from tests.contract.connector_suite import connector_suite

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = {
    "id": 1,
    "name": "Ada",
    "email": "ada@example.com",
    "phone": "030 23125 077",
    "created": "2026-01-01T00:00:00Z",
}


def documented(folder: Path) -> str:
    """The example as a module of its own; its dotted name."""
    page = (ROOT / "docs" / "adding-a-connector.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (source,) = (block for block in blocks if "SPEC = " in block)
    (folder / "documented").mkdir(exist_ok=True)
    (folder / "documented" / "book.py").write_text(source)
    sys.path.insert(0, str(folder))
    try:
        registry.load("documented.book")
    finally:
        sys.path.remove(str(folder))
    return "documented.book"


def test_the_documented_connector_keeps_the_contract(tmp_path: Path) -> None:
    suite = connector_suite(documented(tmp_path), samples={"person": [SAMPLE]})
    ran = []
    for name in sorted(dir(suite)):
        if name.startswith("test_") and not hasattr(getattr(suite, name), "pytestmark"):
            getattr(suite(), name)()
            ran.append(name)
    assert "test_a_record_means_the_same_every_time" in ran
