"""The operating system's table of processes: who lives, in which group, and by which words."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()  # Linux; elsewhere ps tells the same


def command_line(pid: int) -> str:
    """The words a process was started with; empty when there is none."""
    if not HAS_PROC:
        return _ps("-o", "command=", "-p", str(pid))
    return _read(PROC / str(pid) / "cmdline").replace("\0", " ")


def environment(pid: int) -> str:
    """The environment a process was started with; empty when it is not ours to read."""
    if not HAS_PROC:
        return _ps("-E", "-o", "command=", "-p", str(pid))
    return _read(PROC / str(pid) / "environ").replace("\0", " ")


def members(group: int) -> list[int]:
    """The living processes of a group."""
    return [pid for pid, its_group, state in _table() if its_group == group and state != "Z"]


def exists(pid: int) -> bool:
    """Whether there is a process of that number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def reap(pid: int) -> None:
    """Takes the exit status of a child, so that it does not stay as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _table() -> Iterator[tuple[int, int, str]]:
    if not HAS_PROC:
        rows = (line.split() for line in _ps("-A", "-o", "pid=,pgid=,stat=").splitlines())
        yield from ((int(pid), int(group), state[0]) for pid, group, state in rows)
        return
    for entry in PROC.iterdir():
        # After the name, which is in parentheses and may hold spaces: state, parent, group.
        fields = _read(entry / "stat").rpartition(")")[2].split() if entry.name.isdigit() else []
        if fields:
            yield int(entry.name), int(fields[2]), fields[0]


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes().decode(errors="replace")
    return ""


def _ps(*arguments: str) -> str:
    return subprocess.run(
        ["/bin/ps", *arguments], capture_output=True, text=True, check=False
    ).stdout
