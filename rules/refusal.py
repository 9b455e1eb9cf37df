"""What a person is told whose word did not make one customer of several, and what they could do."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rules.explain import Heads, Obstacle, Reason, refused
from rules.explain_views import WHY
from rules.identity import PAIRS
from rules.keys import type_of
from schemas.graph import Island, Review, SubjectKey

KEPT: Final = "What was decided is kept, and counts as soon as nothing forbids it."
ADVICE: Final[dict[Reason, str]] = {
    "unique": "Of two {0.values} each has one of its own, and a person's word does not overrule "
    "that: merge the two there, or correct what is wrong at its source. If they are two after all: "
    "./sluice review reject.",
    "never": "Someone said of two of their subjects that they are not the same: "
    "./sluice customer merge with those two overrules it.",
    "component": "Others were said to be one with them, and all together may not be ({0.detail}): "
    "./sluice customer explain shows whom, ./sluice customer split takes one out.",
    "scope": "Too many hang together here for anybody to decide: correct it at the source.",
    "too_large": "Too many hang together here for anybody to decide: correct it at the source.",
}
"""By the reason for which a link is refused."""
UNKNOWN: Final = "they are several customers: ./sluice customer explain shows what lies between"


Sides = Sequence[frozenset[SubjectKey]]
"""The subjects of each of the customers that were to be one."""


class Refusal(NamedTuple):
    """The rules in the way, and what could be done about each."""

    because: tuple[str, ...]
    advice: tuple[str, ...]


def refusal(sides: Sides, islands: Iterable[Island], heads: Heads) -> Refusal:
    """Why these are not one customer: what was said of them is refused, or a side falls apart."""
    everybody = frozenset[SubjectKey]().union(*sides)
    found = [
        refused(review, island, heads)
        for island in islands
        for review in island.reviews
        if any(_between(review, side, island) for side in sides)
        or (type_of(review.identifier) in PAIRS and _between(review, everybody, island))
    ]
    because = dict.fromkeys(map(_because, found)) or (UNKNOWN,)
    advice = dict.fromkeys(ADVICE[each.reason].format(each) for each in found)
    return Refusal(tuple(because), tuple(advice))


def _between(review: Review, subjects: frozenset[SubjectKey], island: Island) -> bool:
    """Whether those of them whom the link would join are several customers."""
    return len({island.labels[s] for s in review.subjects & subjects & island.labels.keys()}) > 1


def _because(obstacle: Obstacle) -> str:
    why = WHY[obstacle.reason].format(obstacle).strip(" :")
    return f"{obstacle.reason} {obstacle.type}".strip() + f": {why}"
