"""The local cloud: one MiniStack on loopback that enforces the roles' permissions.

Its state survives a clean stop, not a kill; it is for development, demonstration and tests.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local import service
from local.install import ENVIRONMENTS, LAMBDA_PYTHON, ROOT
from local.programs import LocalError, Running, own
from local.service import Service

REGION: Final = "eu-central-1"
ACCOUNT: Final = "000000000000"
ROOT_KEY: Final = "test"  # MiniStack's root user, known to everyone; it listens on loopback only
SPACE_NEEDED: Final = 300_000_000  # bytes for workers, logs and state


@dataclass(frozen=True)
class Cloud:
    """Where one local cloud keeps its files, and what it remembers."""

    home: Path
    persistent: bool = True
    recorded: bool = False
    """Whether it keeps a list of the calls made to it, to compare with what roles allow."""

    @property
    def calls(self) -> Path:
        """Where it notes who asked for what, a JSON array a line (`cloud_permissions`)."""
        return self.home / "calls.jsonl"

    @property
    def service(self) -> Service:
        """The program."""
        return Service(
            "cloud",
            self.home,
            ENVIRONMENTS["cloud"] / "bin" / "python",
            lambda _: ["-P", str(ROOT / "local" / "serve_cloud.py"), str(LAMBDA_PYTHON)],
            self._settings,
            lambda running: (
                service.health(running, "/_ministack/health").get("edition") == running.mark
            ),
        )

    def start(self, port: int = 0) -> Running:
        """Starts it, or finds it running."""
        own(self.home)
        if shutil.disk_usage(self.home).free < SPACE_NEEDED:
            raise LocalError(f"{self.home} has less than 300 MB free: make room, then try again.")
        return service.start(self.service, port)

    def stop(self) -> None:
        """Stops it and the workers of its functions. What those unpacked is put aside at once, and
        removed at the next start: it can be tens of thousands of files.
        """
        service.stop(self.service.record)
        if self._temporary.exists():
            self._temporary.rename(self.home / f"old-{time.time_ns()}")

    @property
    def _temporary(self) -> Path:
        return self.home / "tmp"

    def _settings(self, running: Running) -> Mapping[str, str]:
        for old in (self._temporary, *self.home.glob("old-*")):
            shutil.rmtree(old, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        kept = "1" if self.persistent else "0"
        return {
            "GATEWAY_PORT": str(running.port),
            "MINISTACK_EDITION": running.mark,  # told in the health answer: how we know it is ours
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AUTH": "true",
            "PERSIST_STATE": kept,
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": kept,
            "S3_DATA_DIR": str(self.home / "s3"),
            "TMPDIR": str(self._temporary),
            "CALLS_FILE": str(self.calls) if self.recorded else "",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
