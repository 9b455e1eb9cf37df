"""The local cloud as a place to deploy to, prepared as `cdk bootstrap` prepares an account."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local import cloud, service
from local.deploy import Place

if TYPE_CHECKING:
    from local.programs import Running

VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
VERSION = "30"
FAILURE = re.compile(r"(Failed to (?:provision|resolve|fetch).*|Stack .* validation:.*)")


def session() -> boto3.Session:
    """boto3 as the local account's root user, whatever the caller's environment says."""
    return boto3.Session(
        aws_access_key_id=cloud.ROOT_KEY,
        aws_secret_access_key=cloud.ROOT_KEY,
        region_name=cloud.REGION,
    )


def of(running: "Running") -> Place:
    """The place behind a running cloud, bootstrapped."""
    aws, endpoint = session(), service.endpoint(running)
    paths = Config(s3={"addressing_style": "path"})
    place = Place(
        cloudformation=aws.client("cloudformation", endpoint_url=endpoint),
        s3=aws.client("s3", endpoint_url=endpoint, config=paths),
        account=cloud.ACCOUNT,
        region=cloud.REGION,
        local=True,
    )
    _bootstrap(place)
    aws.client("ssm", endpoint_url=endpoint).put_parameter(
        Name=VERSION_PARAMETER, Value=VERSION, Type="String", Overwrite=True
    )
    return place


def reasons(log: Path) -> str:
    """Why a stack could not be made: only the cloud's log tells."""
    found = (FAILURE.search(line) for line in log.read_text(errors="replace").splitlines())
    return "\n".join(dict.fromkeys(match[1] for match in found if match))


def _bootstrap(place: Place) -> None:
    bucket = f"cdk-hnb659fds-assets-{place.account}-{place.region}"
    try:
        place.s3.head_bucket(Bucket=bucket)
    except ClientError:
        place.s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": cloud.REGION}
        )
