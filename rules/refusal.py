"""What a person is told whose word did not make one customer of several, and what they could do."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from rules.explain import Obstacle, Reason
from rules.explain_views import WHY
from rules.identity import PAIRS

KEPT: Final = "What was decided is kept, and counts as soon as nothing forbids it."
ADVICE: Final[dict[Reason, str]] = {
    "unique": "Each of the two has an id of {0.detail} of its own, and a person's word does not "
    "overrule its source: merge the two there. If they are two after all: ./sluice review reject.",
    "never": "Someone said of two of their subjects that they are not the same: "
    "./sluice customer merge with those two overrules it.",
    "component": "Others were said to be one with them, and all together may not be ({0.detail}): "
    "./sluice customer explain shows whom, ./sluice customer split takes one out.",
    "scope": "Too many hang together here for anybody to decide: correct it at the source.",
    "too_large": "Too many hang together here for anybody to decide: correct it at the source.",
}
"""Of the reasons for which what was said of a pair is refused."""


class Refusal(NamedTuple):
    """The rules in the way, and what could be done about each."""

    because: tuple[str, ...]
    advice: tuple[str, ...]


def refusal(obstacles: Iterable[Obstacle]) -> Refusal:
    """Of what lies between two, that which keeps apart whoever is said to be one."""
    found = [each for each in obstacles if each.reason in ADVICE and _of_a_pair(each)]
    because = dict.fromkeys(_because(each) for each in found)
    advice = dict.fromkeys(ADVICE[each.reason].format(each) for each in found)
    return Refusal(tuple(because), (*advice, KEPT))


def _of_a_pair(obstacle: Obstacle) -> bool:
    """A link by an address may be refused, too: it does not matter to what was said of the two."""
    return obstacle.type in PAIRS or (obstacle.reason == "never" and not obstacle.type)


def _because(obstacle: Obstacle) -> str:
    why = WHY[obstacle.reason].format(obstacle).strip(" :")
    return f"{obstacle.reason} {obstacle.type}".strip() + f": {why}"
