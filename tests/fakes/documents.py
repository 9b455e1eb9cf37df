"""The two files of this repository, with slips in them, and what is said of those."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas import documents

ROOT = Path(documents.__file__).parent.parent
SLUICE = (ROOT / "sluice.yaml").read_text()
POLICY = (ROOT / "policy.yaml").read_text()


def slipped(text: str, right: str, wrong: str) -> str:
    """The file with one thing written wrongly."""
    found = text.replace(right, wrong, 1)
    assert found != text, f"{right!r} stands nowhere"
    return found


def problems(reader: Callable[[Path], object], path: Path, text: str | bytes) -> list[str]:
    """What is said of a file with this in it: each begins with its name and the line."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(documents.Invalid) as caught:
        reader(path)
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    """The line on which something first stands."""
    return text[: text.index(part)].count("\n") + 1


def refused(path: Path, right: str, wrong: str, said: str) -> None:
    """The policy with that slip has one problem, at its line, that says what to write."""
    text = slipped(POLICY, right, wrong)
    (found,) = problems(documents.policy, path, text)
    assert found.startswith(f"policy.yaml:{line_of(text, wrong)}  ")
    assert said in found
