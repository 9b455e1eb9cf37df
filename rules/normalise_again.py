"""Values read once more: as received, when the normaliser has changed; as stored, to tell them."""

from collections.abc import Iterator
from typing import Final

from rules import normalise
from rules.identity_claims import spellings
from schemas.identifiers import Identifier

READ: Final = frozenset({"email", "phone"})
"""The types that are more than a text of somebody's."""


def again(identifier: Identifier, raw: str) -> Identifier | None:
    """What the normaliser of today makes of what was received.

    Where the hint of that day is missing, of the value; None: it is none any more.
    """
    if identifier.type not in READ:
        return identifier
    known = identifier.value
    return _read(identifier.type, raw, known) or _read(identifier.type, known, known)


def readings(type_: str, value: str) -> Iterator[tuple[Identifier, Identifier]]:
    """What a stored value may have been read as, and what any rule may have made of that."""
    stored = Identifier(type=type_, value=value)
    read = _read(type_, value, value)
    for each in dict.fromkeys((stored, *([read] if read else ()))):
        for made in spellings(each):
            yield each, made


def _read(type_: str, raw: str, known: str) -> Identifier | None:
    match type_:
        case "email":
            return normalise.email(raw)
        case "phone":
            return normalise.phone(raw, None) or normalise.phone(raw, _country(known))
        case _:
            return None


def _country(number: str) -> str | None:
    """The country of a number in E.164: the hint that its national spelling was read with."""
    import phonenumbers as library  # noqa: PLC0415

    try:
        return library.region_code_for_number(library.parse(number))
    except library.NumberParseException:
        return None
