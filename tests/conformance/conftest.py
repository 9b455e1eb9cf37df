"""A real engine for the tests that ask what only one can tell."""

from collections.abc import Iterator

import pytest

from local.cloud import Cloud
from local.service import endpoint


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a local cloud of its own answers."""
    cloud = Cloud(tmp_path_factory.mktemp("engine"), persistent=False)
    try:
        yield endpoint(cloud.start())
    finally:
        cloud.stop()
