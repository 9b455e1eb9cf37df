"""Resolvers that take turns at every store call, with conflicts, throttles and crashes injected."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rules.resolution_calls import (
    Earliest,
    InsertMany,
    Query,
    ReadMany,
    Scan,
    Steps,
    StoreCall,
    Transact,
    Update,
)
from schemas.errors import RetryLater
from schemas.rows import Conflict
from tests.simulator.store import MemoryTable

Job = Callable[[], Steps[Any]]
"""Starts a piece of work from the beginning, as a redelivery does."""


@dataclass(slots=True)
class Faults:
    """How often, per call: a conflict without a cause, a throttle, a crash before or after it."""

    conflict: float = 0.0
    throttle: float = 0.0
    crash: float = 0.0


@dataclass(slots=True)
class World:
    """Two tables and a seeded scheduler."""

    random: Random
    faults: Faults = field(default_factory=Faults)
    graph: MemoryTable = field(default_factory=MemoryTable)
    journal: MemoryTable = field(default_factory=MemoryTable)
    calls: int = 0
    most: int = 1_000_000
    """More calls than that are work that never ends: without its conditions it may not."""

    def run(self, jobs: Iterable[Job], at_once: int = 1) -> list[Any]:
        """Works off the queue with `at_once` workers; what fails is delivered again."""
        queue = list(jobs)
        results: list[Any] = []
        running: list[Worker] = []
        while queue or running:
            while queue and len(running) < at_once:
                running.append(Worker(self, queue.pop(0)))
            worker = self.random.choice(running)
            outcome = worker.step()
            if outcome is None:
                continue
            running.remove(worker)
            if outcome == "again":
                queue.insert(self.random.randrange(len(queue) + 1), worker.job)
            else:
                results.append(worker.result)
        return results

    def perform(self, call: StoreCall) -> object:
        """One call; a throttle and a crash may come after it took effect, a conflict may not."""
        self.calls += 1
        assert self.calls < self.most, "it never ends"
        if self.random.random() < self.faults.throttle:
            if self.random.random() < 0.5:
                with suppress(Conflict):
                    apply(call, self.graph, self.journal)
            raise RetryLater("throttled, or answered too late to be heard")
        writes = isinstance(call, Transact | Update)
        if writes and self.random.random() < self.faults.conflict:
            raise Conflict
        return apply(call, self.graph, self.journal)


def apply(call: StoreCall, graph: MemoryTable, journal: MemoryTable) -> object:
    """The call's effect and answer."""
    match call:
        case ReadMany(keys):
            return graph.get_many(keys)
        case Query(pk, begins, table):
            return (journal if table == "journal" else graph).query(pk, begins)
        case Earliest(pk, until, most):
            return graph.query(pk, "", until)[:most]
        case Scan(after, table):
            return (journal if table == "journal" else graph).scan(after)
        case Transact(writes):
            graph.transact(writes)
        case Update(write, table):
            (journal if table == "journal" else graph).transact([write])
        case InsertMany(items, table):
            return (journal if table == "journal" else graph).insert_many(items)
    return None


class Worker:
    """One generator being run."""

    def __init__(self, world: World, job: Job) -> None:
        self.world = world
        self.job = job
        self.result: Any = None
        self._steps = job()
        self._send: Callable[[], StoreCall] = lambda: next(self._steps)

    def step(self) -> str | None:
        """Up to the next call: none while it goes on, `done`, or `again` when it must be redone."""
        world = self.world
        try:
            call = self._send()
        except StopIteration as end:
            self.result = end.value
            return "again" if getattr(end.value, "later", None) else "done"
        except RetryLater:
            return "again"
        if world.random.random() < world.faults.crash:
            return self._crash(call)
        try:
            answer = world.perform(call)
        except Conflict as error:
            self._send = lambda error=error: self._steps.throw(error)  # type: ignore[misc]
        except RetryLater:
            self._steps.close()
            return "again"
        else:
            self._send = lambda: self._steps.send(answer)
        return None

    def _crash(self, call: StoreCall) -> str:
        if self.world.random.random() < 0.5:
            with suppress(Conflict, RetryLater):
                self.world.perform(call)
        self._steps.close()
        return "again"


def run_alone(
    steps: Steps[Any], graph: MemoryTable, journal: MemoryTable, until: int = -1
) -> object:
    """Runs steps to their end, or drops them after `until` calls have taken effect."""
    done = 0
    try:
        call = next(steps)
        while True:
            if done == until:
                steps.close()
                return None
            done += 1
            try:
                answer = apply(call, graph, journal)
            except Conflict as conflict:
                call = steps.throw(conflict)
            else:
                call = steps.send(answer)
    except StopIteration as end:
        return end.value


class Slow:
    """Steps that stand still between two calls while others go on."""

    def __init__(self, steps: Steps[Any], graph: MemoryTable, journal: MemoryTable) -> None:
        self._steps = steps
        self._tables = graph, journal
        self._send: Callable[[], StoreCall] = lambda: next(steps)
        self.ended = False

    def go(self, calls: int) -> None:
        """So many calls further; to the end when negative."""
        while calls and not self.ended:
            calls -= 1
            try:
                answer = apply(self._send(), *self._tables)
            except StopIteration:
                self.ended = True
            except Conflict as conflict:
                self._send = lambda conflict=conflict: self._steps.throw(conflict)  # type: ignore[misc]
            else:
                self._send = lambda answer=answer: self._steps.send(answer)  # type: ignore[misc]


def interrupted(first: Steps[Any], second: Steps[Any], after: int) -> Steps[bool]:
    """All of `second` after so many calls of `first`; false when that has ended by then."""
    done, come = 0, False
    try:
        call = next(first)
        while True:
            if done == after:
                come = True
                yield from second
            done += 1
            try:
                answer = yield call
            except Conflict as conflict:
                call = first.throw(conflict)
            else:
                call = first.send(answer)
    except StopIteration:
        return come
