"""Explaining who is who, and what people decide about it: one function behind the API."""

from constructs import Construct

from infra.functions import Function, Job, Shared

READS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")


def evidence(scope: Construct, shared: Shared) -> Function:
    """Reads the graph, and writes down who read whom."""
    job = Job("evidence", "evidence", seconds=28, memory=1024)
    function = Function(scope, "Evidence", shared, job)
    function.reads_secret(shared.target.secret("pepper", "graph"))
    graph = shared.graph.table_arn
    function.may(*READS, on=graph)
    function.may("dynamodb:PutItem", on=graph, keys=("L#read#*",))
    function.uses_key(via="dynamodb")
    return function
