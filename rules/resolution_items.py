"""Where the graph's items are in the table, and how models become items and back."""

import zlib
from typing import Final

from rules.keys import is_own, subject_of
from schemas.graph import (
    IdentifierHead,
    IdentifierKey,
    Island,
    RecordRow,
    SubjectHead,
    SubjectKey,
    Total,
)
from schemas.observation import Observation
from schemas.rows import Condition, Item, Key, Value

HEAD: Final = "HEAD"
SHARDS: Final = 16
COUNT: Final = "n#"
MINOR: Final = "m#"
COPIED: Final = "copied"
"""Of a consent: the same was said under another name of the same address, and announced so."""
SPLIT: Final = "\x01"
"""Between version and digest: below any character of a version, so text order is theirs."""


def subject_key(s: SubjectKey) -> Key:
    """Where a subject's head is."""
    return Key(f"S#{s}", HEAD)


def identifier_key(key: IdentifierKey) -> Key:
    """Where the carriers of an identifier are; of a source's own id, on its subject's head."""
    return subject_key(subject_of(key)) if is_own(key) else Key(f"I#{key}", HEAD)


def island_key(g: str) -> Key:
    """Where an island is."""
    return Key(f"G#{g}", HEAD)


def shard_of(s: SubjectKey) -> int:
    """The shard of a quarantined identifier that a member is in."""
    return zlib.crc32(s.encode()) % SHARDS


def member_key(key: IdentifierKey, s: SubjectKey) -> Key:
    """Where one of many carriers of a quarantined identifier is."""
    return Key(shard_key(key, shard_of(s)), f"M#{s}")


def shard_key(key: IdentifierKey, shard: int) -> str:
    """The partition of one of the shards of a quarantined identifier's carriers."""
    return f"I#{key}#{shard:02}"


def gate_key(key: IdentifierKey, shard: int) -> Key:
    """The row that says whether members may still be added or removed under an epoch."""
    return Key(f"I#{key}", f"GATE#{shard:02}")


def record_key(s: SubjectKey, r: str, observation: Observation) -> Key:
    """Where a record is: contacts apart from interactions, which are in order of time."""
    record = observation.record
    if observation.interaction is None:
        return Key(f"S#{s}", f"R#C#{record.kind}#{r}")
    return Key(f"S#{s}", f"R#I#{record.occurred_at.isoformat()}#{r}")


def pointer_key(source: str, r: str) -> Key:
    """Where a record that can move says where it is."""
    return Key(f"R#{source}#{r}", "AT")


def pointer_item(place: Key, ver: str) -> dict[str, Value]:
    """It is at `place`; `ver` orders its newest version, unless the row that is there does."""
    return {"at_pk": place.pk, "at_sk": place.sk, "ver": ver}


def place_from(item: Item) -> Key:
    """The place of a pointer."""
    return Key(str(item["at_pk"]), str(item["at_sk"]))


def subject_item(head: SubjectHead) -> dict[str, Value]:
    """A head without its totals, which move on their own."""
    data = head.model_dump_json(exclude={"totals"}, exclude_defaults=True)
    return {"v": head.version, "data": data}


def subject_from(item: Item) -> SubjectHead:
    """A head with its totals."""
    head = SubjectHead.model_validate_json(str(item["data"]))
    totals = totals_from(item)
    return head.model_copy(update={"totals": totals}) if totals else head


def totals_from(item: Item) -> dict[str, Total]:
    """Currency → total, of the attributes that transactions add to."""
    return {
        name.removeprefix(COUNT): Total(
            count=value, minor=_number(item, MINOR + name.removeprefix(COUNT))
        )
        for name, value in item.items()
        if name.startswith(COUNT) and isinstance(value, int)
    }


def _number(item: Item, name: str) -> int:
    value = item.get(name, 0)
    return value if isinstance(value, int) else 0


def identifier_item(head: IdentifierHead) -> dict[str, Value]:
    """An identifier's carriers."""
    return {"v": head.version, "data": head.model_dump_json(exclude_defaults=True)}


def identifier_from(item: Item) -> IdentifierHead:
    """An identifier's carriers."""
    return IdentifierHead.model_validate_json(str(item["data"]))


def carriers_from(key: IdentifierKey, item: Item) -> IdentifierHead:
    """An identifier's carriers, of the row where `identifier_key` says that they are."""
    return own_carriers(key, subject_from(item)) if is_own(key) else identifier_from(item)


def own_carriers(key: IdentifierKey, head: SubjectHead) -> IdentifierHead:
    """Who carries a source's own id: the subject itself, once it is seen, and who names it."""
    if head.own:
        return head.own
    members = frozenset({head.s} if head.seen else ())
    return IdentifierHead(key=key, version=0, members=members, island=head.island)


def island_item(island: Island) -> dict[str, Value]:
    """An island, compressed: it can have thousands of nodes."""
    data = island.model_dump_json(exclude_defaults=True)
    return {"v": island.version, "data": zlib.compress(data.encode(), 6)}


def island_from(item: Item) -> Island:
    """An island; `ValueError` when its row is broken, as for any other."""
    data = item["data"]
    assert isinstance(data, bytes)
    try:
        return Island.model_validate_json(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError("an island's data cannot be read") from error


def record_item(row: RecordRow, ver: str) -> dict[str, Value]:
    """A record: `ver` orders its versions, `said` grows to all that it ever said."""
    data = row.model_dump_json(exclude={"said", "identifiers"}, exclude_defaults=True)
    return {"ver": ver, "data": data, "said": row.said}


def record_from(item: Item) -> RecordRow:
    """A record as its newest accepted version says, with what all versions say of identifiers."""
    row = RecordRow.model_validate_json(str(item["data"]))
    former = item.get("ids", frozenset())
    return row.model_copy(update={"said": item.get("said", frozenset()), "identifiers": former})


def as_read(item: Item) -> Condition:
    """A record's row or pointer is still the one that was read."""
    return Condition("#ver = :seen", {":seen": str(item["ver"])})
