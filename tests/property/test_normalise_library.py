"""Fast paths and all: the same as the libraries, value by value.

A hundred thousand of each, well-formed, nearly so, and strange in the ways that people are.
"""

import unicodedata
from random import Random

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from rules import normalise

VALUES = 100_000
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FAST = sorted(normalise.FAST_NATIONAL)
LOCALS = (
    "ada", "ben.cem", "o'hara", "Dora_9", "a+shop", "müller", "x" * 64, "y" * 65, "a..b", "",
    "A\u0308da", "\u0130da", "\u03a3\u0391\u03a3", "\u1e9e", "\u212aim", "\uff41\uff44\uff41",
    '"ada b"', "ada(office)", "\u0430\u0434a", ".a", "a.",
)  # fmt: skip
DOMAINS = (
    "example.com", "Example.ORG", "mail.example.net", "bücher.example", "xn--bcher-kva.example",
    "ex_ample.com", "-a.de", "a-.de", "a--b.de", "ab--c.de", "localhost", "example", "a.b.c.co.uk",
    "example.com.", "1.io", "z" * 63 + ".eu", "z" * 64 + ".eu", "[127.0.0.1]", "STRASSE.de",
    "BÜCHER.example", "XN--BCHER-KVA.example", "straße.de", "example\u3002com", "\uff45xample.de",
    "\u041f\u0420\u0418\u041c\u0415\u0420.\u0440\u0444", "faß.de", "exa\u00admple.com", "xn--a.de",
    "xn--.de", "1.2.3.4", "example.com..", "(c)example.de",
)  # fmt: skip
NOISE = "abzAZ019.-_+@ü '\"()<>,;:\u200b\u00a0\u00ad\ufeff\u202e\t\u0130ß\uff20"
SEPARATORS = (
    " ",
    "-",
    ".",
    "/",
    "(",
    ")",
    "",
    "\u00a0",
    "\u2011",
    "\u2013",
    "\u200b",
    "(0)",
    " (0) ",
)
TAILS = (
    "", "", "", "", " ext. 12", " x9", "x123", ";ext=7", "#3", " abc", " / 5", ",,44",
    " extension 7", " x", "#",
    " \u0434\u043e\u0431. 5", ";isub=1", ";phone-context=+1", " ext 12345678", "\u202c",
)  # fmt: skip
LEADS = ("", "", "", "", "tel:", "TEL:+", "Tel. ", "\u202a", "(", "'", "++", "sip:", "=")
SCRIPTS = (
    "0123456789",
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669",
    "\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9",
)
SHORTEST = 7
"""National digits; of fewer, only numbers of a plan that has such are anybody's."""
VANITY = ("", "FLOWERS", "jkl", "ABCDEFG")


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
    national = phonenumbers.national_significant_number(number)
    if len(national) < SHORTEST and not phonenumbers.is_valid_number(number):
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


def a_plain_address(random: Random) -> str:
    """Nearly all that people type: letters, digits and a few signs."""
    local = "".join(random.choice("abcz09._+-") for _ in range(random.choice((3, 8, 12, 64))))
    labels = ("".join(random.choice("abz09-") for _ in range(random.choice((1, 4, 9, 63)))),) * 2
    domain = ".".join((*labels[: random.randint(1, 2)], random.choice(("com", "de", "uk", "xy"))))
    return f"{local}@{domain}"


def a_number(random: Random) -> tuple[str, str | None]:
    """A number near one that exists, with whatever is written around and inside numbers."""
    value, region = a_plain_number(random)
    if random.random() < 0.5:
        return value, region
    strange = (d + (random.choice(SEPARATORS) if random.random() < 0.2 else "") for d in value)
    value = "".join(strange)
    if random.random() < 0.2:
        script = random.choice(SCRIPTS)
        value = value.translate(dict(zip(map(ord, SCRIPTS[0]), script, strict=True)))
    if random.random() < 0.1:
        value = value[: random.randrange(len(value) + 1)] + random.choice(VANITY)
    return random.choice(LEADS) + value + random.choice(TAILS), region


def a_plain_number(random: Random) -> tuple[str, str | None]:
    """Digits with usual signs between them, some too many, too few or other than they are."""
    region = random.choice((*REGIONS, *FAST * 8))
    example = phonenumbers.example_number(region)
    assert example is not None
    digits = str(example.national_number)
    if random.random() < 0.5:
        digits = "".join(
            random.choice("0123456789") if random.random() < 0.3 else digit for digit in digits
        )
    digits = digits[: random.choice((None, None, None, None, -1, 5))]
    code = example.country_code
    plus = f"+{code}"
    prefix = random.choice((plus, plus, plus, f"{plus} ", f"00{code}", "0", "", "+", f"{code}"))
    sign = random.choice(("", "", " ", "-", ".", "("))
    at = random.randrange(len(digits) + 1)
    hint = random.choice((region, region, None, "US", "XX"))
    return prefix + digits[:at] + sign + digits[at:], hint


def test_addresses_come_out_as_the_library_has_them() -> None:
    random = Random(1)
    kinds = (an_address, a_plain_address)
    for value in (random.choice(kinds)(random) for _ in range(VALUES)):
        found = normalise.email(value)
        assert (found.value if found else None) == library_email(value), value


def test_numbers_come_out_as_the_library_has_them() -> None:
    random = Random(2)
    for value, region in (a_number(random) for _ in range(VALUES)):
        found = normalise.phone(value, region)
        assert (found.value if found else None) == library_phone(value, region), (value, region)


@pytest.mark.parametrize("region", REGIONS)
def test_short_placeholders_and_service_numbers_are_nobodys(region: str) -> None:
    """Unless the plan of the country has numbers as short, and this is one of them."""
    for raw in (
        *("0" * n for n in range(1, 7)),
        *("1" * n for n in range(1, 7)),
        *("123456"[:n] for n in range(1, 7)),
        *("110", "112", "115", "911", "999", "0800", "1000", "99999", "116117", "118118"),
    ):
        found = normalise.phone(raw, region)
        if found:
            number = phonenumbers.parse(found.value)
            assert phonenumbers.is_valid_number(number), (raw, region)


@pytest.mark.parametrize("raw, region", [("51234", "FK"), ("4012", "NU"), ("312345", "AD")])
def test_a_short_number_of_a_small_country_is_somebodys(raw: str, region: str) -> None:
    assert normalise.phone(raw, region)


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
    for found in (normalise.email(an_address(random)) for _ in range(VALUES // 10)):
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
