"""The sizes that files and functions are held to; ruff counts parameters and complexity."""

import ast
import subprocess
from collections.abc import Iterator

from local.install import ROOT

FILE_LINES = 250
FUNCTION_LINES = 40


def complaints() -> Iterator[str]:
    """Every file and function over its budget, tests aside."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"],  # noqa: S607 - git is one of the three things needed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split():
        path = ROOT / name
        if path.is_file() and not name.startswith("tests/"):
            yield from over_budget(name, path.read_text())


def over_budget(name: str, source: str) -> Iterator[str]:
    """What is too long in one file."""
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield f"{name}: {lines} lines, at most {FILE_LINES}: split it by what it does"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno} {node.name}: {length} lines, at most {FUNCTION_LINES}"
