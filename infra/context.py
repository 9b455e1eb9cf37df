"""The customer in one read, and how the hub is doing: two functions behind the API."""

from collections.abc import Sequence

from constructs import Construct

from infra.functions import Function, Job, Shared

READS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")


def context(scope: Construct, shared: Shared) -> Function:
    """Reads the graph, and writes down who read whom."""
    job = Job("context", "context", seconds=20, memory=1024)
    function = Function(scope, "Context", shared, job)
    function.reads_secret(shared.target.secret("pepper", "graph"))
    function.may(*READS, on=shared.graph.table_arn)
    function.may("dynamodb:PutItem", on=shared.graph.table_arn, keys=("L#read#*",))
    function.may("dynamodb:Query", on=shared.journal.table_arn)
    function.uses_key(via="dynamodb")
    return function


def operate(scope: Construct, shared: Shared, queues: Sequence[str]) -> Function:
    """Counts, explains, and asks for pulls; `queues` are the ARNs of what it counts."""
    job = Job("operate", "operate", seconds=25, memory=512)
    function = Function(scope, "Operate", shared, job)
    function.may(*READS, on=shared.graph.table_arn)
    function.may("dynamodb:PutItem", on=shared.graph.table_arn, keys=("ASKED#*",))
    function.may("events:PutEvents", on=shared.buses.inbound.event_bus_arn)
    function.may("sqs:GetQueueAttributes", "sqs:GetQueueUrl", on=queues)
    function.uses_key(via="dynamodb")
    return function
