"""Where clients, the clock, randomness and the environment come in, once per process.

What only some functions need is imported where it is made: the others start sooner.
"""

import os
import random
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.aws import Aws
from adapters.secrets import Secrets
from adapters.signing import Credentials
from adapters.table import Table
from functions import telemetry
from schemas.config import Config
from schemas.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

    from adapters.depths import Depths
    from adapters.graph import Stores
    from adapters.policy import PolicyShelf
    from adapters.rekeying import PepperShelf
    from rules.keys import Pepper
    from rules.resolution_islands import Laws
    from schemas.policy import IdentityRules, Policy

CONFIG = Path(__file__).parent.parent / "config.json"


@cache
def settings() -> Settings:
    """What the environment says."""
    return Settings.from_environment(os.environ)


@cache
def config() -> Config:
    """`sluice.yaml` as it was when this was deployed."""
    return Config.model_validate_json(CONFIG.read_bytes())


def now() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


def clock() -> float:
    """The monotonic clock, seconds."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Sleeps."""
    time.sleep(seconds)


def jitter() -> float:
    """A draw from [0, 1)."""
    return random.random()  # noqa: S311 - spreads retries, guards nothing


def token() -> str:
    """A fresh random name, unguessable and never derived from anything."""
    return os.urandom(12).hex()


@cache
def aws() -> Aws:
    """The signed client."""
    return Aws(
        region=os.environ["AWS_REGION"],
        credentials=_credentials,
        pause=pause,
        jitter=jitter,
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        now=now,
    )


def _credentials() -> Credentials:
    return Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )


@cache
def graph() -> Table:
    """The customer graph."""
    return Table(aws(), settings().graph_table)


@cache
def journal() -> Table:
    """Tombstones and withdrawals; never restored with the graph."""
    return Table(aws(), settings().journal_table)


@cache
def depths() -> "Depths":
    """How deep the queues are; their URLs are asked for once."""
    from adapters.depths import Depths  # noqa: PLC0415

    return Depths(aws(), settings().stage)


@cache
def secrets() -> Secrets:
    """Secrets by name, briefly kept."""
    return Secrets(aws(), settings().stage, clock)


@cache
def _peppers() -> "PepperShelf":
    from adapters.rekeying import PepperShelf  # noqa: PLC0415

    return PepperShelf(graph(), secrets(), clock)


def pepper() -> "Pepper":
    """The secrets that make keys unguessable, as they are in use; at most a minute old."""
    return _peppers().current()


@cache
def _policies() -> "PolicyShelf":
    from adapters.policy import PolicyShelf  # noqa: PLC0415

    return PolicyShelf(graph(), clock)


def policy() -> "tuple[str, Policy]":
    """The policy in force and its version, at most a minute old."""
    return _policies().current()


def stores() -> "Stores":
    """Both tables, for what the rules ask of them."""
    from adapters.graph import Stores  # noqa: PLC0415

    return Stores(graph(), journal(), pause, jitter)


def laws(rules: "IdentityRules") -> "Laws":
    """What the graph is changed by, under these rules."""
    from rules.resolution_islands import Laws  # noqa: PLC0415

    return Laws(rules, pepper(), token, now)


@cache
def logger() -> "Logger":
    """The structured log; addresses and numbers are blotted out."""
    return telemetry.logger(settings().function)


@cache
def metrics() -> "Metrics":
    """Counts and times, in CloudWatch's embedded format."""
    return telemetry.metrics(settings().metrics_namespace, settings().function)


def flush() -> None:
    """Writes out the metrics of this invocation, if anything was counted."""
    if metrics.cache_info().currsize:
        telemetry.flush(metrics())
