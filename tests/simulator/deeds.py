"""What people do to a graph while records arrive: verdicts, marks, removals."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from rules.identity import Marks
from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_marks import mark
from rules.resolution_verdicts import judge
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, Verdict
from tests.simulator.histories import PEPPER, RULES, START

Values = tuple[tuple[bool | None, bool | None], ...]
"""Blocked and trusted, one after the other; none leaves it as it is."""
Marked = dict[IdentifierKey, Values]


def verdicts(random: Random, received: Sequence[Received]) -> list[Verdict]:
    """Some, about subjects that are observed at some time, and about what they carry."""
    cases = [prepare(each, PEPPER, RULES) for each in received]
    subjects = sorted({case.s for case in cases})
    links = sorted({(case.s, key) for case in cases for key in case.links})
    found = []
    for _ in range(random.randrange(5)):
        kind = random.choice(("always", "always", "never", "ignore"))
        kind = "never" if kind == "ignore" and not links else kind
        a, b = random.choice(links) if kind == "ignore" else _pair(random, subjects)
        at = START + timedelta(hours=random.randrange(3))
        found.append(Verdict.model_validate({"kind": kind, "a": a, "b": b, "at": at, "by": "ann"}))
    return found


def _pair(random: Random, subjects: Sequence[str]) -> tuple[str, str]:
    return random.choice(subjects), random.choice(subjects)


def judged(verdicts: Sequence[Verdict], laws: Laws) -> Steps[None]:
    """As a person would: again later, while a subject was not seen yet."""
    try:
        yield from judge(verdicts, laws)
    except BadRecord as error:
        raise RetryLater("not seen yet") from error


def marks(random: Random, received: Sequence[Received]) -> Marked:
    """Some identifiers that are carried at some time, and how they are marked in turn."""
    cases = [prepare(each, PEPPER, RULES) for each in received]
    keys = sorted({key for case in cases for key in case.links if ":" not in key})
    chosen = random.sample(keys, min(len(keys), random.randrange(1, 4)))
    states = (None, True, False)
    return {
        key: tuple(
            (random.choice(states), random.choice(states)) for _ in range(random.choice((1, 2, 3)))
        )
        for key in chosen
    }


def marked(key: IdentifierKey, values: Values, laws: Laws) -> Steps[bool]:
    """Marks it so in turn."""
    for blocked, trusted in values:
        yield from mark(key, laws, blocked=blocked, trusted=trusted)
    return True


def in_force(chosen: Marked) -> Marks:
    """What the marks are once all were made."""
    last = {
        key: [
            next((v for v in reversed(column) if v is not None), False)
            for column in zip(*values, strict=True)
        ]
        for key, values in chosen.items()
    }
    return Marks(
        blocked=frozenset(key for key, (blocked, _) in last.items() if blocked),
        trusted=frozenset(key for key, (_, trusted) in last.items() if trusted),
    )
