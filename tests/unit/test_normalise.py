"""What identifies, from what people type."""

import subprocess
import sys
import unicodedata

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


@pytest.mark.parametrize(
    "raw", ["Rue_de l'Église, 7", "STRASSE", "straße", "\u212a-9\u2160", "\u00b2", "Ά"]
)
def test_each_character_counts_by_itself_when_names_are_compared(raw: str) -> None:
    spread = unicodedata.normalize("NFKD", raw.casefold())
    letters = [c for c in spread if not unicodedata.combining(c)]
    plainly = "".join(c if c.isalnum() else " " for c in letters).split()
    assert normalise.comparable(raw) == " ".join(plainly)


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
