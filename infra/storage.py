"""What must outlive every deployment: the key, the graph and the journal."""

from typing import NamedTuple

from aws_cdk import Aws, CfnElement, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.target import Target

SERVICES_THAT_ENCRYPT = ("events.amazonaws.com", "cloudwatch.amazonaws.com")
"""They put messages on encrypted queues and topics by their own name, without a role."""


class Storage(NamedTuple):
    """What the constructs of the other stack are given."""

    key: kms.Key
    graph: dynamodb.Table
    journal: dynamodb.Table


def storage(scope: Construct, target: Target) -> Storage:
    """Makes them; their logical ids are frozen, since a new id would be a new, empty table."""
    key = _key(scope, target)
    return Storage(
        key=key,
        graph=_table(scope, "Graph", key, dynamodb.StreamViewType.NEW_AND_OLD_IMAGES),
        journal=_table(scope, "Journal", key),
    )


def freeze(construct: Construct, logical_id: str) -> None:
    """Fixes the logical id, so that moving code around never replaces the resource."""
    element = construct.node.default_child
    assert isinstance(element, CfnElement)
    element.override_logical_id(logical_id)


def _key(scope: Construct, target: Target) -> kms.Key:
    key = kms.Key(
        scope,
        "Key",
        alias=f"alias/{target.name()}",
        description=f"Sluice {target.stage}: tables, queues and alarms",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service) for service in SERVICES_THAT_ENCRYPT],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    freeze(key, "Key")
    return key


def _table(
    scope: Construct, name: str, key: kms.Key, stream: dynamodb.StreamViewType | None = None
) -> dynamodb.Table:
    table = dynamodb.Table(
        scope,
        name,
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        stream=stream,
        time_to_live_attribute="expires",
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    freeze(table, f"{name}Table")
    return table
