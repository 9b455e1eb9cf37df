"""How long to wait before asking a vendor again."""

from datetime import UTC, datetime

import pytest

from rules.backoff import CEILING, delay, retry_after

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "header,seconds",
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 04 May 2026 12:00:30 GMT", 30.0),
        ("Mon, 04 May 2026 11:00:00 GMT", 0.0),
        ("999999999", 86_400.0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_delays_double_up_to_a_ceiling_and_spread_over_the_whole_span() -> None:
    assert [delay(attempt, 1.0) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert delay(50, 1.0) == CEILING
    assert delay(3, 0.0) == 0.0
