"""Webhooks in: verified, normalised, on the bus before the 2xx."""

from aws_cdk import aws_events as events
from constructs import Construct

from connectors import registry
from infra.functions import Function, Job, Shared
from infra.storage import Storage
from schemas.config import Config


def receive(
    scope: Construct, shared: Shared, storage: Storage, inbound: events.EventBus, config: Config
) -> Function:
    """One function for all sources: it holds no vendor's API secret, only what signs webhooks."""
    function = Function(
        scope, "Receive", shared, Job("receive", "receive", seconds=10, memory=1024)
    )
    function.may("events:PutEvents", on=inbound.event_bus_arn)
    for source, system in config.sources.items():
        if registry.load(system.connector).SPEC.webhooks:
            function.reads_secret(shared.target.secret(source, "webhook"))
    keys = ("Q#*", "STAT#*")
    function.may("dynamodb:PutItem", "dynamodb:UpdateItem", on=storage.graph.table_arn, keys=keys)
    function.encrypts(storage.key, via="dynamodb")
    return function
