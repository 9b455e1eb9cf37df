"""The local cloud: one MiniStack on loopback that enforces the roles' permissions.

Its state survives a clean stop, not a kill; it is for development, demonstration and tests.
"""

import http.client
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local import programs
from local.install import ENVIRONMENTS, LAMBDA_PYTHON, ROOT
from local.programs import LocalError, Running

REGION: Final = "eu-central-1"
ACCOUNT = "000000000000"
ROOT_KEY = "test"  # MiniStack's root user, known to everyone; it listens on loopback only
START_SECONDS = 60.0
SPACE_NEEDED = 300_000_000  # bytes for workers, logs and state


@dataclass(frozen=True)
class Cloud:
    """Where one local cloud keeps its files, and whether it remembers between runs."""

    home: Path
    persistent: bool = True
    recorded: bool = False
    """Whether it keeps a list of the calls made to it, to compare with what roles allow."""

    @property
    def record(self) -> Path:
        """Which process it is."""
        return self.home / "cloud.json"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / "cloud.log"


def start(cloud: Cloud, port: int = 0) -> Running:
    """Starts the cloud, or finds it running; returns when it answers.

    Without a port, the one of the last run is taken if it is free, else any.
    """
    known = programs.recall(cloud.record)
    if known and answers(known):
        return known
    if known:
        programs.stop(known)
    _require_space(cloud.home)
    chosen = programs.require_port(port) if port else programs.free_port(known.port if known else 0)
    mark = programs.new_mark()
    running = programs.start(
        ENVIRONMENTS["cloud"] / "bin" / "python",
        ["-P", str(ROOT / "local" / "serve_cloud.py"), str(LAMBDA_PYTHON)],
        Running(0, chosen, mark),
        cloud.log,
        _settings(cloud, chosen, mark),
    )
    programs.remember(running, cloud.record)
    _wait_until_ready(running, cloud)
    return running


def stop(cloud: Cloud) -> None:
    """Stops the cloud and its workers; the record stays, for the port."""
    known = programs.recall(cloud.record)
    if known:
        programs.stop(known)
    shutil.rmtree(cloud.home / "tmp", ignore_errors=True)


def answers(running: Running) -> bool:
    """Whether the instance behind the port is this very one."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        health = json.load(connection.getresponse())
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return isinstance(health, dict) and health.get("edition") == running.mark


def endpoint(running: Running) -> str:
    """Where the cloud's services answer."""
    return f"http://127.0.0.1:{running.port}"


def _settings(cloud: Cloud, port: int, mark: str) -> dict[str, str]:
    temporary = cloud.home / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    return {
        "GATEWAY_PORT": str(port),
        "MINISTACK_EDITION": mark,  # told in the health answer: how we know it is ours
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "PERSIST_STATE": "1" if cloud.persistent else "0",
        "STATE_DIR": str(cloud.home / "state"),
        "S3_PERSIST": "1" if cloud.persistent else "0",
        "S3_DATA_DIR": str(cloud.home / "s3"),
        "TMPDIR": str(temporary),
        "CLOUDTRAIL_RECORDING": "1" if cloud.recorded else "0",
        "CLOUDTRAIL_MAX_EVENTS": "200000",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _require_space(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(home).free < SPACE_NEEDED:
        message = f"{home} has less than 300 MB free: make room, then try again."
        raise LocalError(message)


def _wait_until_ready(running: Running, cloud: Cloud) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answers(running):
            return
        if not programs.is_running(running):
            message = (
                f"The local cloud ended at once: {last_words(cloud.log)} All of it: {cloud.log}"
            )
            raise LocalError(message)
        time.sleep(programs.POLL)
    programs.stop(running)
    message = f"The local cloud did not answer within {START_SECONDS:.0f} s; see {cloud.log}."
    raise LocalError(message)


def last_words(log: Path) -> str:
    """The last line a program wrote."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
