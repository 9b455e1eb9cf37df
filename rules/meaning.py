"""What somebody means by a text: an identifier by its looks, or a name."""

import re
from typing import Final

ID: Final = re.compile(r"c\d{1,9}[A-Za-z0-9]{20,60}")
"""A customer's id, as `rules.keys.of_customer` makes it."""
NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().-]{5,}")
SUBJECT: Final = re.compile(r"[a-z][a-z0-9-]*:[a-z_]+:.+")


def meant(text: str) -> tuple[str, str]:
    """Which kind of identifier a text is, by its looks; a name otherwise."""
    if "@" in text:
        return "email", text
    for kind, looks in (("id", ID), ("phone", NUMBER), ("subject", SUBJECT)):
        if looks.fullmatch(text):
            return kind, text
    return "name", text
