"""Reading lenient things: times, money, numbers by country, forms, who nobody is."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from connectors import records
from connectors.contract import Json
from connectors.countries import country_code
from connectors.forms import form
from connectors.paging import path, size
from rules.subjects import anonymous
from schemas.config import Config, Source
from schemas.errors import BadRecord, Misconfigured
from schemas.identifiers import Claim, Identifier
from schemas.observation import Record

NINE = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-01T09:30:00Z",
        "2026-11-01T10:30:00+01:00",
        "2026-11-01 09:30:00",
        1_793_525_400_000,
        " 2026-11-01T09:30:00.000Z ",
    ],
)
def test_one_moment_has_many_spellings(value: Json) -> None:
    assert records.moment(value) == NINE
    assert records.moment("1793525400000") == NINE


@pytest.mark.parametrize("value", [None, "", "yesterday", True, 10**30, "9" * 30, [], "٣"])
def test_what_is_no_time_is_none(value: Json) -> None:
    assert records.moment(value) is None


def test_versions_sort_as_their_times_do() -> None:
    times = ["2026-11-01T09:30:00Z", "2026-11-01T09:30:00.5Z", "2026-11-01T10:31:00+01:00"]
    versions = [records.version(records.needed(one, "time")) for one in times]
    assert versions == sorted(versions)
    assert len({len(one) for one in versions}) == 1


@pytest.mark.parametrize(
    "amount,currency,minor",
    [
        ("12.40", "EUR", 1240),
        ("12.4", "eur", 1240),
        (12, "USD", 1200),
        ("1240", "JPY", 1240),
        ("1.2345", "KWD", 1234),
        ("-3.50", "GBP", -350),
        ("0.125", "USD", 12),
    ],
)
def test_money_is_whole_minor_units_of_its_currency(
    amount: Json, currency: str, minor: int
) -> None:
    found = records.money(amount, currency)
    assert found is not None
    assert (found.minor, found.currency) == (minor, currency.upper())


@pytest.mark.parametrize(
    "amount,currency",
    [("NaN", "EUR"), ("1e99", "EUR"), ("", "EUR"), (None, "EUR"), ("1", ""), ("1", "EURO X")],
)
def test_what_is_no_amount_is_none(amount: Json, currency: str) -> None:
    assert records.money(amount, currency) is None


@pytest.mark.parametrize(
    "raw,code",
    [
        ("de", "DE"),
        ("Germany", "DE"),
        ("Österreich", "AT"),
        ("United States of America", "US"),
        ("UK", "GB"),
        (" GB", "GB"),
        (" United Kingdom ", "GB"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_code_or_name(raw: str, code: str | None) -> None:
    assert country_code(raw) == code


def test_a_form_nests_by_its_keys_and_the_last_value_counts() -> None:
    found = form(b"type=x&data[merges][EMAIL]=a%40example.com&data[id]=1&data[id]=2&odd]=3")
    assert found == {
        "type": "x",
        "data": {"merges": {"EMAIL": "a@example.com"}, "id": "2"},
        "odd": "3",
    }


@pytest.mark.parametrize("body", [b"\xff", b"&".join(b"a=1" for _ in range(1000))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BadRecord):
        form(body)


def test_what_is_read_in_one_pass_is_held_to_its_model() -> None:
    found = records.email(" Ada@Example.com")
    assert found == Claim(
        identifier=Identifier(type="email", value="ada@example.com"), raw=" Ada@Example.com"
    )
    assert records.record("order", "7", NINE, NINE) == Record(
        kind="order", id="7", version="2026-11-01T09:30:00.000000+00:00", occurred_at=NINE
    )
    with pytest.raises(ValidationError):
        records.record("Order!", "7", NINE, NINE)
    with pytest.raises(ValidationError):
        Claim.of({"identifier": {"type": "email", "value": ""}, "raw": ""})


def claim(kind: str, value: str) -> Claim:
    return Claim(identifier=Identifier(type=kind, value=value), raw=value.upper())


def test_the_same_set_of_identifiers_is_the_same_subject_in_any_order() -> None:
    email, phone = claim("email", "ada@example.com"), claim("phone", "+12025550143")
    found = anonymous("shop", [email, phone])
    assert found == anonymous("shop", [phone, email, phone])
    assert found != anonymous("shop", [email])
    assert found != anonymous("other", [email, phone])
    assert found.created_at is None
    assert "ada" not in found.key
    assert found.id == "565c5abc7dff4361b38f8ca9985f7a0b6bed864315963ff778bfc5bc396b3bba"


def test_a_separator_inside_a_value_makes_no_other_set_equal() -> None:
    one = anonymous("shop", [claim("email", 'a"],["phone","b')])
    assert one != anonymous("shop", [claim("email", "a"), claim("phone", "b")])


def test_no_identifier_is_nobody() -> None:
    with pytest.raises(BadRecord, match="names nobody"):
        anonymous("shop", [])


def system(**settings: Json) -> Source:
    return Source(connector="x", base_url="https://v.example/api/v2", settings=settings)


def test_a_base_url_may_hold_the_vendors_prefix_or_leave_it_out() -> None:
    assert path(system(), "/api/v2", "/users") == "/users"
    bare = system().model_copy(update={"base_url": "https://v.example"})
    assert path(bare, "/api/v2", "/users") == "/api/v2/users"


def test_a_page_size_that_is_none_is_for_a_person() -> None:
    for wrong in (0, "many", -1):
        with pytest.raises(Misconfigured, match="page_size"):
            size(system(page_size=wrong), "page_size", 50)


def test_a_source_reads_numbers_by_the_companys_country_unless_it_has_its_own() -> None:
    source = {"connector": "shopify", "base_url": "https://v.example"}
    found = Config.model_validate(
        {
            "company": "Lumen",
            "country": "DE",
            "sources": {"a": source, "b": {**source, "settings": {"country": "GB"}}},
        }
    )
    assert [one.settings["country"] for one in found.sources.values()] == ["DE", "GB"]
    again = Config.model_validate_json(found.model_dump_json())
    assert again == found
