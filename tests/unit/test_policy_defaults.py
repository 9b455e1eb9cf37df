"""What the shipped policy takes for nobody's: many strangers write it into the same field."""

import pytest
import yaml

from rules import normalise
from rules.identity import is_junk
from schemas.identifiers import Identifier
from schemas.policy import Policy
from tests.fakes.documents import POLICY

RULES = Policy.model_validate(yaml.safe_load(POLICY)).identity
NOBODYS = (
    "noreply@example.com", "no-reply@example.com", "no_reply@example.com", "no.reply@example.com",
    "noreply+42@example.com", "do_not_reply@example.com", "donotreply@example.com",
    "noemail@example.com", "no-mail@example.com", "no.e-mail@example.com",
    "test@example.com", "test1@example.com", "null@example.com", "asdf@example.com",
    "x@x.com", "a@a.de", "aaa@aaa.com", "xxx@example.com", "asdf@asdf.com", "none@none.com",
    "info@example.com", "office@example.com", "sales@example.com", "kontakt@example.com",
    "postmaster@example.com", "mailer-daemon@example.com",
)  # fmt: skip
SOMEBODYS = (
    "ada@example.com", "a@example.com", "ada@ada.example", "abc@example.com", "infora@example.com",
    "tester@example.com", "j.null@example.com", "testa@example.com", "ada+info@example.com",
    "anna@anna.example", "dora-sales@example.com", "lee@example.com", "renato@example.com",
    "naomi@example.com", "guestina@example.com", "bobby@example.com", "noa.mailer@example.com",
)  # fmt: skip
DIGITS = (
    "0000", "00000", "000000", "0000000", "1234", "12345", "123456", "1234567", "12345678",
    "123456789", "0123456789", "111111", "1111111", "11111111", "0111111111", "999999", "9999999",
    "99999999", "999999999", "0987654321", "987654321", "110", "112", "116117",
)  # fmt: skip
LINKS = (
    "+12025550143", "+447700900123", "+493023125123", "+33199001234", "+4620790123",
    "+31201234568", "+32455501234", "+441632960123", "+12345678902", "+491512345670",
    "+4930111111", "+861088888888", "+50051234",
)  # fmt: skip


@pytest.mark.parametrize("address", NOBODYS)
def test_an_address_that_many_strangers_give_joins_nobody(address: str) -> None:
    found = normalise.email(address)
    assert found
    assert is_junk(found, RULES)


@pytest.mark.parametrize("address", SOMEBODYS)
def test_an_address_of_somebody_joins(address: str) -> None:
    assert not is_junk(Identifier(type="email", value=address), RULES)


@pytest.mark.parametrize("country", [*sorted(normalise.FAST_NATIONAL), "AT", "IT"])
def test_digits_that_are_typed_to_get_past_a_form_join_nobody(country: str) -> None:
    found = [normalise.phone(digits, country) for digits in DIGITS]
    assert [each.value for each in found if each and not is_junk(each, RULES)] == []


@pytest.mark.parametrize("number", ["+15555555555", "+12345678901", "+441234567890"])
def test_nor_does_the_number_that_every_example_has(number: str) -> None:
    assert is_junk(Identifier(type="phone", value=number), RULES)


@pytest.mark.parametrize("number", LINKS)
def test_a_number_of_somebody_joins(number: str) -> None:
    assert not is_junk(Identifier(type="phone", value=number), RULES)
