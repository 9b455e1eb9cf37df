"""Secrets Manager, with the credentials of whoever types the command."""

from typing import Any, Final

from cli.session import Session

LOCAL_KEY: Final = "test"


def secrets_manager(session: Session) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """The client of the session's stage."""
    import boto3  # noqa: PLC0415 - slow to load, and few commands need it

    target = session.api.target
    if target.endpoint:
        return boto3.client(
            "secretsmanager",
            endpoint_url=target.endpoint,
            region_name=target.region,
            aws_access_key_id=LOCAL_KEY,
            aws_secret_access_key=LOCAL_KEY,
        )
    return boto3.client("secretsmanager", region_name=target.region)
