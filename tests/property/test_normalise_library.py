"""Fast paths and all: the same as the libraries, value by value.

Bounded by default; NORMALISE_VALUES=100000 in the environment runs all of it (three minutes).
"""

import os
import unicodedata
from random import Random

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from rules import normalise

VALUES = int(os.environ.get("NORMALISE_VALUES", "6000"))
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FAST = sorted(normalise.FAST_NATIONAL)
LOCALS = ("ada", "ben.cem", "o'hara", "Dora_9", "a+shop", "müller", "x" * 64, "y" * 65, "a..b", "")
DOMAINS = (
    "example.com", "Example.ORG", "mail.example.net", "bücher.example", "xn--bcher-kva.example",
    "ex_ample.com", "-a.de", "a-.de", "a--b.de", "ab--c.de", "localhost", "example", "a.b.c.co.uk",
    "example.com.", "1.io", "z" * 63 + ".eu", "z" * 64 + ".eu", "[127.0.0.1]", "STRASSE.de",
)  # fmt: skip
NOISE = "abzAZ019.-_+@ü '\"()<>,;:\u200b"
SEPARATORS = (" ", "-", ".", "/", "(", ")", "")
TAILS = ("", "", "", " ext. 12", " x9", ";ext=7", "#3", " abc", " / 5")


def library_email(raw: str) -> str | None:
    try:
        found = validate_email(raw.strip(), check_deliverability=False)
    except EmailNotValidError:
        return None
    return unicodedata.normalize("NFC", found.local_part.lower()) + "@" + found.ascii_domain


def library_phone(raw: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(raw, region)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return value + (f";ext={number.extension}" if number.extension else "")


def an_address(random: Random) -> str:
    local = random.choice((*LOCALS, *(f"user{random.randint(0, 999)}" for _ in range(12))))
    value = f"{local}@{random.choice(DOMAINS)}"
    if random.random() < 0.3:
        at = random.randrange(len(value))
        value = value[:at] + random.choice(NOISE) + value[at + random.randint(0, 1) :]
    return value.swapcase() if random.random() < 0.1 else value


def a_number(random: Random) -> tuple[str, str | None]:
    region = random.choice((*REGIONS, *FAST * 8))
    example = phonenumbers.example_number(region)
    assert example is not None
    digits = str(example.national_number)
    changed = "".join(random.choice("0123456789") if random.random() < 0.4 else d for d in digits)
    changed = changed[: random.choice((None, None, None, -1, 5))]
    prefix = random.choice((f"+{example.country_code}", f"00{example.country_code}", "0", "", "+"))
    value = prefix + "".join(
        d + (random.choice(SEPARATORS) if random.random() < 0.2 else "") for d in changed
    )
    hint = random.choice((region, region, None, "US"))
    return value + random.choice(TAILS), hint


def test_addresses_come_out_as_the_library_has_them() -> None:
    random = Random(1)
    for value in (an_address(random) for _ in range(VALUES)):
        found = normalise.email(value)
        assert (found.value if found else None) == library_email(value), value


def test_numbers_come_out_as_the_library_has_them() -> None:
    random = Random(2)
    for value, region in (a_number(random) for _ in range(VALUES)):
        found = normalise.phone(value, region)
        assert (found.value if found else None) == library_phone(value, region), (value, region)


@pytest.mark.parametrize("region", FAST)
def test_a_number_comes_out_as_the_library_has_it_whatever_it_begins_with(region: str) -> None:
    """What the library knows of areas and prefixes is in the first digits."""
    random, (_, trunk) = Random(region), normalise.FAST_NATIONAL[region]
    taken = 0
    for begin in range(100, 1000):
        tail = "".join(random.choices("0123456789", k=random.randint(4, 9)))
        value = f"{trunk}{begin}{random.choice(SEPARATORS)}{tail}"
        found = normalise._plain_number(value, region)
        taken += found is not None
        assert found in {None, library_phone(value, region)}, value
    assert taken > 50, "the fast path takes too few for their agreement to say anything"


def test_an_address_that_came_out_comes_out_the_same_again() -> None:
    random = Random(3)
    for found in (normalise.email(an_address(random)) for _ in range(VALUES // 5)):
        assert found is None or normalise.email(found.value) == found


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_of_each_country_comes_out_the_same_again(region: str) -> None:
    """Not so for numbers with stray zeros: the library itself strips one each time."""
    example = phonenumbers.example_number(region)
    assert example is not None
    for style in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966):
        found = normalise.phone(phonenumbers.format_number(example, style), region)
        assert found
        assert normalise.phone(found.value, None) == found


def test_the_fast_paths_take_most_well_formed_values() -> None:
    """Else their agreement above would say nothing."""
    assert normalise._plain_address("ada.byron+shop@mail.example.co.uk")
    assert normalise._plain_number("+1 202-555-0143", None) == "+12025550143"
    assert normalise._plain_number("(202) 555.0143", "US") == "+12025550143"
    assert normalise._plain_number("07700 900 123", "GB") == "+447700900123"
    assert normalise._plain_number("+49 30 23125 123", None) == "+493023125123"
    assert normalise._plain_number("030 / 23125-123", "DE") == "+493023125123"
    assert normalise._plain_number("612 34 56 78", "ES") == "+34612345678"
