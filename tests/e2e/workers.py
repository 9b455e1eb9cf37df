"""The processes in which the local cloud runs functions, found by the stage's own folder."""

import contextlib
import os
import signal
from pathlib import Path

from local.processes import PROC, command_line


def of(home: Path, function: str = "") -> list[int]:
    """The workers of a stage, or of one of its functions."""
    place = f"{home / 'tmp'}/ministack-lambda-sluice-local-{function}"
    pids = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if place in command_line(pid)]


def kill(home: Path, function: str) -> int:
    """Ends the workers of a function at once, whatever they are at; how many there were."""
    ended = 0
    for pid in of(home, function):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            ended += 1
    return ended
