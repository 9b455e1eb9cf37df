"""`sluice connect NAME`: asks for a system's credentials and keeps them in Secrets Manager.

Credentials are typed, or come as JSON on standard input; never as arguments, which others can see.
"""

import getpass
import json
import secrets
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from cli import files
from cli.api import Json
from cli.credentials import secrets_manager
from cli.failure import Failure
from cli.session import Session
from connectors import registry
from connectors.contract import Spec
from schemas.config import Config, System
from schemas.errors import Misconfigured

FILE: Final = Path("sluice.yaml")


def run(session: Session, given: Namespace) -> int:
    """Keeps what was entered; what was left empty stays as it is."""
    try:
        config = files.config(FILE)
        system, source = _system(config, given.name), given.name in config.sources
        spec = registry.load(system.connector).SPEC
    except Misconfigured as error:
        raise Failure(str(error)) from error
    if source and given.name in config.destinations:
        shared = "is both a source and a destination: both use these credentials"
        session.progress(f"{given.name} {shared}")
    entered = _entered(spec, webhooks=source and spec.webhooks)
    session.about_to(f"keeping the credentials of {given.name}")
    client = secrets_manager(session)
    for kind in ("api", "webhook"):
        if entered.get(kind):
            _keep(client, f"sluice/{session.stage}/{given.name}/{kind}", entered[kind])
    kept = [kind for kind in ("api", "webhook") if entered[kind]]
    told: Json = {"system": given.name, "kept": kept}
    if spec.webhooks and sys.stdin.isatty():
        told["webhook_secret"] = entered["webhook"].get("secret", "")
    if source and spec.webhooks:
        told["webhooks_to"] = f"{session.api.target.public_url}/webhooks/{given.name}"
    session.show(told, lambda: "\n".join(f"{name}: {value}" for name, value in told.items()))
    return 0


def _system(config: Config, name: str) -> System:
    found: System | None = config.sources.get(name) or config.destinations.get(name)
    if found is None:
        known = ", ".join({**config.sources, **config.destinations})
        message = f"sluice.yaml has no system {name}. It has: {known}"
        raise Failure(message)
    return found


def _entered(spec: Spec, *, webhooks: bool) -> dict[str, Json]:
    if not sys.stdin.isatty():
        return _read()
    api = {field: _asked(f"{field} ({where}): ") for field, where in spec.secret_fields.items()}
    hook = {}
    if webhooks:
        text = "webhook secret (empty: one is made, to be given to the vendor): "
        hook = {"secret": _asked(text) or secrets.token_urlsafe(32)}
    return {"api": {field: value for field, value in api.items() if value}, "webhook": hook}


def _asked(text: str) -> str:
    return getpass.getpass(text).strip()


def _read() -> dict[str, Json]:
    try:
        given = json.load(sys.stdin)
        return {kind: dict(given.get(kind) or {}) for kind in ("api", "webhook")}
    except (ValueError, TypeError, AttributeError) as error:
        message = 'standard input must be {"api": {...}, "webhook": {...}}'
        raise Failure(message) from error


def _keep(client: Any, name: str, value: Json) -> None:  # noqa: ANN401 - as above
    text = json.dumps(value)
    try:
        client.put_secret_value(SecretId=name, SecretString=text)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=text)
