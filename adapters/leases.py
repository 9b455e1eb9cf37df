"""The rows that say what an identifier's last state is at a destination, and who delivers it now.

While keys come to another pepper an identifier has two names, and one row under either. Who takes
its lease uses the one that is there; a fresh one is taken under a check that the other is free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from adapters.table import ABSENT, Condition, Conflict, Item, Key, Table, Write
from rules import keys
from rules.keys import Pepper
from rules.ledger_rows import leased, milliseconds, state_key
from schemas.errors import RetryLater
from schemas.graph import IdentifierKey

LEASE: Final = timedelta(seconds=45)
COME_BACK: Final = 5.0
ATTEMPTS: Final = 5
FREE: Final = "attribute_not_exists(#until) OR #until < :now"
THERE: Final = f"attribute_exists(#pk) AND {FREE}"
"""It was not moved since it was read."""

Names = tuple[IdentifierKey, ...]
"""What an identifier may be called now, the former name first."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose, and from when."""

    holder: str
    now: datetime

    @property
    def item(self) -> Item:
        """What it adds to a state."""
        return {"until": milliseconds(self.now + LEASE), "holder": self.holder}


class Taken(NamedTuple):
    """The name of the row that has the lease, all names, and the row as it was before."""

    name: IdentifierKey
    names: Names
    before: Item


@dataclass(frozen=True, slots=True)
class Leases:
    """Those of one destination."""

    table: Table
    destination: str
    pepper: Pepper

    def take(self, identifier: IdentifierKey, lease: Lease) -> Taken:
        """In one write, where there is one name; `RetryLater` while somebody else has it."""
        names = self.names(identifier)
        if len(names) > 1:
            return self._either(names, lease)
        try:
            return Taken(identifier, names, self._leased(identifier, lease, FREE))
        except Conflict as error:
            raise _busy() from error

    def names(self, identifier: IdentifierKey) -> Names:
        """The former name gives the new one too, but never the other way round."""
        names, coming = keys.names(self.pepper, identifier), self.pepper.coming
        if coming and len(names) == 1 and keys.made_with(identifier) >= coming.version:
            message = "what it was called under the former pepper is not known here"
            raise RetryLater(message, COME_BACK)
        return names

    def read(self, wanted: Iterable[Names]) -> dict[IdentifierKey, Item]:
        """One row of each, by the name that it has; a moment old at most where names do not change.

        Former names come first, since rows move from there: who looks the other way round can miss
        one that is there all the time.
        """
        left, found = list(wanted), dict[IdentifierKey, Item]()
        while left:
            places = {self.place(names[0]): names[0] for names in left}
            consistent = self.pepper.coming is not None
            rows = self.table.get_many(list(places), consistent=consistent)
            found |= {places[key]: item for key, item in rows.items()}
            left = [names[1:] for names in left if names[0] not in found and names[1:]]
        return found

    def place(self, name: IdentifierKey) -> Key:
        """Where its row is."""
        return state_key(self.destination, name)

    def _either(self, names: Names, lease: Lease) -> Taken:
        """Whichever is there; until it is leased it may be moved, or taken by somebody else."""
        for _ in range(ATTEMPTS):
            found = self.read([names])
            if any(leased(item, lease.now) for item in found.values()):
                break
            try:
                return self._seen(next(iter(found), None), names, lease)
            except Conflict:
                continue
        raise _busy()

    def _seen(self, name: IdentifierKey | None, names: Names, lease: Lease) -> Taken:
        if name is None:
            return Taken(self._first(names, lease), names, {})
        return Taken(name, names, self._leased(name, lease, THERE))

    def _first(self, names: Names, lease: Lease) -> IdentifierKey:
        """Nobody may have it under its other name."""
        free, taken = names if self.pepper.begun else reversed(names)
        put = Write("put", self.place(taken), lease.item, condition=ABSENT)
        self.table.transact([put, Write("check", self.place(free), condition=ABSENT)])
        return taken

    def _leased(self, name: IdentifierKey, lease: Lease, free: str) -> Item:
        condition = Condition(free, {":now": milliseconds(lease.now)})
        write = Write("update", self.place(name), lease.item, condition=condition)
        return self.table.exchange(write)


def _busy() -> RetryLater:
    return RetryLater("another delivery of the same identifier is under way", COME_BACK)
