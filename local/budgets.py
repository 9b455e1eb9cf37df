"""The sizes that files and functions are held to; ruff counts parameters and complexity."""

import ast
import subprocess
from collections.abc import Iterator

from local.install import ROOT

FILE_LINES = 250
FUNCTION_LINES = 40


def complaints() -> Iterator[str]:
    """Every file and function over its budget, tests aside."""
    command = ["git", "ls-files", "*.py"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        yield "git cannot list the files here: install git, and clone the repository or git init"
        return
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
