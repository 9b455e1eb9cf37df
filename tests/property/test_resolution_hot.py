"""One subject of whom much is told at once: its writers collide little, and nobody gives up."""

import pytest

from rules import resolution_moves, resolution_rows
from tests.bench.resolve import HOT, collisions


def test_twenty_five_events_a_second_hardly_ever_collide() -> None:
    tally = collisions(25)
    assert tally.again == 0
    assert tally.conflicts / HOT < 0.02
    assert tally.waited < 0.5


def test_two_hundred_events_a_second_are_kept_up_with() -> None:
    tally = collisions(200)
    assert tally.again == 0
    assert tally.conflicts / HOT < 0.15
    assert tally.waited < 3


def test_a_transaction_for_each_row_would_be_a_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch brings to a subject's totals is one transaction."""
    monkeypatch.setattr(resolution_rows, "ROWS_AT_ONCE", 1)
    assert collisions(200).conflicts / HOT > 0.15


def test_two_hundred_that_can_move_are_kept_up_with_too() -> None:
    tally = collisions(200, movable=True)
    assert tally.again == 0
    assert tally.conflicts / HOT < 0.15
    assert tally.waited < 3


def test_a_transaction_for_each_that_can_move_would_be_a_storm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolution_moves, "RECORDS_AT_ONCE", 1)
    assert collisions(200, movable=True).conflicts / HOT > 0.15
