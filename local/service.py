"""A background program that answers on a port: started once, found again, stopped entirely."""

import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import programs
from local.programs import LocalError, Running

START_SECONDS = 60.0


@dataclass(frozen=True)
class Service:
    """How one program is started and known again.

    `arguments` and `settings` are asked with the port and mark it is to have; `answers` says
    whether what listens there is this very one, not merely something.
    """

    name: str
    home: Path
    python: Path
    arguments: Callable[[Running], Sequence[str]]
    settings: Callable[[Running], Mapping[str, str]]
    answers: Callable[[Running], bool]
    preferred: int = 0
    """The port to take when it is free."""

    @property
    def record(self) -> Path:
        """Which process it is."""
        return record_of(self.home, self.name)

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / f"{self.name}.log"


def record_of(home: Path, name: str) -> Path:
    """Where it is written down which process a program is."""
    return home / f"{name}.json"


def find(service: Service) -> Running | None:
    """The running program, if it is ours and answers."""
    known = programs.recall(service.record)
    return known if known and service.answers(known) else None


def start(service: Service, port: int = 0) -> Running:
    """Starts the program, or finds it running; returns when it answers.

    Without a port it takes the one of its last run if that is free, else any.
    """
    if found := find(service):
        if port not in {0, found.port}:
            raise LocalError(
                f"The {service.name} runs on port {found.port} already: make down, then try again."
            )
        return found
    known = programs.recall(service.record)
    if known:
        programs.stop(known)
    likely = known.port if known else service.preferred
    chosen = programs.require_port(port) if port else programs.free_port(likely)
    planned = Running(0, chosen, programs.new_mark())
    arguments, settings = service.arguments(planned), service.settings(planned)
    running = programs.start(service.python, arguments, planned, service.log, settings)
    programs.remember(running, service.record)
    _wait_until_ready(running, service)
    return running


def stop(record: Path) -> None:
    """Stops a program and its workers, whatever it was; the record stays, for the port."""
    known = programs.recall(record)
    if known:
        programs.stop(known)


def endpoint(running: Running) -> str:
    """Where it answers."""
    return f"http://127.0.0.1:{running.port}"


def health(running: Running, path: str) -> dict[str, Any]:
    """What a program says of itself; empty when it says nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        connection.request("GET", path)
        told = json.load(connection.getresponse())
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return told if isinstance(told, dict) else {}


def last_words(log: Path) -> str:
    """The last line a program wrote."""
    lines = log.read_text(errors="replace").split("\n") if log.is_file() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _wait_until_ready(running: Running, service: Service) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.answers(running):
            return
        if not programs.is_running(running):
            raise LocalError(
                f"The {service.name} ended at once: {last_words(service.log)}\n"
                f"All it said is in {service.log}"
            )
        time.sleep(programs.POLL)
    programs.stop(running)
    raise LocalError(
        f"The {service.name} did not answer within {START_SECONDS:.0f} s; see {service.log}"
    )
