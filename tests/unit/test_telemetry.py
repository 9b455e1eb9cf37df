"""What is logged: no address and no number, whatever a message holds."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import telemetry

NUMBERS = st.integers(10**7, 10**14 - 1).map(lambda n: f"+{n}")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789._+-", min_size=1, max_size=20)
ADDRESSES = st.builds(
    lambda a, b: f"{a}@{b}.example.com", WORDS, st.text("abcxyz", min_size=1, max_size=9)
)


@given(st.one_of(NUMBERS, ADDRESSES), st.sampled_from(["", " ", '"', "to ", "<", "x="]))
def test_given_personal_data_in_a_message_then_it_is_blotted_out(value: str, before: str) -> None:
    assert value not in telemetry.redact(f"{before}{value}, and more")


@given(st.from_regex(r"\A[0-9a-f]{32}\Z"), st.datetimes())
def test_given_ids_and_times_then_they_stay(name: str, at: object) -> None:
    text = f"{name} {at:%Y-%m-%dT%H:%M:%S+00:00}"
    assert telemetry.redact(text) == text


def test_given_a_logged_address_then_the_line_is_json_without_it(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = telemetry.logger("test-redaction")
    logger.warning("refused", extra={"reason": "ada@example.com is unknown"})
    said = capsys.readouterr().out
    assert json.loads(said)["reason"] == "[redacted] is unknown"
    logging.getLogger("test-redaction").handlers.clear()
