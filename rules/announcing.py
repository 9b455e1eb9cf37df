"""What a change of one item of the graph means: pure functions of its old and new image."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Final, Literal

from events.outbound import CustomersMerged, CustomerSplit
from rules.identity import PAIRS
from rules.identity_evidence import weigh
from rules.keys import type_of
from schemas.graph import CustomerId, Island, Review, SubjectKey
from schemas.rows import Item, Key

Labels = Mapping[SubjectKey, CustomerId]
About = Literal["subject", "contact", "consent", "island", "profile", "nothing"]

PLACES: Final[tuple[tuple[str, str, About], ...]] = (
    ("S#", "HEAD", "subject"),
    ("S#", "R#C#", "contact"),
    ("S#", "K#", "consent"),
    ("I#", "K#", "consent"),
    ("G#", "HEAD", "island"),
    ("C#", "META", "profile"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """An item of the graph before and after; none where there was or is none."""

    key: Key
    old: Item | None
    new: Item | None

    @property
    def about(self) -> About:
        """What kind of item it is; `nothing` when nobody need hear of it."""
        pk, sk = self.key
        for partition, begins, about in PLACES:
            if pk.startswith(partition) and sk.startswith(begins):
                return about
        return "nothing"

    @property
    def name(self) -> str:
        """The partition's name without what it begins with."""
        return self.key.pk.partition("#")[2]


def event_id(*parts: object) -> str:
    """The same parts, the same event: the item's key, its version and the event's name."""
    return sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:32]


def affected(old: Labels, now: Labels) -> frozenset[CustomerId]:
    """The customers that lost or gained a subject."""
    moved = [s for s in old.keys() | now.keys() if old.get(s) != now.get(s)]
    return frozenset(labels[s] for s in moved for labels in (old, now) if s in labels)


def moves(old: Labels, now: Labels, version: int) -> tuple[CustomersMerged | CustomerSplit, ...]:
    """Which customers became part of another, and which fell apart.

    `now` says where each subject of the old image is today, in whichever island; one that is
    nowhere any more was erased, which the profile tells. `version` is of the changed island.
    """
    targets: dict[CustomerId, set[CustomerId]] = defaultdict(set)
    for s, customer in old.items():
        if s in now:
            targets[customer].add(now[s])
    merged: dict[CustomerId, list[CustomerId]] = defaultdict(list)
    splits = []
    for customer, parts in sorted(targets.items()):
        if len(parts) > 1:
            split = CustomerSplit(customer=customer, parts=tuple(sorted(parts)), version=version)
            splits.append(split)
        elif parts != {customer}:
            merged[parts.pop()].append(customer)
    return (
        *(
            CustomersMerged(customer=into, merged=tuple(gone), version=version)
            for into, gone in sorted(merged.items())
        ),
        *splits,
    )


def whereto(old: Labels, now: Labels) -> dict[CustomerId, CustomerId]:
    """Customer → the one that took over all of its subjects, for those that are no more."""
    return {
        gone: event.customer
        for event in moves(old, now, 0)
        if isinstance(event, CustomersMerged)
        for gone in event.merged
    }


def reviewed(old: Island | None, new: Island) -> frozenset[SubjectKey]:
    """The subjects whose refused links are not what they were."""
    before = set(old.reviews) if old else set()
    return frozenset(s for review in before ^ set(new.reviews) for s in review.subjects)


def too_large(old: Island, new: Island) -> int:
    """How many links are newly refused because too many records hang together by them."""
    before = {review.identifier for review in old.reviews if review.reason == "too_large"}
    after = {review.identifier for review in new.reviews if review.reason == "too_large"}
    return len(after - before)


def undecided(island: Island) -> tuple[Review, ...]:
    """The refused links of whom nobody has said between all of them that they are one or two.

    What was said itself stays open where a stronger rule refuses it. Of whom has too many of a
    type nobody can say anything: it is open until there are fewer.
    """
    stands = weigh(island.verdicts)
    apart = {customers_of(pair, island.labels) for pair in stands.apart}
    said = apart | {customers_of(pair, island.labels) for pair, _ in stands.joins}

    def open_(review: Review) -> bool:
        between = combinations(customers_of(review.subjects, island.labels), 2)
        decided = apart if type_of(review.identifier) in PAIRS else said
        return review.reason == "crowded" or not decided.issuperset(between)

    return tuple(review for review in island.reviews if open_(review))


def review_id(g: str, review: Review) -> str:
    """A review's name: what was refused between whom, within one island.

    The island is part of it, so that what one island drops and the next takes over is two rows,
    and the order in which the two changes are read does not matter.
    """
    parts = (review.identifier, review.reason, *sorted(review.subjects))
    return f"{g}.{event_id(*parts)[:16]}"


def customers_of(subjects: Iterable[SubjectKey], labels: Labels) -> tuple[CustomerId, ...]:
    """The customers that these subjects are, each once."""
    return tuple(sorted({labels[s] for s in subjects if s in labels}))
