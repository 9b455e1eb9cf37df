"""Files and functions are held to a size."""

from pathlib import Path

import pytest

from local import budgets
from local.budgets import FILE_LINES, FUNCTION_LINES, over_budget


def test_a_long_file_is_named_with_its_length() -> None:
    [found] = over_budget("rules/long.py", "\n" * (FILE_LINES + 1))
    assert found.startswith(f"rules/long.py: {FILE_LINES + 1} lines")


def test_a_long_function_is_named_with_its_line() -> None:
    source = "\n\ndef long():\n" + "    pass\n" * FUNCTION_LINES
    [found] = over_budget("rules/x.py", source)
    assert found.startswith("rules/x.py:3 long: 41 lines")


def test_the_budget_itself_is_allowed() -> None:
    source = "def f():\n" + "    pass\n" * (FUNCTION_LINES - 1)
    assert list(over_budget("rules/x.py", source)) == []


def test_where_git_lists_nothing_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    [found] = budgets.complaints()
    assert "git init" in found
