"""What was read, and what a step will change of it: each item conditioned on what was read."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final, Literal

from rules.keys import is_own, subject_of
from rules.resolution_items import (
    identifier_from,
    identifier_item,
    identifier_key,
    island_from,
    island_item,
    island_key,
    subject_from,
    subject_item,
    subject_key,
)
from schemas.errors import BadRecord
from schemas.graph import IdentifierHead, IdentifierKey, Island, SubjectHead, SubjectKey
from schemas.rows import Item, Key, Write, version_is

Model = SubjectHead | IdentifierHead | Island
VERSION: Final = 6
"""Bytes of an identifier's version: what two have in common by chance is negligible."""


class Unread(Exception):
    """A step needs items that were not read yet."""

    def __init__(self, keys: Iterable[Key]) -> None:
        super().__init__("unread")
        self.keys = tuple(dict.fromkeys(keys))


class View:
    """Items as last read or written by this resolver; none where there is no item."""

    def __init__(self) -> None:
        self._models: dict[Key, Model | None] = {}

    def learn(self, keys: Iterable[Key], found: Mapping[Key, Item]) -> None:
        """Keeps an answer to a read; beside a head that is new, no island from before it.

        That could seem to say already what the head is about to, so that it would not be written,
        and no condition would tell that it has moved.
        """
        read = {key: _decode(key, found[key]) if key in found else None for key in keys}
        self._models |= read
        if any(_is_head(key) for key in read):
            self.forget([key for key in self._models if _is_island(key)])

    def wrote(self, models: Mapping[Key, Model | None]) -> None:
        """Keeps what was committed."""
        self._models.update(models)

    def forget(self, keys: Iterable[Key]) -> None:
        """Others have moved these."""
        for key in keys:
            self._models.pop(key, None)

    def need(self, keys: Iterable[Key]) -> None:
        """Raises `Unread` with all that are missing, so that they are read at once."""
        missing = [key for key in keys if key not in self._models]
        if missing:
            raise Unread(missing)

    def knows(self, key: Key) -> bool:
        """Whether it was read, be it there or not, and nobody is known to have moved it since."""
        return key in self._models

    def head(self, key: Key) -> SubjectHead | None:
        """A subject's head, if it is known (`knows`) and there."""
        found = self._models.get(key)
        return found if isinstance(found, SubjectHead) else None

    def at(self, key: Key) -> Model | None:
        """The item there."""
        self.need([key])
        return self._models[key]


def _is_head(key: Key) -> bool:
    return key.pk.startswith("S#")


def _is_island(key: Key) -> bool:
    return key.pk.startswith("G#")


def _decode(key: Key, item: Item) -> Model:
    if _is_head(key):
        return subject_from(item)
    return identifier_from(item) if key.pk.startswith("I#") else island_from(item)


class Draft:
    """The changes of one transaction, over a view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._models: dict[Key, Model] = {}
        self._dropped: dict[Key, Model] = {}
        self.used: set[Key] = set()
        self.rows: list[Write] = []
        """Rows of quarantined identifiers, and checks of their gates."""
        self.sure: set[Key] = set()
        """Items that decide something here, and are to be as they were read though not written."""

    def need(self, keys: Iterable[Key]) -> None:
        """See `View.need`."""
        keys = list(keys)
        self.used.update(keys)
        self._view.need(keys)

    def _at(self, key: Key) -> Model | None:
        self.used.add(key)
        if key in self._dropped:
            return None
        return self._models.get(key) or self._view.at(key)

    def subject(self, s: SubjectKey) -> SubjectHead | None:
        """A subject's head."""
        found = self._at(subject_key(s))
        assert found is None or isinstance(found, SubjectHead)
        return found

    def identifier(self, key: IdentifierKey) -> IdentifierHead | None:
        """An identifier's carriers; of a source's own id, as far as others carry it."""
        if is_own(key):
            head = self.subject(subject_of(key))
            return head.own if head else None
        found = self._at(identifier_key(key))
        assert found is None or isinstance(found, IdentifierHead)
        return found

    def live(self, g: str) -> Island:
        """The island that `g` is, or became part of."""
        while True:
            island = self._at(island_key(g))
            assert isinstance(island, Island)
            if island.into is None:
                return island
            g = island.into

    def all_live(self, names: Iterable[str]) -> dict[str, Island]:
        """The islands of several, each once; what is missing of all is raised together."""
        found: dict[str, Island] = {}
        missing: list[Key] = []
        for g in sorted(set(names)):
            try:
                island = self.live(g)
                found[island.g] = island
            except Unread as unread:
                missing += unread.keys
        if missing:
            raise Unread(missing)
        return found

    def put(self, model: SubjectHead | IdentifierHead | Island) -> None:
        """Will be written when it differs from what was read."""
        match model:
            case SubjectHead():
                self._models[subject_key(model.s)] = model
            case Island():
                self._models[island_key(model.g)] = model
            case IdentifierHead() if is_own(model.key):
                head = self.subject(subject_of(model.key))
                if head is None:
                    raise BadRecord("nobody is known by this source's id")
                self.put(head.model_copy(update={"own": model}))
            case IdentifierHead():
                self._models[identifier_key(model.key)] = model

    def drop(self, cell: IdentifierHead) -> None:
        """Will be deleted."""
        key = identifier_key(cell.key)
        self._models.pop(key, None)
        if cell.version:
            self._dropped[key] = cell

    def islands(self) -> list[Island]:
        """Those that will be written."""
        return [m for m in self._models.values() if isinstance(m, Island)]

    def before(self, g: str) -> list[Island]:
        """The islands that `g` is made of, as they were read."""
        names = [island.g for island in self.islands() if island.version]
        found = (self._view.at(island_key(name)) for name in names if self.live(name).g == g)
        return [island for island in found if isinstance(island, Island)]

    def commit(self) -> tuple[list[Write], dict[Key, Model | None]]:
        """The writes, and what the items will be."""
        after: dict[Key, Model | None] = dict.fromkeys(self._dropped)
        writes = list(self.rows)
        writes += [
            Write("delete", key, condition=version_is(model.version))
            for key, model in self._dropped.items()
        ]
        for key, model in self._models.items():
            before = self._view.at(key) if model.version else None
            if before == model:
                continue
            seen = before.version if before else 0
            written = model.model_copy(update={"version": _next(model, seen)})
            after[key] = written
            writes.append(_write(key, written, seen))
        return [*writes, *self._checks(writes)], after

    def _checks(self, writes: list[Write]) -> list[Write]:
        left = self.sure - {write.key for write in writes}
        found = ((key, self._view.at(key)) for key in sorted(left))
        return [Write("check", key, condition=version_is(m.version)) for key, m in found if m]


def _next(model: Model, seen: int) -> int:
    """Identifiers' heads can go and come again: who read a former one must not take the new one
    for it, so their versions are made of all that they ever said.
    """
    if not isinstance(model, IdentifierHead):
        return seen + 1
    marks = model.model_dump_json(exclude={"members", "version"})
    said = " ".join([str(seen), marks, *sorted(model.members)])
    return int.from_bytes(blake2b(said.encode(), digest_size=VERSION).digest()) or 1


def _write(key: Key, model: Model, seen: int) -> Write:
    condition = version_is(seen)
    match model:
        case SubjectHead():  # totals move on their own: only a new head is put whole
            kind: Literal["put", "update"] = "update" if seen else "put"
            return Write(kind, key, subject_item(model), condition=condition)
        case IdentifierHead():
            return Write("put", key, identifier_item(model), condition=condition)
        case Island():
            return Write("put", key, island_item(model), condition=condition)
