"""Where a stage is, and who asks: `.sluice/targets.json`, written by whoever deployed it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.failure import Failure

FILE: Final = ".sluice/targets.json"
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Target:
    """One stage. `endpoint` is the local cloud's; AWS has one for each service."""

    stage: str
    api_url: str
    region: str
    client_id: str
    host: str = ""
    """The Host by which the local cloud tells one API from another."""
    endpoint: str = ""
    users: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Role → name and password; where none is kept, a person is asked."""

    @property
    def public_url(self) -> str:
        """Where anybody finds the API; the local cloud answers under the API's own name."""
        return f"http://{self.host}" if self.host else self.api_url

    @property
    def token_url(self) -> str:
        """Where Cognito signs people in."""
        base = self.endpoint or f"https://cognito-idp.{self.region}.amazonaws.com"
        return base.rstrip("/") + "/"


NONE: Final = Target(stage="", api_url="", region="", client_id="")
"""Of a command that asks no stage."""


def load(root: Path, stage: str) -> Target:
    """The stage's target, of those deployed from this folder."""
    return read(root / FILE, stage)


def read(file: Path, stage: str) -> Target:
    """The stage's target; `Failure` says how to make one."""
    start = "make up" if stage == LOCAL else f"make deploy STAGE={stage}"
    try:
        known = json.loads(file.read_text("utf-8"))
        return _target(stage, known[stage])
    except (FileNotFoundError, KeyError) as error:
        message = f"no stage {stage} is deployed from here. {start} makes it."
        raise Failure(message) from error
    except (ValueError, TypeError) as error:
        message = f"{FILE} cannot be read any more. {start} writes it anew."
        raise Failure(message) from error


def _target(stage: str, told: Mapping[str, Any]) -> Target:
    users = told.get("users") or {}
    return Target(
        stage=stage,
        api_url=told["api_url"],
        region=told["region"],
        client_id=told["client_id"],
        host=told.get("host_header") or "",
        endpoint=told.get("endpoint") or "",
        users={role: (user["username"], user["password"]) for role, user in users.items()},
    )
