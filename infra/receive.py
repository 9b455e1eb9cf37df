"""Webhooks in: verified, normalised, on the bus before the 2xx."""

from constructs import Construct

from connectors import registry
from infra.functions import Function, Job, Shared
from schemas.config import Config


def receive(scope: Construct, shared: Shared, config: Config) -> Function:
    """One function for all sources: it holds no vendor's API secret, only what signs webhooks."""
    job = Job("receive", "receive", seconds=20, memory=1024)
    function = Function(scope, "Receive", shared, job)
    function.may("events:PutEvents", on=shared.buses.inbound.event_bus_arn)
    for source, system in config.sources.items():
        if registry.load(system.connector).SPEC.webhooks:
            function.reads_secret(shared.target.secret(source, "webhook"))
    graph = shared.graph.table_arn
    function.may("dynamodb:PutItem", on=graph, keys=("Q#*",))
    function.may("dynamodb:UpdateItem", on=graph, keys=("STAT#*",))
    function.uses_key(via="dynamodb")
    return function
