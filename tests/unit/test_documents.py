"""The two files a company writes: an error names the file, the line, and what to write instead."""

from pathlib import Path

import pytest

from schemas import documents

ROOT = Path(documents.__file__).parent.parent
SLUICE = (ROOT / "sluice.yaml").read_text()
POLICY = (ROOT / "policy.yaml").read_text()


def lines(reader: object, path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(documents.Invalid) as caught:
        reader(path)  # type: ignore[operator]
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_given_the_shipped_files_then_they_fit_each_other() -> None:
    config = documents.config(ROOT / "sluice.yaml")
    policy = documents.policy(ROOT / "policy.yaml")
    assert documents.together(config, policy, ROOT / "policy.yaml") == ()


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        ("schedule: rate(15 minutes)", "schedule: hourly", "Write rate(15 minutes)."),
        ("    mode: shadow", "    mode: shady", "not one of 'shadow' or 'live'"),
        ("country: US", "contry: US", 'Write "country".'),
        ("    connector: zendesk", "    conector: zendesk", 'Write "connector".'),
        ("base_url: http", "base_url: ftp", "Write https://..."),
    ],
)
def test_given_a_slip_then_its_line_and_the_remedy_are_named(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = SLUICE.replace(right, wrong, 1)
    assert text != SLUICE
    found = lines(documents.config, tmp_path / "sluice.yaml", text)
    place = f"sluice.yaml:{line_of(text, wrong.strip())}  "
    assert any(each.startswith(place) and said in each for each in found), found


def test_given_no_yaml_then_the_line_is_named(tmp_path: Path) -> None:
    (found,) = lines(documents.config, tmp_path / "sluice.yaml", "company: 'Lumen\nsources: {}\n")
    assert "this is not YAML" in found


def test_given_no_file_then_it_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(documents.Invalid, match=r"there is no sluice\.yaml here"):
        documents.config(tmp_path / "sluice.yaml")


def test_given_an_empty_file_then_it_is_no_crash(tmp_path: Path) -> None:
    assert lines(documents.config, tmp_path / "sluice.yaml", "")


def test_given_a_purpose_that_is_not_defined_then_the_known_ones_are_named(tmp_path: Path) -> None:
    text = POLICY.replace("purpose: email_marketing", "purpose: email_marketting", 1)
    (found,) = lines(documents.policy, tmp_path / "policy.yaml", text)
    place = line_of(text, "purpose: email_marketting")
    assert found.startswith(f"policy.yaml:{place}  ")
    assert 'Write "email_marketing".' in found


def test_given_a_pattern_that_does_not_compile_then_its_line_is_named(tmp_path: Path) -> None:
    text = POLICY.replace("junk: [", "junk: ['(unclosed', ", 1)
    (found,) = lines(documents.policy, tmp_path / "policy.yaml", text)
    assert found.startswith(f"policy.yaml:{line_of(text, 'junk: [')}  ")
    assert "this pattern does not compile" in found


def test_given_a_destination_without_a_rule_then_nothing_may_leave_and_it_is_said() -> None:
    config = documents.config(ROOT / "sluice.yaml")
    policy = documents.policy(ROOT / "policy.yaml")
    fewer = policy.model_copy(
        update={"destinations": {"elsewhere": policy.destinations["hubspot"]}}
    )
    said = [each.text for each in documents.together(config, fewer, ROOT / "policy.yaml")]
    assert sum("has no rule here" in each for each in said) == len(config.destinations)
    assert any("is no destination of sluice.yaml" in each for each in said)
