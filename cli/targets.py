"""Where a stage is, and who asks: written to `.sluice/targets.json` by whoever deployed it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.failure import Failure

FILE = Path(".sluice") / "targets.json"


@dataclass(frozen=True, slots=True)
class Target:
    """One stage. `endpoint` is the local cloud's; AWS has one for each service."""

    stage: str
    api_url: str
    region: str
    client_id: str
    host_header: str = ""
    endpoint: str = ""
    users: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def token_url(self) -> str:
        """Where Cognito signs people in."""
        return (self.endpoint or f"https://cognito-idp.{self.region}.amazonaws.com").rstrip(
            "/"
        ) + "/"


def load(root: Path, stage: str) -> Target:
    """The stage's target; `Failure` says how to make one."""
    path = root / FILE
    try:
        known = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        known = {}
    except ValueError as error:
        message = f"{FILE} is not JSON any more: delete it, then make up or make deploy writes it"
        raise Failure(message) from error
    if stage not in known:
        start = "make up" if stage == "local" else f"make deploy STAGE={stage}"
        others = f" Known: {', '.join(known)}." if known else ""
        message = f"no stage {stage} is deployed from here. {start} makes it.{others}"
        raise Failure(message)
    return _target(stage, known[stage])


def _target(stage: str, entry: dict[str, Any]) -> Target:
    wanted = {name for name in Target.__slots__ if name != "stage"}
    try:
        return Target(stage, **{name: entry[name] for name in wanted if name in entry})
    except TypeError as error:
        message = f"{FILE} lacks something of stage {stage}: deploy it again"
        raise Failure(message) from error
