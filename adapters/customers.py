"""A customer's rows, read for folding, context and explaining."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from adapters.table import Key, Table
from adapters.together import side_by_side
from rules.resolution_items import (
    SHARDS,
    carriers_from,
    identifier_key,
    island_from,
    island_key,
    record_from,
    subject_from,
    subject_key,
)
from schemas.graph import (
    ConsentRow,
    CustomerId,
    IdentifierHead,
    IdentifierKey,
    Island,
    Profile,
    RecordRow,
    SubjectHead,
    SubjectKey,
)
from schemas.rows import Item, Write, version_is

HOPS: Final = 64
"""Islands joined one after the other before anybody looked: far beyond what happens."""


def profile_key(customer: CustomerId) -> Key:
    """Where a customer's folded view is."""
    return Key(f"C#{customer}", "META")


def profile_from(item: Item) -> Profile:
    """A customer's folded view."""
    return Profile.model_validate_json(str(item["data"]))


class KeptView(NamedTuple):
    """A folded view, and those of its fields of which nobody is known to have been told."""

    profile: Profile
    untold: frozenset[str] = frozenset()


class Look(NamedTuple):
    """Rows as one reading found them: islands by any name that they had, the subjects that exist,
    and each view that was asked for, or none.
    """

    islands: Mapping[str, Island]
    heads: Mapping[SubjectKey, SubjectHead]
    views: Mapping[CustomerId, KeptView | None]


@dataclass(frozen=True, slots=True)
class Customers:
    """Strongly consistent reads, in as few calls as can be."""

    table: Table

    def profiles(self, ids: Iterable[CustomerId]) -> dict[CustomerId, Profile]:
        """The profiles that exist."""
        found = self.table.get_many([profile_key(each) for each in ids])
        return {key.pk[2:]: profile_from(item) for key, item in found.items()}

    def look(
        self,
        islands: Iterable[str] = (),
        subjects: Iterable[SubjectKey] = (),
        customers: Iterable[CustomerId] = (),
    ) -> Look:
        """Rows of several kinds in one call, and another for each hop to an island of today."""
        names, ids = frozenset(islands), frozenset(customers)
        keys = [*map(island_key, sorted(names)), *map(subject_key, subjects)]
        found = self.table.get_many([*keys, *map(profile_key, sorted(ids))])
        rows = {key.pk: row for key, row in found.items()}
        return Look(
            self._today(names, found),
            {pk[2:]: subject_from(row) for pk, row in rows.items() if pk.startswith("S#")},
            {
                each: kept_view_from(rows[f"C#{each}"]) if f"C#{each}" in rows else None
                for each in ids
            },
        )

    def store(self, kept: KeptView, seen: int, beside: Sequence[Write]) -> None:
        """Keeps a view with the rows beside it, if the one that was read (version `seen`) is still
        there: `Conflict`.
        """
        profile = kept.profile
        row: Item = {
            "v": profile.version,
            "data": profile.model_dump_json(exclude_defaults=True),
            "untold": kept.untold,
        }
        put = Write("put", profile_key(profile.customer), row, condition=version_is(seen))
        if beside:
            self.table.transact([put, *beside])
        else:
            self.table.write(put)

    def told(self, profiles: Iterable[Profile]) -> None:
        """Everybody knows of these versions; whoever stored the next of one tells of both."""
        seen = {profile_key(each.customer): each.version for each in profiles}
        self.table.remove_many("untold", seen)

    def islands(self, names: Iterable[str]) -> Mapping[str, Island]:
        """Name → the island that it is part of today."""
        return self.look(islands=names).islands

    def _today(self, names: frozenset[str], found: Mapping[Key, Item]) -> dict[str, Island]:
        read: dict[str, Island] = {}
        for _ in range(HOPS):
            rows = {key.pk: row for key, row in found.items() if key.pk.startswith("G#")}
            read |= {pk[2:]: island_from(row) for pk, row in rows.items()}
            wanted = {i.into for i in read.values() if i.into and i.into not in read}
            if not wanted:
                break
            found = self.table.get_many([island_key(g) for g in sorted(wanted)])
        return {g: _last(read, g) for g in names if g in read}

    def heads(self, subjects: Iterable[SubjectKey]) -> Mapping[SubjectKey, SubjectHead]:
        """The subjects that exist."""
        return self.look(subjects=subjects).heads

    def contacts(self, subjects: Sequence[SubjectKey]) -> dict[SubjectKey, tuple[RecordRow, ...]]:
        """The contact records of each subject, several subjects at once."""
        found = side_by_side([partial(self._contacts, s) for s in subjects])
        return dict(zip(subjects, found, strict=True))

    def _contacts(self, s: SubjectKey) -> tuple[RecordRow, ...]:
        return tuple(record_from(item) for item in self.table.all(f"S#{s}", "R#C#"))

    def carriers(self, keys: Iterable[IdentifierKey]) -> dict[IdentifierKey, IdentifierHead]:
        """Who carries each, sources' own ids too; of a quarantined one, only the first."""
        places = {key: identifier_key(key) for key in keys}
        found = self.table.get_many(list(places.values()))
        return {
            key: carriers_from(key, found[place]) for key, place in places.items() if place in found
        }

    def members(self, keys: Iterable[IdentifierKey]) -> dict[IdentifierKey, frozenset[SubjectKey]]:
        """Everybody who carries an identifier, those in shards included; none where unknown."""
        wanted = list(keys)
        heads = self.carriers(wanted)
        return {key: self.all_of(heads[key]) if key in heads else frozenset() for key in wanted}

    def all_of(self, head: IdentifierHead) -> frozenset[SubjectKey]:
        """Everybody who carries an identifier, those in shards included."""
        return head.members | self._sharded(head.key) if head.quarantined else head.members

    def _sharded(self, key: IdentifierKey) -> frozenset[SubjectKey]:
        places = [f"I#{key}#{shard:02}" for shard in range(SHARDS)]
        rows = (item for pk in places for item in self.table.all(pk, "M#"))
        return frozenset(str(item["sk"])[2:] for item in rows)

    def interactions(
        self, s: SubjectKey, limit: int, after: str = ""
    ) -> tuple[tuple[str, RecordRow], ...]:
        """A subject's interactions with their sort keys, the newest first, beyond `after`."""
        start = Key(f"S#{s}", after) if after else None
        rows = self.table.query(f"S#{s}", "R#I#", limit=limit, newest_first=True, after=start)
        return tuple((str(item["sk"]), record_from(item)) for item in rows.items)

    def named(
        self, partition: str, limit: int, *, consistent: bool = False
    ) -> frozenset[CustomerId]:
        """The customers listed under a word of a name, so many at most."""
        rows = self.table.query(partition, consistent=consistent, limit=limit)
        return frozenset(str(item["sk"]) for item in rows.items)


def kept_view_from(row: Item) -> KeptView:
    """A view, with what is still to be told of it."""
    untold = row.get("untold")
    return KeptView(profile_from(row), untold if isinstance(untold, frozenset) else frozenset())


def consent_from(item: Item) -> ConsentRow:
    """A consent event."""
    return ConsentRow.model_validate_json(str(item["data"]))


def _last(read: Mapping[str, Island], g: str) -> Island:
    island = read[g]
    while island.into and island.into in read:
        island = read[island.into]
    return island
