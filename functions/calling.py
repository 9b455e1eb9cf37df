"""Calls to a source or destination: connection, token and circuit are kept while warm.

Apart from `wiring`, so that only the functions that call vendors load what calling takes.
"""

import time
from functools import cache

from adapters.http import Http, Times
from adapters.http_access import Access
from adapters.http_address import base
from adapters.http_circuit import Circuit
from adapters.http_connection import Connection
from connectors import registry
from functions import wiring
from schemas.config import System


@cache
def _connection(base_url: str) -> Connection:
    private = wiring.settings().private_addresses
    return Connection(base(base_url, private=private), wiring.clock, private=private)


@cache
def _access(name: str, connector: str) -> Access:
    return Access(name, registry.load(connector), wiring.secrets(), wiring.clock)


@cache
def _circuit(name: str, address: str) -> Circuit:
    return Circuit(name, time.time, wiring.graph(), address=address)


def http(name: str, system: System, until: float) -> Http:
    """Calls to a system, ending at `until` (monotonic seconds)."""
    return Http(
        connector=registry.load(system.connector),
        connection=_connection(system.base_url),
        access=_access(name, system.connector),
        circuit=_circuit(name, system.base_url),
        times=Times(wiring.now, wiring.clock, wiring.pause, wiring.jitter),
        until=until,
    )
