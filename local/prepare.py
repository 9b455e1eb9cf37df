"""What a stage needs beside its stacks: secrets, accounts, the policy, the targets file.

Everything is made once and left as it is afterwards, so it is safe to run at every start.
"""

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import random
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from adapters import policy as policies
from adapters.aws import Aws
from adapters.table import Table
from local.standins.secrets import credentials
from schemas import documents
from schemas.config import Config, System

ROLES = ("agent", "operator", "privacy")
TARGETS = "targets.json"


@dataclass(frozen=True)
class Stage:
    """A deployed stage: its name, its stacks' outputs, and how to call its AWS."""

    name: str
    outputs: dict[str, str]
    session: boto3.Session
    endpoint: str | None = None
    """The local cloud's address; none on AWS."""

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """A boto3 client of this stage."""
        return self.session.client(service, endpoint_url=self.endpoint)


def peppers(stage: Stage) -> None:
    """The secrets of keys; made once, never replaced: without them no key is found again."""
    for use in ("graph", "suppression"):
        made = {"secret": secrets.token_hex(32), "version": "1"}
        _secret(stage, f"pepper/{use}", made, keep=True)


def standin_secrets(stage: Stage, config: Config) -> None:
    """The stand-ins' credentials, for every system whose address is on this machine."""
    for name, system in {**config.sources, **config.destinations}.items():
        if urlsplit(system.base_url).hostname != "127.0.0.1":
            continue
        held = credentials(_standin(system))
        _secret(stage, f"{name}/api", held["api"] or held["webhook"], keep=False)
        _secret(stage, f"{name}/webhook", held["webhook"], keep=False)


def adopt(stage: Stage, path: Path) -> str:
    """Makes `policy.yaml` the policy in force; returns its version."""
    held = stage.session.get_credentials()
    frozen = held.get_frozen_credentials() if held else None
    if frozen is None or not (frozen.access_key and frozen.secret_key):
        raise documents.Invalid([documents.Problem(path.name, 1, "no AWS credentials were found")])
    signer = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    aws = Aws(stage.outputs["Region"], lambda: signer, sleep, random, stage.endpoint or "")
    table = Table(aws, stage.outputs["GraphTable"])
    return policies.adopt(table, documents.policy(path), datetime.now(UTC).isoformat())


def accounts(stage: Stage, home: Path) -> dict[str, dict[str, str]]:
    """An account for each role, with an invented password that only `home` knows."""
    known = _targets(home).get(stage.name, {}).get("users", {})
    cognito = stage.client("cognito-idp")
    pool = stage.outputs["UserPoolId"]
    users = {}
    for role in ROLES:
        user = known.get(role) or {
            "username": f"local-{role}",
            "password": f"{secrets.token_urlsafe(18)}aA1!",
        }
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(
                UserPoolId=pool, Username=user["username"], MessageAction="SUPPRESS"
            )
        cognito.admin_set_user_password(
            UserPoolId=pool,
            Username=user["username"],
            Password=user["password"],
            Permanent=True,
        )
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user["username"], GroupName=role)
        users[role] = user
    return users


def targets(stage: Stage, home: Path, users: dict[str, dict[str, str]]) -> None:
    """Tells the command line where the stage is; readable by its owner alone."""
    api = urlsplit(stage.outputs["ApiUrl"])
    entry = {
        "api_url": stage.outputs["ApiUrl"],
        "region": stage.outputs["Region"],
        "user_pool_id": stage.outputs["UserPoolId"],
        "client_id": stage.outputs["UserPoolClientId"],
        "users": users,
    }
    if stage.endpoint:
        local = urlsplit(stage.endpoint)
        entry |= {
            "api_url": stage.endpoint,
            "host_header": f"{api.hostname}:{local.port}",
            "endpoint": stage.endpoint,
        }
    home.mkdir(exist_ok=True)
    path = home / TARGETS
    path.touch(mode=0o600)
    path.write_text(json.dumps(_targets(home) | {stage.name: entry}, indent=1), "utf-8")


def _standin(system: System) -> str:
    return urlsplit(system.base_url).path.strip("/").partition("/")[0]


def _secret(stage: Stage, name: str, value: dict[str, str], *, keep: bool) -> None:
    manager = stage.client("secretsmanager")
    full, text = f"sluice/{stage.name}/{name}", json.dumps(value)
    try:
        manager.create_secret(Name=full, SecretString=text)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        if not keep:
            manager.put_secret_value(SecretId=full, SecretString=text)


def _targets(home: Path) -> dict[str, Any]:
    path = home / TARGETS
    return json.loads(path.read_text("utf-8") or "{}") if path.exists() else {}
