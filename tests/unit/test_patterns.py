"""A pattern of the policy ends soon, whatever value it is tried on."""

import re
from time import process_time

import pytest

from schemas.patterns import LONGEST, checked

ENDLESS = (
    "(a+)+$", "(a|a)*b", "(ab|a)*b", "(a?){30}a{30}", "a?" * 30 + "a" * 30, ".*.*.*x", "(.*)*",
    r"(\w+\s?)*!", "(((a*)*)*)*", "(?:(a+)+b)*+", "(?=(a+)+b)a", "(?>(a+)+b)", "(a)?(?(1)(b+)+|c)",
)  # fmt: skip
FINE = (
    r"\+?(\d)\1{6,}", ".*(0000000|1234567|9999999)", "(no-?reply|test|none)@.*", "(a++)+b",
    r".*@(mailinator|example)\..*", "(?i)TEST.*", "(?:ab|cd)*+", "[a-z]{1,10}@[a-z]{1,10}.com",
    "(?!a).*", "(ab|cd){3}", ".*.*x",
)  # fmt: skip


@pytest.mark.parametrize("pattern", ENDLESS)
def test_what_might_never_end_is_refused_with_what_to_write(pattern: str) -> None:
    re.compile(pattern)
    with pytest.raises(ValueError, match="Write fewer"):
        checked(pattern)


@pytest.mark.parametrize("pattern", FINE)
def test_what_ends_is_taken_as_it_is_and_ends(pattern: str) -> None:
    assert checked(pattern) == pattern
    started = process_time()
    for value in ("a" * LONGEST, "a" * (LONGEST - 1) + "!", "1" * LONGEST, "@." * (LONGEST // 2)):
        re.fullmatch(pattern, value)
    assert process_time() - started < 5


@pytest.mark.parametrize("pattern", ["(unclosed", "a{99999999999}", "[b-a]"])
def test_what_does_not_compile_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="does not compile"):
        checked(pattern)
