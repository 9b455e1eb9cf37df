"""The two buses. What enters carries the record and has no archive; what leaves carries ids."""

from typing import NamedTuple

from aws_cdk import aws_events as events
from constructs import Construct

from infra.target import Target


class Buses(NamedTuple):
    """Producers and readers of each are in `events.catalogue`."""

    inbound: events.EventBus
    outbound: events.EventBus


def buses(scope: Construct, target: Target) -> Buses:
    """Makes them."""
    return Buses(
        inbound=events.EventBus(scope, "Inbound", event_bus_name=target.name("inbound")),
        outbound=events.EventBus(scope, "Outbound", event_bus_name=target.name("outbound")),
    )
