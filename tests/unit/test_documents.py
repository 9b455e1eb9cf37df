"""The two files a company writes: an error names the file, the line, and what to write instead."""

from pathlib import Path

import pytest

from schemas import documents
from tests.fakes.documents import POLICY, ROOT, SLUICE, line_of, problems, refused, slipped


def test_given_the_shipped_files_then_they_fit_each_other() -> None:
    config = documents.config(ROOT / "sluice.yaml")
    policy = documents.policy(ROOT / "policy.yaml")
    assert documents.together(config, policy, ROOT / "policy.yaml") == ()


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        ("schedule: rate(15 minutes)", "schedule: hourly", "Write rate(15 minutes)."),
        ("schedule: rate(15 minutes)", "schedule: rate(0 minutes)", "Write rate(15 minutes)."),
        ("schedule: rate(15 minutes)", "schedule: rate(1 minutes)", "Write rate(15 minutes)."),
        ("    mode: shadow", "    mode: shady", "Write shadow."),
        ("    mode: shadow", "    mode: true", "Write one of: shadow, live."),
        ("country: US", "contry: US", "Write country."),
        ("country: US", "country: NO", 'NO is not read as text. Write "NO", in quotes.'),
        ("country: US", "country: XX", '"XX" is no country. Write the two capitals of ISO 3166'),
        ("country: US", "country: UK", "Write GB."),
        ("company: Lumen & Loom", "company: 12", 'Write "12", in quotes.'),
        ("    connector: zendesk", "    conector: zendesk", "Write connector."),
        ("base_url: http", "base_url: ftp", "Write https://..."),
        ("127.0.0.1:41990/zendesk ", "vendor:notaport ", "a number as port"),
        ("base_url: http://127.0.0.1:41990/zendesk ", "base_url: https:///x ", "no host"),
        ("  zendesk:\n", "  Zen desk:\n", "Write lower-case letters and -"),
    ],
)
def test_given_a_slip_then_its_line_and_the_remedy_are_named(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = slipped(SLUICE, right, wrong)
    found = problems(documents.config, tmp_path / "sluice.yaml", text)
    place = f"sluice.yaml:{line_of(text, wrong.strip())}  "
    assert any(each.startswith(place) and said in each for each in found), found


@pytest.mark.parametrize(
    "wrong, said",
    [
        ("unique:", "this must be yes or no. Write true or false, without quotes."),
        ('unique: "no"', "this must be yes or no. Write true or false, without quotes."),
        ("unique: 0", "this must be yes or no. Write true or false, without quotes."),
        ("uniq: false", '"uniq" is not known here. Write unique.'),
    ],
)
def test_given_a_slip_about_what_is_unique_then_it_is_told(
    tmp_path: Path, wrong: str, said: str
) -> None:
    text = slipped(POLICY, "      limit: 4\n", f"      limit: 4\n      {wrong}\n")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    assert found.startswith(f"policy.yaml:{line_of(text, wrong)}  ")
    assert found.endswith(said)


def test_given_an_own_id_without_its_level_then_the_level_that_it_has_is_named(
    tmp_path: Path,
) -> None:
    text = slipped(POLICY, "  scope_cap", "    mailchimp:member: {unique: false}\n  scope_cap")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    assert found.endswith('"level" is missing. Write level: 0 below it.')


def test_given_one_slip_then_there_is_one_line(tmp_path: Path) -> None:
    text = slipped(POLICY, "fields: [email, first_name", "fields: [email, fist_name")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    place = f"policy.yaml:{line_of(text, 'fist_name')}  destinations.mailchimp.fields: "
    assert found == f'{place}"fist_name" is not known here. Write first_name.'


def test_given_a_system_twice_then_the_line_of_the_repeat_is_named(tmp_path: Path) -> None:
    again = "  zendesk:\n    connector: zendesk\n    base_url: https://x.example\n"
    text = slipped(SLUICE, "\ndestinations:", f"{again}\ndestinations:")
    (found,) = problems(documents.config, tmp_path / "sluice.yaml", text)
    first = line_of(text, "  zendesk:")
    repeat = line_of(text, f"{again}\ndestinations:")
    assert repeat > first
    assert found == (
        f"sluice.yaml:{repeat}  sources.zendesk: this stands twice, first on line {first}. "
        "Write it once."
    )


@pytest.mark.parametrize(
    "line", ["    purpose: analytics\n", "  mailchimp: {purpose: analytics}\n"]
)
def test_given_a_rule_twice_then_it_is_not_the_last_that_wins(tmp_path: Path, line: str) -> None:
    text = slipped(POLICY, "  hubspot:\n    purpose", f"{line}  hubspot:\n    purpose")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    repeat = line_of(text, line)
    assert found.startswith(f"policy.yaml:{repeat}  destinations.mailchimp")
    assert "stands twice" in found


@pytest.mark.parametrize(
    "raw,said",
    [
        (b"", "1  the file is empty. Write company:, sources: and the rest."),
        (b"# nothing\n", "1  the file is empty. Write company:, sources: and the rest."),
        (b"- a\n", "1  names and values must stand below it. Write name: value"),
        (b"company: x\nsources:\n", "2  sources: names and values must stand below it."),
        (
            b"company: a\ncountry: \x00\n",
            "2  this line has the character U+0000. Write it without.",
        ),
        (b"company: a\ncountry: \xff\n", "2  this line is not UTF-8. Write the file as UTF-8"),
        (b"company: a\n\tcountry: US\n", "2  a tab indents this line. Write spaces instead."),
        (b"company: &a [*a]\n", "1  a value in it cannot be read, or holds itself. Write"),
        (b"company: 2026-13-45\n", "1  a value in it cannot be read, or holds itself. Write"),
        (b"? [a]\n: b\n", "1  this is not YAML: found unhashable key. Write"),
    ],
)
def test_given_what_is_no_such_file_then_it_says_so_and_what_to_write(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    (found,) = problems(documents.config, tmp_path / "sluice.yaml", raw)
    assert found.startswith(f"sluice.yaml:{said}")


def test_given_several_that_are_missing_then_each_has_its_line(tmp_path: Path) -> None:
    text = "company: x\nsources:\n  a: {}\n"
    found = problems(documents.config, tmp_path / "sluice.yaml", text)
    assert found == [
        'sluice.yaml:3  sources.a: "connector" is missing. Write connector: ... below it.',
        'sluice.yaml:3  sources.a: "base_url" is missing. Write base_url: https://... below it.',
    ]


def test_given_no_yaml_then_the_line_is_named(tmp_path: Path) -> None:
    (found,) = problems(
        documents.config, tmp_path / "sluice.yaml", "company: 'Lumen\nsources: {}\n"
    )
    assert "this is not YAML" in found


def test_given_no_file_then_it_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(documents.Invalid, match=r"there is no sluice\.yaml here"):
        documents.config(tmp_path / "sluice.yaml")


def test_given_a_purpose_that_is_not_defined_then_the_known_ones_are_named(tmp_path: Path) -> None:
    text = slipped(POLICY, "purpose: email_marketing", "purpose: email_marketting")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    place = line_of(text, "purpose: email_marketting")
    assert found.startswith(f"policy.yaml:{place}  ")
    assert "Write email_marketing." in found


def test_given_a_pattern_that_does_not_compile_then_its_line_is_named(tmp_path: Path) -> None:
    text = slipped(POLICY, "- '(no", "- '(unclosed'\n        - '(no")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    assert found.startswith(f"policy.yaml:{line_of(text, '(unclosed')}  ")
    assert "this pattern does not compile" in found


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        ("purposes: [customer_care]", "purposes: [customer_car]", "Write customer_care."),
        (
            "    fields: []",
            "    fields: [emial]",
            '"emial" is no field of a customer. Write email.',
        ),
        ("    phone:\n      level", "    fone:\n      level", "Write phone."),
        (
            "    phone:\n      level",
            "    loyalty:\n      level",
            "Write email, phone, parts joined",
        ),
        ("    phone:\n      level", "    phone+sirname:\n      level", "Write surname."),
        ("  quarantine:", "  quarantin:", "Write quarantine."),
        ("- '(no", "- '(a+)+$'\n        - '(no", "may try over a million ways"),
        ("basis: contract, title", "basis: contrct, title", "Write contract."),
    ],
)
def test_given_a_name_that_stands_for_nothing_then_its_line_and_the_remedy_are_named(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    refused(tmp_path / "policy.yaml", right, wrong, said)


@pytest.mark.parametrize("type_", ["phone+surname", "email+postcode", "shopify-eu:customer"])
def test_given_a_type_that_records_claim_then_it_may_have_a_rule(
    tmp_path: Path, type_: str
) -> None:
    path = tmp_path / "policy.yaml"
    text = slipped(POLICY, "    phone:\n      level: 2", f"    {type_}:\n      level: 0")
    path.write_text(text)
    assert type_ in documents.policy(path).identity.types


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        ("trust: [shopify-eu", "trust: [shopfy-eu", "Write shopify-eu."),
        (
            "    phone:\n      level: 2",
            "    shop:customer:\n      level: 0",
            '"shop" is no source',
        ),
    ],
)
def test_given_a_source_that_there_is_not_then_the_line_of_the_policy_is_named(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text := slipped(POLICY, right, wrong))
    config = documents.config(ROOT / "sluice.yaml")
    (found,) = documents.together(config, documents.policy(path), path)
    assert found.line == line_of(text, wrong)
    assert said in found.text


def test_given_a_destination_without_a_rule_then_nothing_may_leave_and_it_is_said() -> None:
    config = documents.config(ROOT / "sluice.yaml")
    policy = documents.policy(ROOT / "policy.yaml")
    fewer = policy.model_copy(
        update={"destinations": {"elsewhere": policy.destinations["hubspot"]}}
    )
    said = [each.text for each in documents.together(config, fewer, ROOT / "policy.yaml")]
    assert sum("has no rule here" in each for each in said) == len(config.destinations)
    assert any("is no destination of sluice.yaml" in each for each in said)
