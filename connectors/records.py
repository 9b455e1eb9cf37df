"""Reading vendor records: lenient where vendors are, and `BadRecord` where nothing can be made.

No reason ever quotes what the record says: it may be personal data.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from pydantic import ValidationError

from connectors.contract import Json
from rules import normalise
from schemas.config import System
from schemas.errors import BadRecord
from schemas.identifiers import Claim
from schemas.observation import Money, Observation, Record, Trait

Maker = Callable[[str, System, dict[str, Any]], Observation]

CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)
"""Also what turns the direction of the text around it, and halves of characters."""
ID_LONGEST: Final = 256
RAW_LONGEST: Final = 1024
NO_MINOR_UNIT: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS: Final = "BHD IQD JOD KWD LYD OMR TND"
COMMON: Final = ("EUR", "USD", "GBP")
PLAIN: Final = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
CURRENCY: Final = re.compile("[A-Z]{3}")
RICHEST: Final = Decimal(10) ** 15


def made(
    makers: Mapping[str, Maker], where: tuple[str, System], kind: str, record: Json
) -> Observation:
    """The observation that the maker of `kind` makes of a record at `where` (source, system)."""
    maker = makers.get(kind)
    if maker is None:
        message = f"records of kind {kind} are not handled here"
        raise BadRecord(message)
    if not isinstance(record, dict):
        message = f"the {kind} is no JSON object"
        raise BadRecord(message)
    try:
        return maker(*where, record)
    except ValidationError as error:
        named = sorted({".".join(map(str, found["loc"])) for found in error.errors()})
        message = f"the {kind} does not fit: {', '.join(named)[:200]}"
        raise BadRecord(message) from None


def part(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The first of the named objects; an empty one when there is none."""
    for name in names:
        value = record.get(name)
        if isinstance(value, dict):
            return value
    return {}


def objects(value: Json) -> list[dict[str, Any]]:
    """The objects in a list, when it is one."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def first(record: Mapping[str, Any], name: str, *others: str) -> Json:
    """The first named value that says something."""
    value = record.get(name)
    if value is not None and value != "":
        return value
    for other in others:
        value = record.get(other)
        if value is not None and value != "":
            return value
    return None


def text(value: Json, longest: int = 256) -> str:
    """One tidy line, or nothing."""
    if isinstance(value, str):
        tidy = value if value.isprintable() else CONTROL.sub(" ", value)
        return tidy.strip()[:longest]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    return str(value)[:longest]


def key(value: Json, what: str = "record") -> str:
    """A source's own id."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        found = str(value)
        clean = found.isprintable() or not CONTROL.search(found)
        if clean and found.strip() and len(found) <= ID_LONGEST:
            return found
    message = f"the {what} has no id"
    raise BadRecord(message)


def moment(value: Json) -> datetime | None:
    """A time in UTC, from ISO 8601 (without an offset: UTC) or milliseconds since 1970."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    try:
        if isinstance(value, int) or (value.isdecimal() and value.isascii()):
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def needed(value: Json, what: str) -> datetime:
    """A time without which the record says nothing."""
    found = moment(value)
    if found is None:
        message = f"the record has no {what}"
        raise BadRecord(message)
    return found


def version(at: datetime) -> str:
    """A time as text that sorts as times do."""
    return at.astimezone(UTC).isoformat("T", "microseconds")


def record(kind: str, name: str, at: datetime, created: datetime) -> Record:
    """A version of a source record: as of `at`, of something that is since `created`."""
    return Record.of({"kind": kind, "id": name, "version": version(at), "occurred_at": created})


def privacy_request(source: str, system: System, raw: dict[str, Any]) -> Observation:
    """Set aside with its content, so that it can be replayed once requests are handled."""
    del source, system, raw
    message = "a privacy request: kept to be replayed"
    raise BadRecord(message)


def money(amount: Json, currency: Json) -> Money | None:
    """An amount in minor units, by the currency's own number of digits (ISO 4217)."""
    if amount is None:
        return None
    if currency in COMMON and isinstance(amount, str) and PLAIN.fullmatch(amount):
        return Money.of({"minor": int(amount.replace(".", "")), "currency": currency})
    code = text(currency, 8).upper()
    if not CURRENCY.fullmatch(code):
        return None
    try:
        value = Decimal(text(amount, 40))
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > RICHEST:
        return None
    digits = 0 if code in NO_MINOR_UNIT else 3 if code in THREE_DIGITS else 2
    minor = value.scaleb(digits).to_integral_value(ROUND_HALF_EVEN)
    return Money.of({"minor": int(minor), "currency": code})


def email(raw: Json) -> Claim | None:
    """A claim to an address; None when it cannot be one."""
    value = normalise.email_value(raw) if isinstance(raw, str) and raw else None
    return _claim("email", value, raw) if value else None


def phone(raw: Json, country: str | None) -> Claim | None:
    """A claim to a number, read with the hint of a country."""
    raw = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
    value = normalise.phone_value(raw, country) if isinstance(raw, str) and raw else None
    return _claim("phone", value, raw) if value else None


def _claim(type_: str, value: str, raw: str) -> Claim:
    return Claim.of({"identifier": {"type": type_, "value": value}, "raw": raw[:RAW_LONGEST]})


def claims(*found: Claim | None) -> tuple[Claim, ...]:
    """Each identifier once, as first written."""
    kept: dict[tuple[str, str], Claim] = {}
    for claim in found:
        if claim is not None:
            kept.setdefault((claim.identifier.type, claim.identifier.value), claim)
    return tuple(kept.values())


def traits(values: Iterable[tuple[Trait, Json]]) -> dict[Trait, str]:
    """Those that say something, each one tidy line."""
    found: dict[Trait, str] = {}
    for name, value in values:
        tidy = text(value)
        if tidy:
            found[name] = tidy
    return found
