"""Raw values as identifiers that compare equal when they mean the same.

Never guesses: what cannot be one is None. `FAST` paths take well-formed values without the
libraries, whose import costs a cold start 0.4 s; they agree with them (tests/property).
"""

import re
import unicodedata
from typing import Final

from schemas.identifiers import Identifier

NORMALISER: Final = "2"
"""The version that claims carry; it grows when any value would come out differently."""

LONGEST: Final = 512

# Possible lengths of the national number, and its first digits when no trunk prefix is written
# (libphonenumber's metadata), by country; one that is not here goes to the library.
FAST_E164: Final = re.compile(
    r"\+(?:1[2-9]\d{9}|(?:31|33|48)[1-9]\d{8}|(?:32|46)[1-9]\d{7,8}|34[5-9]\d{8}|41[2-9]\d{8}"
    r"|44[1-9]\d{9}|45[2-9]\d{7}|49[1-9]\d{7,10})",
    re.ASCII,
)
FAST_NATIONAL: Final = {
    "BE": ("+32", "0"),
    "CA": ("+1", ""),
    "CH": ("+41", "0"),
    "DE": ("+49", "0"),
    "DK": ("+45", ""),
    "ES": ("+34", ""),
    "FR": ("+33", "0"),
    "GB": ("+44", "0"),
    "NL": ("+31", "0"),
    "PL": ("+48", ""),
    "SE": ("+46", "0"),
    "US": ("+1", ""),
}
"""Country → its code, and the prefix of its numbers inside it."""
FAST_PHONE: Final = re.compile(r"\+?[0-9(][0-9 ()./-]*[0-9]")
PUNCTUATION: Final = str.maketrans("", "", " ()./-")
NO_WORD: Final = re.compile(r"[\W_]+")
FAST_EMAIL: Final = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+){0,8}"
    r"@(?:[a-z0-9]+(?:-[a-z0-9]+){0,4}\.){1,4}(?:com|org|net|de|fr|eu|uk|nl|es|it|pl|ch|at|io)"
)
POINTS: Final = (10, 36)
ACCENTS: Final = 200
"""Of Unicode's canonical combining classes."""
LETTERS: Final = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t",
        "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)  # fmt: skip
"""Letters that Unicode does not take apart, as those write them who have no key for them."""
COUNTRIES: Final = {"UK": "GB"}
"""What is often written for a code of ISO 3166."""
LOCAL_LONGEST: Final = 64
LABEL_LONGEST: Final = 63
EMAIL_LONGEST: Final = 254
PHONE_LONGEST: Final = 64
PHONE_SHORTEST: Final = 7
"""Digits without the country's. What is shorter is nobody's own number, but a placeholder or a
service (`1234`, `116117`), except where the country's plan has such numbers.
"""


def email(raw: str) -> Identifier | None:
    """An address, as an identifier."""
    value = email_value(raw)
    return Identifier(type="email", value=value) if value else None


def email_value(raw: str) -> str | None:
    """An address: lower case, NFC, the domain in its ASCII (IDNA) form.

    Plus-tags and dots stay: whether they count is a rule (`rules.identity_claims`).
    """
    text = _clean(raw, EMAIL_LONGEST)
    if text is None:
        return None
    lower = text.lower()
    return lower if _plain_address(lower) else _library_email(text)


def phone(raw: str, country: str | None) -> Identifier | None:
    """A number, as an identifier."""
    value = phone_value(raw, country)
    return Identifier(type="phone", value=value) if value else None


def phone_value(raw: str, country: str | None) -> str | None:
    """A number in E.164, with `;ext=` when it has an extension.

    `country` (ISO 3166, two letters) is the hint for a number written without its country; a
    number that is only possible inside an area is none, and so is a short one of nobody.
    """
    if FAST_E164.fullmatch(raw):
        return raw
    text = _clean(raw, PHONE_LONGEST)
    if text is None:
        return None
    hint = _hint(country)
    return _plain_number(text, hint) or _library_phone(text, hint)


def external(source: str, kind: str, raw: str) -> Identifier | None:
    """A source's own id: compared exactly, inside that source and kind of object."""
    text = _clean(raw, 256)
    return Identifier(type=f"{source}:{kind}", value=text) if text else None


def name(raw: str) -> str | None:
    """A name as people write it, tidied for display: NFC, single spaces."""
    text = _clean(raw, LONGEST)
    return " ".join(unicodedata.normalize("NFC", text).split()) if text else None


def comparable(raw: str) -> str | None:
    """A name or a line of an address, to compare: no case, accents, punctuation or spacing, and
    no letters that keyboards elsewhere lack.
    """
    text = unaccented(raw)
    return text.translate(LETTERS) if text and not text.isascii() else text


def unaccented(raw: str) -> str | None:
    """The same with every letter: by it names were listed until `NORMALISER` was 2."""
    text = _clean(raw, LONGEST)
    if text is None:
        return None
    folded = text.casefold()
    if folded.isascii():
        return " ".join(NO_WORD.sub(" ", folded).split()) or None
    # what was spread may have a case again, and parts again
    spread = unicodedata.normalize("NFKD", folded).casefold()
    kept = "".join(c for c in unicodedata.normalize("NFKD", spread) if not _is_accent(c))
    words = "".join(c if _is_letter(c) else " " for c in kept).split()
    return " ".join(words) or None


def _is_accent(character: str) -> bool:
    """What is written above, below or into a letter that it does not change, or not at all: vowel
    points of Hebrew and Arabic too, but neither vowels of Indic scripts nor voiced kana.
    """
    if character.isascii():
        return False
    order = unicodedata.combining(character)
    points = POINTS[0] <= order <= POINTS[1]
    return points or order >= ACCENTS or unicodedata.category(character) == "Cf"


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def postcode(raw: str) -> str | None:
    """A postcode without case, spaces or hyphens."""
    text = comparable(raw)
    return text.replace(" ", "").upper() if text else None


def address(street: str, code: str, country: str) -> Identifier | None:
    """A postal address, when street, postcode and country are all known."""
    parts = comparable(street), postcode(code), comparable(country)
    if not all(parts):
        return None
    return Identifier(type="address", value="|".join(part for part in parts if part)[:LONGEST])


def _clean(raw: str, longest: int) -> str | None:
    """Trimmed; None when empty, too long or with control or unassigned characters inside."""
    if len(raw) > longest + 64:
        return None
    text = raw.strip()
    if not text or len(text) > longest:
        return None
    if not text.isascii():
        bad = any(unicodedata.category(c) in {"Cc", "Cs", "Cn", "Co"} for c in text)
    else:
        bad = not text.isprintable()
    return None if bad else text


def _plain_address(text: str) -> bool:
    if len(text) > EMAIL_LONGEST or not FAST_EMAIL.fullmatch(text):
        return False
    if len(text) <= LOCAL_LONGEST:
        return True
    local, _, domain = text.partition("@")
    longest = max(len(label) for label in domain.split("."))
    return len(local) <= LOCAL_LONGEST and longest <= LABEL_LONGEST


def _library_email(text: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    local = unicodedata.normalize("NFC", found.local_part.lower())
    return f"{local}@{found.ascii_domain.lower()}"


def _hint(country: str | None) -> str | None:
    code = country.strip().upper() if country else None
    return COUNTRIES.get(code, code) if code else None


def _plain_number(text: str, hint: str | None) -> str | None:
    if not FAST_PHONE.fullmatch(text):
        return None
    digits = text.translate(PUNCTUATION)
    if not digits.startswith("+"):
        return _plain_national(digits, hint)
    return digits if FAST_E164.fullmatch(digits) else None


def _plain_national(digits: str, hint: str | None) -> str | None:
    found = FAST_NATIONAL.get(hint or "")
    if not found or not digits.startswith(found[1]):
        return None
    value = found[0] + digits.removeprefix(found[1])
    return value if FAST_E164.fullmatch(value) else None


def _library_phone(text: str, hint: str | None) -> str | None:
    import phonenumbers as library  # noqa: PLC0415

    try:
        number = library.parse(text, hint if hint in library.SUPPORTED_REGIONS else None)
    except library.NumberParseException:
        return None
    reason = library.is_possible_number_with_reason(number)
    if reason != library.ValidationResult.IS_POSSIBLE:
        return None
    short = len(library.national_significant_number(number)) < PHONE_SHORTEST
    if short and not library.is_valid_number(number):
        return None
    value = library.format_number(number, library.PhoneNumberFormat.E164)
    return f"{value};ext={number.extension}" if number.extension else value
