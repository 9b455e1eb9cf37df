"""`make check`: everything that can be said of the tree without running the product.

Each step is named with its time; all of them run, and the exit code is 1 if one failed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from cli import files
from local import budgets, layer, lock, synth
from local.install import ROOT
from local.programs import LocalError
from schemas.errors import Misconfigured

BIN = Path(sys.executable).parent


class Step(NamedTuple):
    """A check: it returns what is wrong, or nothing."""

    name: str
    run: Callable[[], str]


def tool(*command: str) -> Callable[[], str]:
    """A check by a program of the environment; its output counts when it fails."""

    def run() -> str:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            env=os.environ | {"JSII_NODE": synth.node()},
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout + done.stderr).strip() or "failed" if done.returncode else ""

    return run


def locks() -> str:
    """Whether the lock files are those of what is asked for."""
    return "\n".join(line for name in lock.NAMES for line in lock.complaints(name))


def configuration() -> str:
    """Whether the two files can be used, and fit each other and the connectors."""
    try:
        files.both(ROOT / "sluice.yaml", ROOT / "policy.yaml")
    except Misconfigured as error:
        return str(error)
    return ""


def template() -> str:
    """Synthesises for AWS, with cdk-nag inside, and lints the templates; kept while unchanged."""
    try:
        made = synth.assembly("dev", files.config(ROOT / "sluice.yaml"))
    except (LocalError, Misconfigured) as error:
        return str(error)
    linted = made.with_suffix(".linted")
    if linted.is_file() and linted.read_text() == layer.stamp_of(made):
        return ""
    templates = sorted(str(path) for path in made.glob("*.template.json"))
    found = tool("cfn-lint", "--non-zero-exit-code", "error", "--", *templates)()
    if not found:
        linted.write_text(layer.stamp_of(made))
    return found


STEPS = (
    Step("lock", locks),
    Step("format", tool("ruff", "format", "--check", "--quiet", ".")),
    Step("lint", tool("ruff", "check", "--quiet", ".")),
    Step("types", tool("mypy", "--no-error-summary", ".")),
    Step("imports", tool("lint-imports", "--no-logo")),
    Step("budgets", lambda: "\n".join(budgets.complaints())),
    Step("contracts", tool("python", "-m", "events.generate", "--check")),
    Step("configuration", configuration),
    Step("template", template),
)


def main(names: Sequence[str]) -> int:
    """Runs the steps, or those that are named."""
    failed = False
    for step in STEPS:
        if names and step.name not in names:
            continue
        started = time.monotonic()
        found = step.run()
        failed |= bool(found)
        print(f"{step.name:<14}{'FAILED' if found else 'ok':<8}{time.monotonic() - started:5.1f} s")
        if found:
            print(found, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
