"""Text for a terminal: columns, times, and what codes mean in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

GAP: Final = "  "
NUMBERS: Final = frozenset("0123456789.,-+ ")
UNITS: Final = ((86_400, "days"), (3_600, "h"), (60, "min"))

WORDS: Final[Mapping[str, str]] = {
    "granted": "granted",
    "basis": "needs no consent",
    "no_consent": "no consent",
    "opted_out": "opted out",
    "not_cleared": "no cleared field",
    "restricted": "restricted",
    "no_identifier": "no address",
    "not_theirs": "another customer's contact there",
    "unknown_purpose": "no such purpose",
    "unknown_destination": "not in the policy",
    "future_grant": "granted from a later date",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Aligned columns; those of numbers to the right."""
    body = [list(row) for row in rows]
    columns = list(zip(head, *body, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    right = [_numeric(column[1:]) for column in columns]
    return [
        GAP.join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), *body]
    ]


def listed(counts: Mapping[str, int]) -> str:
    """`no consent 41, opted out 17`: the most frequent first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{words(name)} {count}" for name, count in ordered)


def words(code: str) -> str:
    """A code in words."""
    return WORDS.get(code, code.replace("_", " "))


def ago(seconds: int | None) -> str:
    """How long ago, roughly."""
    if seconds is None:
        return "never"
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{max(seconds, 0)} s ago"


def day(moment: datetime) -> str:
    """A date."""
    return f"{moment:%Y-%m-%d}"


def minute(moment: datetime) -> str:
    """A date and a time, UTC."""
    return f"{moment:%Y-%m-%d %H:%M}"


def money(amount: str, currency: str) -> str:
    """`EUR 1,240.00`."""
    whole, dot, cents = amount.partition(".")
    return f"{currency} {int(whole or 0):,}{dot}{cents}" if amount else ""


def short(text: str, width: int) -> str:
    """The text, cut with a mark where it is too long."""
    return text if len(text) <= width else text[: width - 1] + "…"


def _numeric(cells: Sequence[str]) -> bool:
    return bool(cells) and all(cell and NUMBERS.issuperset(cell) for cell in cells)
