"""What identifies, from what people type."""

import string
import subprocess
import sys

import pytest

from rules import normalise


@pytest.mark.parametrize(
    "raw, value",
    [
        (" Ada@Example.COM\n", "ada@example.com"),
        ("ada+shop@example.com", "ada+shop@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("A\u0308da@example.com", "äda@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(raw: str, value: str) -> None:
    found = normalise.email(raw)
    assert found
    assert (found.type, found.value) == ("email", value)


@pytest.mark.parametrize(
    "raw", ["", " ", "ada", "ada@localhost", "a@b@example.com", "ada\x00@example.com", "a" * 10_000]
)
def test_what_is_no_address_identifies_nobody(raw: str) -> None:
    assert normalise.email(raw) is None


@pytest.mark.parametrize(
    "raw, country, value",
    [
        ("+1 (202) 555-0143", None, "+12025550143"),
        ("202-555-0143", "US", "+12025550143"),
        ("07700 900123", "GB", "+447700900123"),
        ("0044 7700 900123", "DE", "+447700900123"),
        ("030 23125 123", "de", "+493023125123"),
        ("1-202-JKL-0143", "US", "+12025550143"),
        ("07700 900123", "UK", "+447700900123"),
        ("07700 900123", " gb ", "+447700900123"),
        ("+1 202 555 0143 ext. 12", None, "+12025550143;ext=12"),
        ("\uff0b\uff11 202 555 0143", None, "+12025550143"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(
    raw: str, country: str | None, value: str
) -> None:
    found = normalise.phone(raw, country)
    assert found
    assert (found.type, found.value) == ("phone", value)


@pytest.mark.parametrize(
    "raw, country",
    [
        ("202-555-0143", None),
        ("202-555-0143", "XX"),
        ("555-0143", "US"),
        ("0000", "DE"),
        ("000000", "DE"),
        ("1234", "DE"),
        ("123456", "DE"),
        ("111111", "DE"),
        ("116117", "DE"),
        ("+49116117", None),
        ("anonymous", "US"),
        ("+1 202 555 0143 or 0144", "US"),
        ("+1202555\x070143", None),
        ("1" * 10_000, "US"),
    ],
)
def test_what_is_no_whole_number_identifies_nobody(raw: str, country: str | None) -> None:
    assert normalise.phone(raw, country) is None


def test_names_compare_without_case_accents_and_punctuation() -> None:
    assert normalise.comparable(" MÜLLER-Lüdenscheidt ") == normalise.comparable(
        "muller  ludenscheidt"
    )
    assert normalise.name("  Ada   A\u0308byron ") == "Ada Äbyron"
    assert normalise.name("Ada\x1b[31m") is None


@pytest.mark.parametrize("sign", sorted(set(string.printable) - set("\t\n\r\x0b\x0c")))
def test_every_plain_sign_but_letters_and_digits_parts_words(sign: str) -> None:
    kept = sign.lower() if sign.isalnum() else " "
    assert normalise.comparable(f"a{sign}B") == f"a{kept}b"


@pytest.mark.parametrize(
    "one, other",
    [
        pytest.param("\u0915\u093f", "\u0915\u093e", id="Hindi vowels"),
        pytest.param("\u0e01\u0e34", "\u0e01\u0e35", id="Thai vowels"),
        pytest.param("\u0e21\u0e48", "\u0e21\u0e49", id="Thai tones"),
        pytest.param("\u304b\u304d", "\u304c\u304d", id="voiced kana"),
        pytest.param("\u0ba8\u0bbf", "\u0ba8\u0bc0", id="Tamil vowels"),
    ],
)
def test_signs_that_make_another_name_of_it_stay(one: str, other: str) -> None:
    assert normalise.comparable(one) != normalise.comparable(other)


@pytest.mark.parametrize(
    "one, other",
    [
        pytest.param(
            "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
            "\u05e9\u05dc\u05d5\u05dd",
            id="Hebrew points",
        ),
        pytest.param(
            "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
            "\u0645\u062d\u0645\u062f",
            id="Arabic points",
        ),
        pytest.param("Ale\u0301n", "alen", id="accents"),
        pytest.param("Gro\u00adsse", "grosse", id="soft hyphens"),
        pytest.param("\U0001d4d0da", "ada", id="letters of mathematics"),
        pytest.param("Y\u0131ld\u0131z", "YILDIZ", id="Turkish"),
        pytest.param("\u0130nce", "ince", id="Turkish capitals"),
        pytest.param("\u0141ukasz", "Lukasz", id="Polish"),
        pytest.param("\u00d8ster-\u00c6gir", "oster aegir", id="Danish"),
        pytest.param("\u0110or\u0111e", "Dorde", id="Serbian"),
        pytest.param("\u00de\u00f3r\u00f0ur", "Thordur", id="Icelandic"),
        pytest.param("C\u0152UR", "coeur", id="French"),
        pytest.param("\u01fe", "o", id="both at once"),
    ],
)
def test_signs_that_many_leave_out_do_not_count(one: str, other: str) -> None:
    assert normalise.comparable(one) == normalise.comparable(other)


def test_what_is_comparable_compares_the_same_again() -> None:
    for number in range(0x20, 0x30000):
        if not 0xD800 <= number < 0xE000:
            found = normalise.comparable(f"a{chr(number)}b")
            assert found is None or normalise.comparable(found) == found, hex(number)


def test_an_address_needs_street_postcode_and_country() -> None:
    one = normalise.address("Große Str. 1", "10 115", "DE")
    assert one == normalise.address("GROSSE STR 1", "10115", "de")
    assert normalise.address("Große Str. 1", "", "DE") is None


def test_an_id_belongs_to_its_source_and_kind_of_object() -> None:
    assert normalise.external("shop-eu", "customer", " 42 ") != normalise.external(
        "shop-us", "customer", "42"
    )
    assert normalise.external("shop-eu", "customer", " ") is None


def test_well_formed_values_load_no_library() -> None:
    """Their import would cost each cold start about 0.4 s."""
    code = (
        "import sys; from rules import normalise as n; n.email('ada@example.com');"
        "n.phone('+12025550143', None); n.phone('07700 900123', 'GB');"
        "print([m for m in ('phonenumbers', 'email_validator') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
