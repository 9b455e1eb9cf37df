"""Logs and metrics, in one place, without personal data.

Powertools is imported when there is something to tell: a tenth of a second of each cold start.
"""

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

AT: Final = "%(?:25)*40"
"""`@` in a URL, however often it was encoded."""
ADDRESS: Final = re.compile(
    r"(?<![\w.%+'-])"
    rf"(?:[\w.%+'-]++@|(?:(?!{AT})[\w.%+'-])++{AT})"
    r"[\w%-]++(?:\.[\w%-]++)++"
)
"""Begins only where a word begins and never tries a shorter one: its steps grow with the text."""
DIGITS: Final = r"[0-9][0-9 ().-]{6,17}[0-9]"
NUMBER: Final = re.compile(
    rf"(?:(?<!\w)\+|%(?:25)*2[Bb]){DIGITS}|(?<![\w.:-])00 ?(?=[1-9]){DIGITS}(?![\w-])"
)
BLOT: Final = "[redacted]"
LONGEST: Final = 16_384
"""Characters of one text in a line of the log; longer ones end at a space before that."""


def redact(text: str) -> str:
    """The text with e-mail addresses and international phone numbers blotted out, in bounds.

    A net under the rule that nothing personal is logged, not a licence to log it.
    """
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(" ")[0] + " [cut]"
    return NUMBER.sub(BLOT, ADDRESS.sub(BLOT, text))


def _redacted(value: object) -> object:
    """Texts before they are JSON, whose escapes would hide a letter of an address."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {redact(str(name)): _redacted(each) for name, each in value.items()}
        case list() | tuple():
            return [_redacted(each) for each in value]
        case _:
            return value


def _serialise(entry: dict[str, Any]) -> str:
    return json.dumps(_redacted(entry), default=_other, separators=(",", ":"))


def _other(value: object) -> str:
    return redact(str(value))


def logger(function: str) -> "Logger":
    """One JSON object a line; the event itself is never logged."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415

    return Logger(service=function, json_serializer=_serialise)


def metrics(namespace: str, function: str) -> "Metrics":
    """Flushed by the handlers with `wiring.flush`."""
    from aws_lambda_powertools import Metrics  # noqa: PLC0415

    return Metrics(namespace=namespace, service=function)


def flush(counted: "Metrics") -> None:
    """Writes the metrics of this invocation out, if there are any."""
    if counted.provider.metric_set:
        counted.flush_metrics()
