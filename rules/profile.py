"""A customer's folded view: commutative and idempotent over subjects and their records."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from rules import keys
from rules.keys import Pepper
from schemas.graph import (
    CustomerId,
    Field,
    IdentifierKey,
    Island,
    Known,
    Profile,
    RecordRow,
    SubjectHead,
    SubjectKey,
    Total,
)
from schemas.observation import Trait
from schemas.policy import IdentityRules

ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]")  # a padded number is not one
UNKNOWN_TIME: Final = datetime(9999, 12, 31, tzinfo=UTC)

Candidate = tuple[RecordRow, str]


def fold(
    island: Island,
    heads: Mapping[SubjectKey, SubjectHead],
    records: Mapping[SubjectKey, tuple[RecordRow, ...]],
    customer: CustomerId,
    rules: IdentityRules,
) -> Profile:
    """The profile of `customer`, with version 0: whoever stores it numbers it.

    Subjects without a head, and erased ones, are left out; a record that its source deleted
    gives no traits.
    """
    mine = {
        s: heads[s]
        for s, label in sorted(island.labels.items())
        if label == customer and s in heads and heads[s].erased_at is None
    }
    return Profile(
        customer=customer,
        version=0,
        island=island.g,
        island_version=island.version,
        subjects={s: head.subject.key for s, head in mine.items()},
        identifiers=_identifiers(island, mine),
        traits=_traits((row for s in mine for row in records.get(s, ())), rules),
        totals=_totals(mine.values()),
        reviews=sum(1 for review in island.reviews if review.subjects & mine.keys()),
        gone=not mine,
    )


def changed(old: Profile | None, new: Profile, pepper: Pepper) -> tuple[str, ...]:
    """The names of fields that differ: traits, and `identifiers`, `subjects`, `value`, `orders`,
    `reviews`, `gone`. A value that only changed its provenance did not change, nor did an
    identifier that is only named under another pepper.
    """
    before, after = (_told(old, pepper) if old else {}), _told(new, pepper)
    names = before.keys() | after.keys()
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def named_alike(old: Profile, new: Profile) -> bool:
    """Whether each identifier has the name that it had."""
    before, after = ({known.key for known in each.identifiers} for each in (old, new))
    return before == after


def seen_at(row: RecordRow) -> datetime:
    """When a record said what it says: its version where that is a time, else its creation."""
    if not ISO_TIME.match(row.version):
        return row.occurred_at
    try:
        moment = datetime.fromisoformat(row.version)
    except ValueError:
        return row.occurred_at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _traits(rows: Iterable[RecordRow], rules: IdentityRules) -> dict[Trait, Field]:
    candidates: dict[Trait, list[Candidate]] = defaultdict(list)
    for row in _newest_versions(rows):
        for trait, value in row.traits.items():
            if value:
                candidates[trait].append((row, value))
    return {
        trait: _field(max(found, key=lambda c: _rank(trait, c, rules)))
        for trait, found in sorted(candidates.items())
    }


def _newest_versions(rows: Iterable[RecordRow]) -> Iterable[RecordRow]:
    newest: dict[tuple[str, str, str, str], RecordRow] = {}
    for row in rows:
        name = (row.s, row.source, row.kind, row.id)
        if name not in newest or _version(newest[name]) < _version(row):
            newest[name] = row
    return (row for row in newest.values() if not row.deleted)


def _version(row: RecordRow) -> tuple[str, bool, list[tuple[Trait, str]]]:
    """Text order; versions that a source numbered alike are told apart by what they say."""
    return row.version, row.deleted, sorted(row.traits.items())


def _rank(trait: Trait, candidate: Candidate, rules: IdentityRules) -> tuple[object, ...]:
    """Greatest wins; the last parts only break ties, the same way every time."""
    row, value = candidate
    order = rules.survivorship.get(trait, "newest")
    trust = -rules.trust.index(row.source) if row.source in rules.trust else -len(rules.trust)
    first = {"newest": 0, "trusted": trust, "complete": len(value)}[order]
    return first, seen_at(row), trust, value, row.source, row.kind, row.id


def _field(candidate: Candidate) -> Field:
    row, value = candidate
    return Field(value=value, source=row.source, record=f"{row.kind}:{row.id}", at=seen_at(row))


def _totals(heads: Iterable[SubjectHead]) -> dict[str, Total]:
    sums: dict[str, tuple[int, int]] = {}
    for head in heads:
        for currency, total in head.totals.items():
            count, minor = sums.get(currency, (0, 0))
            sums[currency] = count + total.count, minor + total.minor
    return {c: Total(count=count, minor=minor) for c, (count, minor) in sorted(sums.items())}


def _identifiers(island: Island, heads: Mapping[SubjectKey, SubjectHead]) -> tuple[Known, ...]:
    """Each identifier once, by its first evidence; ordered by type, then key."""
    first: dict[IdentifierKey, Known] = {}
    for s, head in heads.items():
        for known in (*_own(island, s, head), *_linked(head)):
            rival = first.get(known.key)
            if rival is None or _evidence(known) < _evidence(rival):
                first[known.key] = known
    return tuple(sorted(first.values(), key=lambda known: (known.type, known.key)))


def _own(island: Island, s: SubjectKey, head: SubjectHead) -> Iterable[Known]:
    key, own = island.nodes[s].own if s in island.nodes else None, head.subject.own
    if key is not None and own is not None:
        at = head.subject.created_at or min(
            (link.at for link in head.links.values()), default=UNKNOWN_TIME
        )
        yield Known(key=key, type=own.type, value=own.value, source=head.subject.source, at=at)


def _linked(head: SubjectHead) -> Iterable[Known]:
    for key, link in head.links.items():
        yield Known(key=key, type=link.type, value=link.value, source=link.source, at=link.at)


def _evidence(known: Known) -> tuple[datetime, str, str]:
    return known.at, known.source, known.value


def _told(profile: Profile, pepper: Pepper) -> dict[str, object]:
    """What those who hold a copy of the profile would want to know; empty values are absent."""
    facts: dict[str, object] = {trait: field.value for trait, field in profile.traits.items()}
    facts["identifiers"] = {keys.latest(pepper, known.key) for known in profile.identifiers}
    facts["subjects"] = set(profile.subjects)
    facts["value"] = {c: t.minor for c, t in profile.totals.items() if t.minor}
    facts["orders"] = {c: t.count for c, t in profile.totals.items() if t.count}
    facts["reviews"] = profile.reviews
    facts["gone"] = profile.gone
    return {name: fact for name, fact in facts.items() if fact}
