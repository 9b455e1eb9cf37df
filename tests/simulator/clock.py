"""Writers on a clock of their own: calls take time, and transactions on one item collide.

Engines on one machine do a call at a time, so nothing ever collides there. DynamoDB refuses a
write to an item that a transaction under way is writing, and a transaction on an item that is
being written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any, Final, NamedTuple

from rules.resolution_calls import InsertMany, Pause, ReadMany, StoreCall, Transact, Update
from schemas.rows import Conflict, Key
from tests.simulator.store import MemoryTable
from tests.simulator.world import Job, apply

SECONDS: Final = {ReadMany: 0.006, InsertMany: 0.010, Update: 0.008, Transact: 0.020}
"""How long each call takes: such as are common within a region."""


class Arrival(NamedTuple):
    """Work that becomes due at a time, in seconds."""

    at: float
    job: Job


@dataclass(slots=True)
class Tally:
    """What came of it. `waited` is how long the longest job took from when it was due."""

    conflicts: int = 0
    again: int = 0
    waited: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class Clocked:
    """One table, and who is writing which of its items until when."""

    random: Random
    graph: MemoryTable = field(default_factory=MemoryTable)
    tally: Tally = field(default_factory=Tally)
    _held: dict[Key, float] = field(default_factory=dict)

    def run(self, arrivals: Sequence[Arrival], writers: int) -> Tally:
        """Works it all off, in the order in which it is due; what fails is taken up once more."""
        queue = sorted(arrivals, key=lambda arrival: arrival.at, reverse=True)
        moments: list[tuple[float, int, Iterator[float]]] = [
            (0.0, number, self._working(queue)) for number in range(writers)
        ]
        while moments:
            self.tally.ended, number, writer = heappop(moments)
            pause = next(writer, None)
            if pause is not None:
                heappush(moments, (self.tally.ended + pause, number, writer))
        return self.tally

    def _working(self, queue: list[Arrival]) -> Iterator[float]:
        while queue:
            arrival = queue.pop()
            if arrival.at > self.tally.ended:
                yield arrival.at - self.tally.ended
            yield from self._steps(arrival)
            self.tally.waited = max(self.tally.waited, self.tally.ended - arrival.at)

    def _steps(self, arrival: Arrival) -> Iterator[float]:
        """The seconds that each call takes; its effect is at its end."""
        steps = arrival.job()
        answer: object = None
        conflict: Conflict | None = None
        try:
            while True:
                call = steps.throw(conflict) if conflict else steps.send(answer)
                free = self._taken(call)
                yield self._seconds(call)
                answer, conflict = self._answered(call) if free else (None, Conflict())
                self.tally.conflicts += conflict is not None
        except StopIteration as end:
            self.tally.again += len(getattr(end.value, "later", ()))

    def _taken(self, call: StoreCall) -> bool:
        """Whether nobody is writing the same items; they are this call's then, until it ends."""
        keys = _written(call)
        now = self.tally.ended
        if any(self._held.get(key, 0.0) > now for key in keys):
            return False
        self._held |= dict.fromkeys(keys, now + self._seconds(call) - 1e-9)
        return True

    def _seconds(self, call: StoreCall) -> float:
        if isinstance(call, Pause):
            longest: float = min(1.0, 0.02 * 2**call.attempt)
            return self.random.random() * longest
        return SECONDS[type(call)]

    def _answered(self, call: StoreCall) -> tuple[Any, Conflict | None]:
        try:
            return apply(call, self.graph, MemoryTable()), None
        except Conflict as conflict:
            return None, conflict


def _written(call: StoreCall) -> tuple[Key, ...]:
    match call:
        case Transact(writes):
            return tuple(write.key for write in writes)
        case Update(write):
            return (write.key,)
        case _:
            return ()
