"""Where a stage is deployed to, and the only things in which the local cloud differs from AWS."""

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import Misconfigured

LOCAL = "local"
ROOT = Path(__file__).resolve().parent.parent
STAGE = re.compile("[a-z][a-z0-9]{0,11}")
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Target:
    """One stage. Names carry it, so stages share an account without meeting.

    `enforce_ssl` is the denial of plain HTTP: the local cloud's own calls are plain, on loopback.
    """

    stage: str
    architecture: str
    layer: Path
    enforce_ssl: bool
    code: Path = ROOT / "build" / "code"
    python: str = MINOR
    """The minor version of this Python: it compiled the byte code of the layer."""

    @classmethod
    def of(cls, stage: str) -> "Target":
        """The local cloud for the stage `local`, AWS for every other."""
        if not STAGE.fullmatch(stage):
            message = f"{stage!r} is no name of a stage: at most 12 lower-case letters and digits"
            raise Misconfigured(message)
        layers = ROOT / "build" / "layer"
        if stage == LOCAL:
            machine = platform.machine().lower()
            arm = machine in {"aarch64", "arm64"}
            return cls(stage, "arm64" if arm else "x86_64", layers / "host", enforce_ssl=False)
        return cls(stage, "arm64", layers / "aarch64", enforce_ssl=True)

    @property
    def metrics(self) -> str:
        """The namespace of the stage's own metrics."""
        return f"Sluice/{self.stage}"

    def name(self, *parts: str) -> str:
        """A physical name: `sluice-<stage>-<part>…`."""
        return "-".join(("sluice", self.stage, *parts))

    def secret(self, *parts: str) -> str:
        """A secret's name: `sluice/<stage>/<part>…`."""
        return "/".join(("sluice", self.stage, *parts))
