"""Where a stage is: `.sluice/<stage>.json`, written by whoever deployed it from here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.failure import Failure

HOME: Final = ".sluice"
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
    passwords: Mapping[str, str] = field(default_factory=dict)
    """Role → password of the user who is called after the role; on a local stage only."""

    @property
    def token_url(self) -> str:
        """Where Cognito signs people in."""
        base = self.endpoint or f"https://cognito-idp.{self.region}.amazonaws.com"
        return base.rstrip("/") + "/"


def load(root: Path, stage: str) -> Target:
    """The stage's target; `Failure` says how to make one."""
    path = root / HOME / f"{stage}.json"
    start = "make up" if stage == LOCAL else f"make deploy STAGE={stage}"
    try:
        return _target(stage, json.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        message = f"no stage {stage} is deployed from here. {start} makes it."
        raise Failure(message) from error
    except (ValueError, KeyError, TypeError) as error:
        message = f"{HOME}/{path.name} cannot be read any more. {start} writes it anew."
        raise Failure(message) from error


def _target(stage: str, told: dict[str, Any]) -> Target:
    outputs, api = told["outputs"], told.get("api") or {}
    return Target(
        stage=stage,
        api_url=api.get("url") or outputs["ApiUrl"],
        region=outputs["Region"],
        client_id=outputs["UserPoolClientId"],
        host=api.get("host", ""),
        endpoint=told.get("endpoint", ""),
        passwords=told.get("passwords") or {},
    )
