"""A policy that could never work as it is written is not adopted: it says what to write."""

from pathlib import Path

import pytest

from schemas import documents
from tests.fakes.documents import POLICY, line_of, problems, refused, slipped


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        ("  scope_cap", "  dotless_domains: [GMAIL.com]\n  scope_cap", "Write gmail.com."),
        ("  scope_cap", "  dotless_domains: ['@gmail.com']\n  scope_cap", "Write gmail.com."),
        (
            "  scope_cap",
            "  dotless_domains: [bücher.example]\n  scope_cap",
            "Write xn--bcher-kva.example.",
        ),
        ("  scope_cap", "  dotless_domains: [gmail]\n  scope_cap", "Write what stands after"),
        ("    phone:\n      level", "    phone+phone:\n      level", "Write phone."),
        (
            "    phone:\n      level",
            "    phone+surname+phone:\n      level",
            "Write phone+surname.",
        ),
        ("    phone:\n      level", "    surname+last_name:\n      level", "Write two parts"),
        (
            "    phone:\n      level",
            "    shopify-eu:customer: {level: 3}\n    phone:\n      level",
            "level 0 always. Write 0.",
        ),
        (
            "    phone:\n      level",
            "    phone+shopify-eu:customer: {level: 3}\n    phone:\n      level",
            "is no part of another. Write phone.",
        ),
        ("level: 2", "level: true", "Write a whole number"),
        ("days: 14", "days: true", "Write a whole number"),
    ],
)
def test_given_what_never_works_then_it_is_not_adopted(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    refused(tmp_path / "policy.yaml", right, wrong, said)


@pytest.mark.parametrize("again", ["surname+phone", "phone+last_name"])
def test_given_a_composite_in_two_orders_then_only_one_may_have_a_rule(
    tmp_path: Path, again: str
) -> None:
    both = f"    phone+surname: {{level: 2}}\n    {again}: {{level: 3}}\n    phone:\n      level"
    text = slipped(POLICY, "    phone:\n      level", both)
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    assert found.startswith(f"policy.yaml:{line_of(text, again)}  ")
    assert "as phone+surname. Write one of them." in found


def test_given_a_domain_as_addresses_have_it_then_it_may_be_dotless(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    domains = "  dotless_domains: [gmail.com, xn--bcher-kva.example]\n  scope_cap"
    path.write_text(slipped(POLICY, "  scope_cap", domains))
    assert documents.policy(path).identity.dotless_domains


@pytest.mark.parametrize(
    "junk,said",
    [(["x@.*"] * 33, "too many"), ([".*.*x", ".*.*y", ".*.*z", ".*.*a"], "over a million ways")],
)
def test_given_patterns_that_are_too_much_together_then_they_are_refused(
    tmp_path: Path, junk: list[str], said: str
) -> None:
    rule = f"    phone+surname:\n      level: 3\n      junk: {junk}\n"
    text = slipped(POLICY, "    phone:\n", f"{rule}    phone:\n")
    (found,) = problems(documents.policy, tmp_path / "policy.yaml", text)
    assert found.startswith(f"policy.yaml:{line_of(text, 'junk: [')}  ")
    assert said in found
