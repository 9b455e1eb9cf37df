"""The whole product on a local cloud of its own, once for all tests that ask for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import stage as local_stage
from local.layer import BUILD
from local.stage import Stage

HOME = BUILD / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks these tests, and keeps them on one worker: they share one cloud."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A stage that begins empty, keeps nothing, and records the calls made to its cloud."""
    _forget()
    here = Stage(home=HOME, persistent=False, recorded=True)
    try:
        for step in local_stage.STEPS:
            step.run(here, _silently)
        yield here
    finally:
        local_stage.stop(here)


def _forget() -> None:
    """Stops what a killed run may have left, and removes its files; the log of this run stays."""
    local_stage.stop(Stage(home=HOME))
    shutil.rmtree(HOME, ignore_errors=True)


def _silently(_text: str) -> None:
    pass
