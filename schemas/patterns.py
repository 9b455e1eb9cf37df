"""Regular expressions that people write into the policy, held to a bound on their work."""

import re
from math import prod
from re import _parser  # type: ignore[attr-defined] # the only way to see a pattern's parts
from typing import Any, Final

LONGEST: Final = 512
"""Characters of the values that are matched."""
MOST_WAYS: Final = 1_000_000
"""Hundredths of a second for a value, and no pattern that never ends."""

ENOUGH: Final = MOST_WAYS.bit_length()
"""So often repeated, even two ways are too many."""


def checked(pattern: str) -> str:
    """The pattern; `ValueError` when it does not compile or may try too many ways on one value."""
    try:
        re.compile(pattern)
        ways = _ways(_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        message = f"this pattern does not compile: {error}"
        raise ValueError(message) from error
    if ways > MOST_WAYS:
        message = (
            "this pattern may try over a million ways on one value. Write fewer of * + ? | in it, "
            "none inside another, or add a + to one that need not try again: [^@]*+@.*"
        )
        raise ValueError(message)
    return pattern


def ending(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, each `checked`; `ValueError` when together they may try too many ways."""
    if sum(_ways(_parser.parse(each)) for each in patterns) > MOST_WAYS:
        message = (
            "these patterns together may try over a million ways on one value. Write fewer, "
            "or fewer of * + ? | in them"
        )
        raise ValueError(message)
    return patterns


def _ways(parts: Any) -> int:  # noqa: ANN401 - the parser names no types
    """At most how many ways a matcher that goes back on its choices tries; capped."""
    return min(prod(_choices(str(op), said) for op, said in parts), MOST_WAYS + 1)


def _choices(op: str, said: Any) -> int:  # noqa: ANN401 - as above
    match op:
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*said)
        case "POSSESSIVE_REPEAT" | "SUBPATTERN" | "ASSERT" | "ASSERT_NOT":
            return _ways(said[-1])
        case "ATOMIC_GROUP":
            return _ways(said)
        case "BRANCH" | "GROUPREF_EXISTS":
            alternatives = said[1] if op == "BRANCH" else said[1:]
            return sum(_ways(one or ()) for one in alternatives)
        case _:
            return 1


def _repeated(least: Any, most: Any, body: Any) -> int:  # noqa: ANN401 - as above
    once, most = _ways(body), min(int(most), LONGEST)
    if once > 1 and most > ENOUGH:
        return MOST_WAYS + 1
    return sum(once**count for count in range(min(int(least), most), most + 1))
