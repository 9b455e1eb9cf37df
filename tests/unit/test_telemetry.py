"""What is logged: no address and no number, whatever a message holds."""

import json
import logging
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions import telemetry
from schemas.identifiers import Subject
from schemas.policy import RoleRule

NUMBERS = st.integers(10**7, 10**14 - 1).map(lambda n: f"+{n}")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789._+-", min_size=1, max_size=20)
ADDRESSES = st.builds(
    lambda a, b: f"{a}@{b}.example.com", WORDS, st.text("abcxyz", min_size=1, max_size=9)
)


@given(st.one_of(NUMBERS, ADDRESSES), st.sampled_from(["", " ", '"', "to ", "<", "x="]))
def test_given_personal_data_in_a_message_then_it_is_blotted_out(value: str, before: str) -> None:
    assert value not in telemetry.redact(f"{before}{value}, and more")


@pytest.mark.parametrize(
    "value",
    [
        "jurgen@exämple.com", "jürgen@example.com", "a%40b.com", "a%2540b.com", "a%252540b.com",
        "jurgen%40ex%C3%A4mple.com", "x%40y%40ada@example.com", "tel:+447946001800",
        "%2B447946001800", "%252b447946001800", "00447946001800", "00 44 7946 001800",
        "+44 (7946) 001-800", "<+447946001800>",
    ],
)  # fmt: skip
def test_however_it_is_written_it_is_blotted_out(value: str) -> None:
    said = telemetry.redact(f"to {value}: refused")
    assert telemetry.BLOT in said
    assert not any(part in said for part in ("exa", "ada", "b.com", "7946", "001", "@", "%40"))


@given(st.from_regex(r"\A[0-9a-f]{32}\Z"), st.datetimes())
def test_given_ids_and_times_then_they_stay(name: str, at: object) -> None:
    text = f"{name} {at:%Y-%m-%dT%H:%M:%S+00:00}"
    assert telemetry.redact(text) == text


@pytest.mark.parametrize(
    "text",
    ["arn:aws:sqs:eu-west-1:000000000000:pull", "at 2026-11-26T10:00:00.001234567+00:00",
     "00447946-0018-4f00-8a00-004479460018", "mailchimp:member@2026-11-26T10:00:00+00:00"],
)  # fmt: skip
def test_accounts_times_and_ids_stay(text: str) -> None:
    assert telemetry.redact(text) == text


@pytest.mark.parametrize(
    "piece", ["a", "a@", "a%40", "%25", "a.", "a@b", "+1 ", "00", "a%40b.", "@", "%2525"]
)
def test_a_long_text_takes_steps_in_proportion(piece: str) -> None:
    def steps(size: int) -> float:
        text = (piece * size)[:size]
        return min(_time(lambda: telemetry.ADDRESS.sub("", text)) for _ in range(5)) + min(
            _time(lambda: telemetry.NUMBER.sub("", text)) for _ in range(5)
        )

    assert steps(80_000) < 40 * steps(8_000)


def _time(do: Callable[[], object]) -> float:
    before = process_time()
    do()
    return process_time() - before


def test_a_text_without_end_is_cut_before_it_is_looked_at() -> None:
    said = telemetry.redact("word " * 1_000_000 + "ada@example.com")
    assert len(said) <= telemetry.LONGEST + len(" [cut]")
    assert telemetry.redact("a" * (telemetry.LONGEST - 4) + "ada@example.com") == " [cut]"


def test_an_error_of_a_model_does_not_repeat_what_it_was_given() -> None:
    for model, given_ in ((Subject, {"source": "secret.person@example.com" * 9}),
                          (RoleRule, {"secret": "secret.person@example.com"})):  # fmt: skip
        with pytest.raises(ValidationError) as caught:
            model.model_validate(given_)
        assert "secret.person" not in str(caught.value)


def test_given_a_logged_address_then_the_line_is_json_without_it(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = telemetry.logger("test-redaction")
    logger.warning(
        "refused",
        extra={
            "reason": "ada@example.com is unknown",
            "deep": [{"ada@example.com": "jürgen@exämple.com"}],
            "error": ValueError("tel:+447946001800"),
        },
    )
    said = json.loads(capsys.readouterr().out)
    assert said["reason"] == "[redacted] is unknown"
    assert said["deep"] == [{"[redacted]": "[redacted]"}]
    assert said["error"] == "tel:[redacted]"
    logging.getLogger("test-redaction").handlers.clear()
