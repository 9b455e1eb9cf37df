"""Each function's role allows what the function asked for in the whole run, and nothing more."""

import json
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

from cli.api import path
from local.standins import senders
from tests.e2e.conftest import Travelled
from tests.e2e.hub import Hub
from tests.e2e.standins import Standins
from tests.e2e.test_webhooks import GENUINE, as_agent, target

BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream": "Lambda writes the function's output down",
    "logs:PutLogEvents": "the same",
    "xray:PutTraceSegments": "Lambda sends the trace",
    "xray:PutTelemetryRecords": "the same",
    "sqs:ReceiveMessage": "the queue's mapping takes the batch",
    "sqs:DeleteMessage": "the same, when the batch is done",
    "sqs:GetQueueAttributes": "the same, to scale",
    "dynamodb:DescribeStream": "the stream's mapping reads it",
    "dynamodb:GetRecords": "the same",
    "dynamodb:GetShardIterator": "the same",
    "dynamodb:ListStreams": "the same",
    "kms:Decrypt": "DynamoDB and SQS ask in the caller's name; the local cloud does not encrypt",
    "kms:GenerateDataKey": "the same",
}
"""What the services ask for in the role's name, without a call that the local cloud sees."""
RARE = {
    ("announce", "sqs:SendMessage"): "Lambda's own, where a batch of the stream was given up",
    ("announce", "dynamodb:DeleteItem"): "a customer or a review is no more, between two batches",
    ("pull-zendesk", "secretsmanager:PutSecretValue"): "the vendor rotated a refresh token",
    ("deliver-*", "dynamodb:ConditionCheckItem"): "keys are being taken to another pepper",
    ("deliver-*", "sqs:ChangeMessageVisibility"): "a destination said to come back later",
    ("pull-*", "sqs:ChangeMessageVisibility"): "a source cannot be read now",
    ("deliver-*", "dynamodb:DeleteItem"): "a destination that was down is back; nothing is left",
    ("deliver-warehouse", "secretsmanager:GetSecretValue"): "in shadow, nothing is sent",
    ("resolve", "dynamodb:Query"): "an identifier beyond its limit is given back to its carriers",
    ("resolve", "dynamodb:DeleteItem"): "the same; a record is about somebody else now",
    ("resolve", "dynamodb:ConditionCheckItem"): "one more carries an identifier beyond its limit",
    ("evidence", "dynamodb:UpdateItem"): "rules were adopted that change who is one",
    ("evidence", "dynamodb:DeleteItem"): "the same",
    ("evidence", "dynamodb:ConditionCheckItem"): "the same",
    ("evidence", "dynamodb:PartiQLInsert"): "the same",
    ("evidence", "dynamodb:Query"): "the same",
    ("evidence", "dynamodb:Scan"): "the same",
}
"""What a run need not get to, by function and action, and when it is asked for; the branches have
tests on a real engine (tests/integration) and on the connectors."""


class Grant(NamedTuple):
    """One action on one resource."""

    function: str
    action: str
    resource: str


@pytest.fixture(scope="module")
def exercised(hub: Hub, journey: Travelled, standins: Standins) -> None:
    """Everything that can be asked of the hub, asked once."""
    for make in GENUINE.values():
        assert hub.send(make(hub, standins.company)).status == 200
    shop = target(hub, "shopify-eu")
    hub.send(senders.shopify(shop, "customers/update", {"id": None, "nothing": "of use"}))
    hub.sync(*hub.stage.config.sources)
    for query in ({"email": "ada.byrne@example.com"}, {"name": "Ada Byrne"}):
        who = hub.api.get("agent", "/v1/context", query)["customer"]["id"]
        hub.api.get("agent", path("customers", who))
        for name in hub.stage.config.destinations:
            hub.api.get("operator", "/v1/why", {"customer": who, "destination": name})
    for what in ("status", "sources", "quarantine", "reviews"):
        hub.api.get("operator", path(what))
    hub.call("GET", "/v1/status", as_agent(hub))
    pair = {"a": "ben.aydin@example.org", "b": "cem.aydin@example.org"}
    hub.api.get("agent", "/v1/explain", pair)
    for review in hub.api.get("operator", "/v1/reviews")["items"][:1]:
        judged = path("reviews", review["id"], "reject")
        hub.api.post("privacy", judged, "grants", {"why": "they are two"})
    hub.settle()


@pytest.fixture(scope="module")
def asked(hub: Hub, exercised: None) -> dict[Grant, bool]:
    """What each function asked for in the run, and whether it was once denied."""
    found: dict[Grant, bool] = defaultdict(bool)
    for line in hub.stage.cloud.calls.read_text().splitlines():
        caller, action, resource, denied = json.loads(line)
        if ":assumed-role/" in caller:
            function = caller.rpartition("/sluice-local-")[2]
            found[Grant(function, action, resource)] |= denied
    return found


@pytest.fixture(scope="module")
def granted(hub: Hub) -> set[Grant]:
    """What each function's role allows."""
    iam, found = hub.client("iam"), set()
    for function in hub.client("lambda").list_functions(MaxItems=1000)["Functions"]:
        name = function["FunctionName"].removeprefix("sluice-local-")
        role = function["Role"].rpartition("/")[2]
        assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                found |= {
                    Grant(name, action, resource)
                    for action in _listed(statement["Action"])
                    for resource in _listed(statement["Resource"])
                }
    return found


def _listed(value: Any) -> list[str]:  # noqa: ANN401 - IAM writes one as itself
    return [value] if isinstance(value, str) else list(value)


def covers(grant: Grant, call: Grant) -> bool:
    return (grant.function, grant.action) == (call.function, call.action) and fnmatchcase(
        call.resource, grant.resource
    )


def rare(grant: Grant) -> bool:
    return any(
        fnmatchcase(grant.function, function) and grant.action == action
        for function, action in RARE
    )


def test_no_function_was_denied_anything(asked: dict[Grant, bool]) -> None:
    assert not [call for call, denied in asked.items() if denied]


def test_every_function_asked_for_something(asked: dict[Grant, bool], granted: set[Grant]) -> None:
    assert {call.function for call in asked} == {grant.function for grant in granted}


def test_what_was_asked_for_is_granted(asked: dict[Grant, bool], granted: set[Grant]) -> None:
    missing = [call for call in asked if not any(covers(grant, call) for grant in granted)]
    assert not missing


def test_what_is_granted_was_asked_for(asked: dict[Grant, bool], granted: set[Grant]) -> None:
    idle = {
        (grant.function, grant.action, grant.resource.rpartition(":")[2])
        for grant in granted
        if grant.action not in BY_LAMBDA_ITSELF
        and not any(covers(grant, call) for call in asked)
        and not rare(grant)
    }
    assert not idle


def test_no_grant_is_for_everything(granted: set[Grant]) -> None:
    wide = {grant.action for grant in granted if "*" in grant.action or grant.resource == "*"}
    assert wide <= {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}
