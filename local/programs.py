"""Background programs of the local stage: started in a group of their own, and stopped entirely.

A record on disk says which process is ours. It is believed only after the process's own command
line confirmed it, because process ids are used again.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local import processes

POLL = 0.05  # seconds
TERM_GRACE = 10.0  # seconds a program gets to save its state
MARK = "SLUICE_MARK"
ERRORS = 2  # the last of the standard files


class LocalError(Exception):
    """Something on this machine stands in the way; the message says what to do."""


@dataclass(frozen=True)
class Running:
    """A started program: its group, its port on loopback, and the mark in its command line."""

    pid: int
    port: int
    mark: str


def free_port(preferred: int = 0) -> int:
    """A port of loopback that nobody listens on: the preferred one if it is free."""
    for candidate in (preferred, 0):
        if port := _bind(candidate):
            return port
    message = "No port of 127.0.0.1 is free: stop programs you don't need, then try again."
    raise LocalError(message)


def require_port(port: int) -> int:
    """The very port that was asked for."""
    if not _bind(port):
        message = (
            f"Port {port} is taken: stop what listens there, or leave PORT out to get a free one."
        )
        raise LocalError(message)
    return port


def new_mark() -> str:
    """A word that no other process carries."""
    return f"sluice-{secrets.token_hex(8)}"


def own(home: Path) -> None:
    """Makes a folder its owner's alone: keys, passwords and invented people are kept in it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)


def start(
    python: Path, arguments: Sequence[str], running: Running, log: Path, extra: Mapping[str, str]
) -> Running:
    """Starts a Python program; `running` brings its port and mark, and returns with its process.

    It sees nothing of the caller's environment but the path, the locale and the proxy-free basics,
    and holds none of its files.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    pid = os.posix_spawn(
        python,
        [str(python), "-X", running.mark, *arguments],
        {**kept, MARK: running.mark, "PYTHONUNBUFFERED": "1", **extra},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *((os.POSIX_SPAWN_CLOSE, file) for file in _inherited()),
        ],
        setsid=True,
    )
    started = Running(pid, running.port, running.mark)
    # For an instant after it began, a process has no command line to know it by.
    _wait(lambda: is_running(started) or not processes.exists(pid))
    return started


def is_running(program: Running) -> bool:
    """Whether the process still lives, and is the one that was started."""
    processes.reap(program.pid)
    return program.mark in processes.command_line(program.pid)


def stop(program: Running) -> None:
    """Ends the program and every process it started; nothing else that has its number by now."""
    if is_running(program):
        with contextlib.suppress(ProcessLookupError):
            os.kill(program.pid, signal.SIGTERM)
        _wait(lambda: not is_running(program))
    left = _group(program)
    if left:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        _wait(lambda: not _group(program))


def remember(program: Running, record: Path) -> None:
    """Writes down what was started, whole or not at all."""
    record.parent.mkdir(parents=True, exist_ok=True)
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(program)))
    draft.replace(record)


def recall(record: Path) -> Running | None:
    """What was written down, alive or not; a torn record counts as none."""
    try:
        return Running(**json.loads(record.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _inherited() -> list[int]:
    """The caller's open files that it would keep: a lock, a pipe whose end somebody waits for."""
    found = []
    for file in (int(path.name) for path in Path("/dev/fd").iterdir()):
        with contextlib.suppress(OSError):  # the listing itself is closed by now
            if file > ERRORS and os.get_inheritable(file):
                found.append(file)
    return found


def _bind(port: int) -> int:
    """The port that could be taken for a moment, or 0."""
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        bound: int = probe.getsockname()[1]
        return bound
    return 0


def _group(program: Running) -> list[int]:
    """What still lives of the program: itself, and workers that outlived it."""
    processes.reap(program.pid)
    members = processes.members(program.pid)
    # While one of ours is in it, a group's number can't belong to anybody else.
    return members if any(_is_ours(pid, program) for pid in members) else []


def _is_ours(pid: int, program: Running) -> bool:
    return program.mark in processes.command_line(pid) + processes.environment(pid)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TERM_GRACE
    while not done() and time.monotonic() < deadline:
        time.sleep(POLL)
