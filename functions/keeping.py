"""What restricted a customer binds each of the parts that it falls into."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from adapters.customers import consent_from
from functions import wiring
from rules import consent_kept
from rules.consent_kept import Part
from rules.delivery import ADDRESSES
from rules.identity import founder
from rules.keys import type_of
from schemas.graph import ConsentRow, CustomerId, Island, SubjectKey
from schemas.rows import Item


def keep(island: Island, whole: frozenset[SubjectKey], at: datetime) -> int:
    """Repeats withdrawals for the founders of the parts of `whole`; how many. Journal first."""
    parts = _parts(island, whole)
    if len(parts) < 2:
        return 0
    items = [_item(s, row) for s, row in consent_kept.kept(parts, _said(parts), at)]
    if items:
        wiring.journal().insert_many(items)
        wiring.graph().insert_many(items)
    return len(items)


def _parts(island: Island, whole: frozenset[SubjectKey]) -> list[Part]:
    by: dict[CustomerId, set[SubjectKey]] = defaultdict(set)
    for s in sorted(whole & island.labels.keys()):
        by[island.labels[s]].add(s)
    return [
        Part(frozenset(part), _addresses(part, island), founder(part, island.nodes))
        for part in by.values()
    ]


def _addresses(part: Iterable[SubjectKey], island: Island) -> frozenset[str]:
    linked = frozenset(key for s in part for key in island.nodes[s].links)
    return frozenset(key for key in linked - island.unusable if type_of(key) in ADDRESSES)


def _said(parts: Iterable[Part]) -> Mapping[str, tuple[ConsentRow, ...]]:
    parts = list(parts)
    subjects = sorted(s for part in parts for s in part.subjects)
    addresses = sorted({key for part in parts for key in part.addresses})
    places = {s: f"S#{s}" for s in subjects} | {key: f"I#{key}" for key in addresses}
    return {about: _rows(pk) for about, pk in places.items()}


def _rows(pk: str) -> tuple[ConsentRow, ...]:
    """Of the graph, and of the journal where a restored graph has lost some."""
    found = (*wiring.graph().all(pk, "K#"), *wiring.journal().all(pk, "K#"))
    return tuple(dict.fromkeys(consent_from(item) for item in found))


def _item(s: SubjectKey, row: ConsentRow) -> Item:
    data = row.model_dump_json(exclude_defaults=True)
    content = sha256(data.encode()).hexdigest()[:12]
    time = row.effective_at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"pk": f"S#{s}", "sk": f"K#{row.purpose}#{row.channel}#{time}#{content}", "data": data}
