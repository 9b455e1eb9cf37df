"""Histories in which orders and calls change whom they are about, and what of them counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_items import COUNT, HEAD, MINOR, record_from
from rules.resolution_parting import WAIT, tend
from rules.resolution_rows import takings
from schemas.rows import Item, Key, Write
from tests.simulator.histories import PEPPER, RULES, START, counted
from tests.simulator.removals import AFTER, Removal, histories, removals
from tests.simulator.store import MemoryTable

FIXED: Final = 0.25
"""How many of those that happen to contacts are of kinds that cannot move."""


@dataclass(frozen=True)
class Told:
    """What is said before and after some removals, and what they are."""

    old: Sequence[Received]
    new: Sequence[Received]
    removed: Sequence[Removal] = ()

    @property
    def every(self) -> list[Received]:
        return [*self.old, *self.new]

    @property
    def left(self) -> list[Received]:
        """What counts: the newest versions, as far as they were not taken out."""
        found = counted(self.every)
        return [each for each in found if not any(_reaches(r, each) for r in self.removed)]


def _reaches(removal: Removal, received: Received) -> bool:
    record = received.observation.record
    case = prepare(received, PEPPER, RULES)
    return (
        case.s == removal.s
        and removal.record in (None, (record.kind, record.id))
        and case.said <= removal.at
    )


def told(random: Random, most: int = 14, *, removing: bool = False) -> Told:
    """Contacts and what happens to them; of the latter, versions name one or another."""
    old, new = histories(random, most)
    old = [_moving(each, random, 0) for each in old]
    new = [_moving(each, random, 20) for each in new]
    return Told(old, new, removals(random, old) if removing else ())


def _moving(received: Received, random: Random, since: int) -> Received:
    """One of a few records, at one of a few versions, whoever it is about."""
    observation = received.observation
    if observation.interaction is None or random.random() < FIXED:
        return received
    number = random.randrange(2)
    said = START + timedelta(hours=since + random.randrange(6))
    changes: dict[str, object] = {
        "id": str(number),
        "version": said.isoformat(timespec="microseconds"),
        "occurred_at": START + timedelta(hours=number),
    }
    record = observation.record.model_copy(update=changes)
    return Received(observation.model_copy(update={"record": record}), AFTER, movable=True)


def turn(number: int, laws: Laws) -> Steps[int]:
    """A turn of the clock: who was left when it was the one before is due at this one."""
    return tend(START + number * WAIT, laws)


@dataclass(slots=True)
class Watched(MemoryTable):
    """After each write: every record is in one place, and totals are the sum of the rows."""

    patience: int = 5_000
    """Reads until it is clear that something goes on for ever."""

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The rows that exist."""
        self.patience -= 1
        assert self.patience, "it does not come to an end"
        return super(Watched, self).get_many(keys)

    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing."""
        super(Watched, self).transact(writes)
        if any(write.key.sk[:2] == "R#" or write.add for write in writes):
            found = amiss(self)
            assert not found, "; ".join(found)


def amiss(table: MemoryTable) -> list[str]:
    """Records in two places, and totals that are not the sum of their subject's rows."""
    rows = {key: row for key, row in table.rows.items() if key.sk[:2] == "R#"}
    found = [record_from(row) for row in rows.values()]
    places = Counter((row.source, row.kind, row.id) for row in found)
    twice = [f"{name} is in {n} places" for name, n in places.items() if n > 1]
    sums: Counter[tuple[str, str]] = Counter()
    for row in found:
        sums.update({(row.s, name): value for name, value in takings([row]).items()})
    told = {
        (key.pk[2:], name): value
        for key, head in table.rows.items()
        if key.pk[:2] == "S#" and key.sk == HEAD
        for name, value in head.items()
        if name.startswith((COUNT, MINOR)) and value
    }
    return [*twice, *(["totals are not the rows'"] if told != +sums else [])]
