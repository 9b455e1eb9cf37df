"""Whatever the order in which a stream's shards are read, and however often: the same views."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.customers import Customers, profile_from
from events.outbound import CustomerChanged
from functions import announce
from functions.folding import Job, folded, read
from rules import listing
from rules.profile import changed
from rules.resolution_items import island_from, island_key
from schemas.graph import Island, SubjectKey
from tests.fakes.graph import PEPPER, World, called, policy, wire

SUBJECTS = 5
SHARDS = 3


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


@dataclass
class History:
    """A graph that changes while its stream is being read, shard by shard, batch by batch."""

    world: World
    chance: Random
    subjects: list[SubjectKey] = field(default_factory=list)
    home: dict[SubjectKey, str] = field(default_factory=dict)
    read_to: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(SHARDS), 0))

    def begin(self) -> None:
        """Everybody in an island of their own."""
        for number in range(SUBJECTS):
            s = self.world.subject(str(number), island=f"g{number}")
            self.subjects.append(s)
            self.home[s] = f"g{number}"
            self.world.island(f"g{number}", 1, [s])

    def step(self) -> None:
        """One thing happens."""
        deeds = [self.rename, self.join, self.relabel, self.hear, self.hear, self.hear_badly]
        self.chance.choice(deeds)()

    def rename(self) -> None:
        s = self.chance.choice(self.subjects)
        self.world.contact(s, name=self.chance.choice(["Ada", "Bea", "Cem"]))

    def join(self) -> None:
        """Two islands become one, in one transaction."""
        a, b = (self.home[s] for s in self.chance.sample(self.subjects, 2))
        if a == b:
            return
        members = [s for s, g in self.home.items() if g in {a, b}]
        self.home |= dict.fromkeys(members, a)
        self.write(a, members)
        self.world.island(b, self.island(b).version + 1, into=a)

    def relabel(self) -> None:
        """The customers of an island are others than before."""
        g = self.home[self.chance.choice(self.subjects)]
        self.write(g, [s for s, home in self.home.items() if home == g])

    def write(self, g: str, members: Sequence[SubjectKey]) -> None:
        groups: dict[int, list[SubjectKey]] = {}
        for s in sorted(members):
            groups.setdefault(self.chance.randrange(len(members)), []).append(s)
        self.world.island(g, self.island(g).version + 1, *groups.values())

    def island(self, g: str) -> Island:
        item = self.world.table.get(island_key(g))
        assert item
        return island_from(item)

    def hear(self) -> None:
        """One shard is read on, by a batch; at times the batch before comes again."""
        self._hear(self.chance.randrange(SHARDS))

    def _hear(self, shard: int) -> None:
        waiting = [c for c in self.world.table.changes if _shard(c) == shard]
        first = self.read_to[shard]
        again = max(0, first - self.chance.choice([0, 0, 2]))
        last = min(len(waiting), first + self.chance.randint(1, 6))
        assert announce.handler({"Records": waiting[again:last]}) == {"batchItemFailures": []}
        self.read_to[shard] = last

    def hear_badly(self) -> None:
        """While a batch is worked on, another shard is read, too; or the process is gone."""
        shard, other = self.chance.sample(range(SHARDS), 2)
        left = [self.chance.randrange(30)]
        events: list[Callable[[], None]] = [self._die, lambda: self._hear(other)]
        meanwhile = self.chance.choice(events)

        def tick() -> None:
            left[0] -= 1
            if left[0] == 0:
                meanwhile()

        self.world.table.tick = tick
        with suppress(Killed):
            self._hear(shard)
        self.world.table.tick = lambda: None

    def _die(self) -> None:
        raise Killed

    def end(self) -> None:
        """Every shard is read to its end."""
        while any(
            self.read_to[shard] < sum(_shard(c) == shard for c in self.world.table.changes)
            for shard in range(SHARDS)
        ):
            self.hear()


def _shard(change: dict[str, dict[str, dict[str, dict[str, str]]]]) -> int:
    return crc32(change["dynamodb"]["Keys"]["pk"]["S"].encode()) % SHARDS


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 40))
def test_the_views_are_those_of_the_graph_in_the_end(seed: int, steps: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        history = History(wire(patched), Random(seed))
        history.begin()
        for _ in range(steps):
            history.step()
        history.end()
        _in_step(history)
        _all_told(history)


def _in_step(history: History) -> None:
    table = history.world.table
    customers = Customers(table)
    alive = {
        customer: g
        for g in set(history.home.values())
        for customer in history.island(g).labels.values()
    }
    jobs = {customer: Job(g) for customer, g in alive.items()}
    rows = read(customers, jobs)
    for customer, found in customers.profiles([called([s]) for s in history.subjects]).items():
        if customer not in alive:
            assert found.gone
            continue
        wanted = folded(customer, jobs[customer], rows, policy().identity)
        told = {"version", "island_version"}
        assert found.model_dump(exclude=told) == wanted.model_dump(exclude=told)
    listed = {key.sk for key in table.store.rows if key.pk in listing.partitions("customer")}
    assert listed == set(alive)


def _all_told(history: History) -> None:
    """Each change of a view is in an event of that version or a later one, said after it."""
    said: dict[str, CustomerChanged] = {}
    for event in history.world.said:
        if isinstance(event.data, CustomerChanged):
            assert said.setdefault(event.id, event.data) == event.data, "an id is one event"
    for record in history.world.table.changes:
        change = announce.change(record)
        if change.about != "profile" or change.new is None:
            continue
        new = profile_from(change.new)
        names = changed(profile_from(change.old) if change.old else None, new, PEPPER)
        assert not names or any(
            each.customer == new.customer
            and each.version >= new.version
            and set(names) <= set(each.changed)
            for each in said.values()
        ), (new.customer, new.version, names)
    rows = history.world.table.store.rows.values()
    assert not any("untold" in row for row in rows)
