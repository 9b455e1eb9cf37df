"""What a deployed stage needs before its first event: secrets, the policy in force, API users."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local import vendors
from local.standins.secrets import credentials
from schemas.config import Config

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_secretsmanager import SecretsManagerClient

ROLES = ("agent", "operator", "privacy")
PEPPERS = ("graph", "suppression")


def stand_in_secrets(config: Config) -> Iterator[tuple[str, Mapping[str, str]]]:
    """System and kind, and the invented credentials that the stand-ins know."""
    for name, system in [*config.sources.items(), *config.destinations.items()]:
        known = credentials(vendors.stand_in_name(name, system))
        yield from ((f"{name}/{kind}", value) for kind, value in known.items())


def peppers() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Fresh secrets that make the graph's keys unguessable; made once in a stage's life."""
    for use in PEPPERS:
        yield f"pepper/{use}", {"secret": secrets.token_hex(32), "version": "1"}


def keep_secret(
    client: "SecretsManagerClient", stage: str, name: str, value: Mapping[str, str]
) -> None:
    """Makes a secret unless it exists: what is there may have been rotated since."""
    with suppress(client.exceptions.ResourceExistsException):
        client.create_secret(Name=f"sluice/{stage}/{name}", SecretString=json.dumps(dict(value)))


def make_users(
    client: "CognitoIdentityProviderClient", pool: str, known: Mapping[str, str]
) -> dict[str, str]:
    """One user for each role, named after it; returns their passwords."""
    passwords = {role: known.get(role) or f"Aa1-{secrets.token_urlsafe(18)}" for role in ROLES}
    for role, password in passwords.items():
        with suppress(client.exceptions.UsernameExistsException):
            client.admin_create_user(
                UserPoolId=pool,
                Username=role,
                TemporaryPassword=password,
                MessageAction="SUPPRESS",
            )
        client.admin_set_user_password(
            UserPoolId=pool, Username=role, Password=password, Permanent=True
        )
        client.admin_add_user_to_group(UserPoolId=pool, Username=role, GroupName=role)
    return passwords


def now() -> str:
    """The time as it's kept in rows."""
    return datetime.now(UTC).isoformat()
