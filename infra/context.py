"""The customer in one read, and how the hub is doing: two functions behind the API."""

from collections.abc import Sequence

from aws_cdk import aws_events as events
from constructs import Construct

from infra.functions import Function, Job, Shared
from infra.storage import Storage


def context(scope: Construct, shared: Shared, storage: Storage) -> Function:
    """Reads the graph, and writes down who read whom."""
    function = Function(scope, "Context", shared, Job("context", "context", 10, memory=1024))
    function.reads_secret(shared.target.secret("pepper", "graph"))
    function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
                 on=storage.graph.table_arn)  # fmt: skip
    function.may("dynamodb:PutItem", on=storage.graph.table_arn, keys=("L#read#*",))
    function.may("dynamodb:Query", on=storage.journal.table_arn)
    function.encrypts(storage.key, via="dynamodb")
    return function


def operate(
    scope: Construct,
    shared: Shared,
    storage: Storage,
    inbound: events.EventBus,
    queues: Sequence[str],
) -> Function:
    """Counts, explains, and asks for pulls; `queues` are the ARNs of what it counts."""
    function = Function(scope, "Operate", shared, Job("operate", "operate", 15, memory=512))
    function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
                 on=storage.graph.table_arn)  # fmt: skip
    function.may("dynamodb:PutItem", on=storage.graph.table_arn, keys=("ASKED#*",))
    function.may("events:PutEvents", on=inbound.event_bus_arn)
    function.may("sqs:GetQueueAttributes", "sqs:GetQueueUrl", on=queues)
    function.encrypts(storage.key, via="dynamodb")
    return function
