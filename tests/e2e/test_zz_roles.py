"""After everything else has run: every role was asked for what it allows, and for nothing more."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pytest

from local import journey
from local.stage import Stage
from tests.unit.infra.template import Template

FROM_AWS = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("kms:Decrypt", "kms:GenerateDataKey"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
    "dynamodb:ListStreams",
}
"""What Lambda, the services and their encryption ask for on AWS, and the local cloud does not."""

SELDOM = {
    "announce": {"sqs:SendMessage"},  # by Lambda, when it gives up on a batch
    "resolve": {"dynamodb:Query"},  # when a quarantined value is let go, from its shards
    "pull": {"secretsmanager:PutSecretValue"},  # where the secret holds a refresh token
    "receive": {"dynamodb:PutItem"},  # when a record of a genuine webhook is broken
    "deliver": {
        "sqs:ChangeMessageVisibility",  # when a vendor is down
        "dynamodb:DeleteItem",  # when a turn is given back unused, or a circuit closes
    },
}
"""What only trouble asks for, by the function's step."""


class Call(NamedTuple):
    """An action on a table, or on whatever else."""

    action: str
    on: str


def call(action: str, resource: str) -> Call:
    table = next((each for each in ("GraphTable", "JournalTable") if each in resource), "")
    return Call(action, table if action.startswith("dynamodb:") else "")


class Asked(NamedTuple):
    """What each function asked for, and what it was denied."""

    calls: Mapping[str, set[Call]]
    denied: tuple[str, ...]


def asked(lines: Iterable[str], stage: str) -> Asked:
    found: dict[str, set[Call]] = defaultdict(set)
    denied = set()
    for line in lines:
        caller, action, resource, refused = json.loads(line)
        if ":assumed-role/" not in caller:
            continue
        function = caller.rpartition("/")[2].removeprefix(f"sluice-{stage}-")
        found[function].add(call(action, resource))
        if refused:
            denied.add(f"{function}: {action} on {resource}")
    return Asked(found, tuple(sorted(denied)))


def granted(template: Template, function: str) -> set[Call]:
    return {
        call(action, resource)
        for grant in template.grants(function)
        for action in grant.actions
        for resource in grant.resources
    }


@pytest.fixture(scope="module")
def recorded(stage: Stage) -> Asked:
    """Every function has been at work at least once."""
    for step in (journey.sync, journey.webhooks, journey.settle):
        step(stage, lambda _: None)
    hub = journey.api(stage)
    hub.get("agent", "/v1/context", {"phone": "+12025550143", "purpose": ""})
    for path in ("/v1/sources", "/v1/quarantine", "/v1/reviews"):
        hub.get("operator", path)
    return asked(stage.cloud.calls.read_text().splitlines(), "local")


def test_no_role_was_short_of_a_permission(recorded: Asked) -> None:
    assert recorded.denied == ()


def test_no_role_holds_a_permission_that_nothing_asks_for(stage: Stage, recorded: Asked) -> None:
    assert stage.assembly is not None
    template = Template.read(stage.assembly / "sluice-local.template.json")
    idle = {
        f"{function}: {each.action} {each.on}".strip()
        for function in template.functions()
        for each in granted(template, function) - recorded.calls.get(function, set())
        if each.action not in FROM_AWS | SELDOM.get(function.partition("-")[0], set())
    }
    assert idle == set()
