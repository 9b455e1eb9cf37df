"""What people do to a graph while records arrive: verdicts, marks, removals."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_verdicts import judge
from schemas.errors import BadRecord, RetryLater
from schemas.graph import Verdict
from tests.simulator.histories import PEPPER, RULES, START


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
