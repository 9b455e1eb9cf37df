"""The stand-ins, served while a test runs."""

from collections.abc import Iterator
from threading import Thread

import pytest

from local.company.generate import generate
from local.company.model import Company
from tests.conformance.standins.standins_world import NOW, World


@pytest.fixture(scope="session")
def company() -> Company:
    return generate(NOW)


@pytest.fixture
def world(company: Company) -> Iterator[World]:
    made = World(company)
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.hub.faults.reset()
    made.http.close()
    made.server.shutdown()
    made.server.server_close()
    thread.join()
