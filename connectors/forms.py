"""Form bodies with nested keys: `data[merges][EMAIL]=…`."""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from schemas.errors import BadRecord

DEEPEST: Final = 4
MOST: Final = 500


def form(raw: bytes) -> dict[str, Any]:
    """The fields of a form, nested as their keys say; the last of a repeated key counts."""
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST)
    except ValueError as error:
        message = "the body is no form"
        raise BadRecord(message) from error
    found: dict[str, Any] = {}
    for name, value in pairs:
        _put(found, [part for part in re.split(r"[\[\]]+", name) if part][:DEEPEST], value)
    return found


def _put(inside: dict[str, Any], names: list[str], value: str) -> None:
    for name in names[:-1]:
        below = inside.get(name)
        if not isinstance(below, dict):
            below = inside[name] = {}
        inside = below
    if names:
        inside[names[-1]] = value
