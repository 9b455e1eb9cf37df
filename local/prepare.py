"""What a deployed stage needs before its first event: secrets, the policy in force, API users."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters import policy as shelf
from adapters.table import Table
from local.standins.secrets import credentials
from rules.policy import version_of
from schemas.policy import Policy

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_secretsmanager import SecretsManagerClient

ROLES = ("agent", "operator", "privacy")
PEPPERS = ("graph", "suppression")


def stand_in_secrets(named: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """System and kind, and the invented credentials that the stand-ins know it by.

    `named` is what the stand-ins call each system; others have secrets of their own (`connect`).
    """
    for name, called in named.items():
        known = credentials(called)
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


def policy(table: Table, written: Policy) -> str:
    """Puts the first policy in force; a later one is adopted by who answers for it, not by this."""
    version = shelf.first(table, written, datetime.now(UTC).isoformat())
    differs = version != version_of(written)
    return f"policy {version}" + (" (policy.yaml differs: ./sluice policy diff)" if differs else "")
