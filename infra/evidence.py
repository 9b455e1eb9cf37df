"""Explaining who is who, and what people decide about it: one function behind the API."""

from constructs import Construct

from infra.functions import Function, Job, Shared

READS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")


WRITTEN = ("G#*", "ASKED#*", "L#read#*")
"""Islands, where verdicts are; what was asked for; who read whom."""


def evidence(scope: Construct, shared: Shared) -> Function:
    """Adds verdicts to islands, and to subjects what a split keeps of consents."""
    job = Job("evidence", "evidence", seconds=28, memory=1024)
    function = Function(scope, "Evidence", shared, job)
    function.reads_secret(shared.target.secret("pepper", "graph"))
    graph = shared.graph.table_arn
    function.may(*READS, on=graph)
    function.may("dynamodb:PutItem", on=graph, keys=WRITTEN)
    function.may("dynamodb:PartiQLInsert", on=graph, keys=("S#*",))
    function.may("dynamodb:Query", "dynamodb:PartiQLInsert", on=shared.journal.table_arn)
    function.uses_key(via="dynamodb")
    return function
