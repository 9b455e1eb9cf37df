"""Puts a synthesised assembly where its manifest says, with boto3 alone: on AWS as on this machine.

An asset is uploaded once, under the digest of what it holds; a stack that did not change is left
as it is.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError, WaiterError

from local.programs import LocalError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef
    from types_boto3_s3 import S3Client

EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's own; the same content gives the same bytes
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")
FAILED = "_FAILED"
Say = Callable[[str], None]
Event = Literal["stack_create_complete", "stack_update_complete"]


@dataclass(frozen=True)
class Place:
    """Where to deploy to."""

    cloudformation: "CloudFormationClient"
    s3: "S3Client"
    account: str
    region: str
    local: bool = False
    """The local cloud has no bootstrap roles, and no reasons in its stack events."""

    def resolve(self, text: str) -> str:
        """Fills in what a manifest leaves open."""
        return (
            text.replace("${AWS::AccountId}", self.account)
            .replace("${AWS::Region}", self.region)
            .replace("${AWS::Partition}", "aws")
        )


def deploy(assembly: Path, place: Place, say: Say) -> dict[str, str]:
    """Uploads the assets and makes the stacks, in the manifest's order; returns their outputs."""
    artifacts: dict[str, dict[str, Any]] = _json(assembly / "manifest.json")["artifacts"]
    for manifest in _of_type(artifacts, "cdk:asset-manifest"):
        _publish(assembly, _json(assembly / manifest["file"]), place, say)
    outputs: dict[str, str] = {}
    for name, stack in _stacks_in_order(artifacts):
        say(f"stack {name}")
        outputs |= _apply(stack.get("stackName", name), stack, place)
    return outputs


def zipped(folder: Path) -> bytes:
    """A folder as a zip that depends on its content only."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return packed.getvalue()


def _publish(assembly: Path, manifest: dict[str, Any], place: Place, say: Say) -> None:
    for asset in manifest["files"].values():
        source = assembly / asset["source"]["path"]
        for destination in asset["destinations"].values():
            bucket, key = place.resolve(destination["bucketName"]), destination["objectKey"]
            if not _exists(place.s3, bucket, key):
                say(f"asset {asset.get('displayName', key)}")
                is_zip = asset["source"]["packaging"] == "zip"
                body = zipped(source) if is_zip else source.read_bytes()
                place.s3.put_object(Bucket=bucket, Key=key, Body=body)


def _exists(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True


def _stacks_in_order(artifacts: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each stack after those it depends on."""
    done: set[str] = set()
    stacks = {n: a for n, a in artifacts.items() if a["type"] == "aws:cloudformation:stack"}

    def visit(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if name in done:
            return
        done.add(name)
        for needed in stacks[name].get("dependencies", ()):
            if needed in stacks:
                yield from visit(needed)
        yield name, stacks[name]["properties"]

    for name in stacks:
        yield from visit(name)


def _apply(name: str, stack: dict[str, Any], place: Place) -> dict[str, str]:
    existing = _describe(name, place)
    if existing and existing["StackStatus"] in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}:
        place.cloudformation.delete_stack(StackName=name)  # never came to life: nothing is lost
        place.cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        existing = None
    arguments: dict[str, Any] = {
        "StackName": name,
        "TemplateURL": _url(place.resolve(stack["stackTemplateAssetObjectUrl"]), place),
        "Capabilities": CAPABILITIES,
    }
    if not place.local:
        arguments["RoleARN"] = place.resolve(stack["cloudFormationExecutionRoleArn"])
    change = place.cloudformation.update_stack if existing else place.cloudformation.create_stack
    try:
        change(**arguments)
        _wait("stack_update_complete" if existing else "stack_create_complete", name, place)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    made = _describe(name, place)
    outputs = made.get("Outputs", ()) if made else ()
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _wait(event: Event, name: str, place: Place) -> None:
    delay = 0.2 if place.local else 5
    try:
        waiter: Any = place.cloudformation.get_waiter(event)
        waiter.wait(StackName=name, WaiterConfig={"Delay": delay, "MaxAttempts": 900})
    except WaiterError as error:
        raise LocalError(f"The stack {name} could not be made.\n{_reasons(name, place)}") from error


def _reasons(name: str, place: Place) -> str:
    events = place.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if FAILED in event.get("ResourceStatus", "")
    )


def _describe(name: str, place: Place) -> "StackTypeDef | None":
    try:
        return place.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _url(s3_url: str, place: Place) -> str:
    bucket, _, key = s3_url.removeprefix("s3://").partition("/")
    endpoint = place.s3.meta.endpoint_url
    if ".amazonaws.com" not in endpoint:
        return f"{endpoint}/{bucket}/{key}"
    return f"https://{bucket}.s3.{place.region}.amazonaws.com/{key}"


def _of_type(artifacts: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [artifact["properties"] for artifact in artifacts.values() if artifact["type"] == kind]


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content
