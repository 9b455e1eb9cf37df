"""Histories in which customers come together and fall apart while their people speak."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Literal

from functions.reading import Reader
from rules import delivery
from rules.consent import standing
from rules.delivery import Addressee, Person
from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_calls import InsertMany, Steps, StoreCall, Transact, Update
from rules.resolution_case import Received, consent_items, prepare
from rules.resolution_islands import Laws
from rules.resolution_removal import erase, remove_record
from rules.resolution_restating import Sweep
from schemas.graph import ConsentRow, Island, Profile
from schemas.identifiers import Identifier
from schemas.observation import ConsentSignal, Observation, Record
from schemas.policy import IdentifierRule, IdentityRules
from tests.oracle.bonds import CHANNELS, PURPOSES, Moment, Refusal, Word
from tests.simulator.deeds import judged, marked, marks, verdicts
from tests.simulator.histories import PEPPER, START, claim, history, person
from tests.simulator.port import MemoryPort
from tests.simulator.reading import islands
from tests.simulator.world import Faults, Job, World

RULES = IdentityRules(
    types={
        "email": IdentifierRule(level=1, limit=3, junk=("junk@.*",), current=True),
        "phone": IdentifierRule(level=2, limit=2),
        "shop:customer": IdentifierRule(level=0, limit=3),
    },
    scope_cap=6,
)
STATES: tuple[Literal["granted", "withdrawn"], ...] = ("granted", "withdrawn")
LATER = START + timedelta(days=30)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Watched(World):
    """A world in which each commit is told."""

    told: Callable[[], None] = lambda: None

    def perform(self, call: StoreCall) -> object:
        answer = World.perform(self, call)
        if isinstance(call, Transact | Update | InsertMany):
            self.told()
        return answer


@dataclass
class Story:
    """One history. Whoever acts at the same time does so at the same hour."""

    random: Random
    at_once: int = 1
    faults: Faults = field(default_factory=Faults)
    hour: int = 0
    graph: MemoryPort = field(default_factory=MemoryPort)
    journal: MemoryPort = field(default_factory=MemoryPort)
    said: dict[str, Word] = field(default_factory=dict)
    seen: list[Moment] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    passed: list[Moment] = field(default_factory=list)
    """Also what was true between two commits, without what was refused."""
    looked: int = 0
    """How much of that had passed at the moment that was seen last."""

    def __post_init__(self) -> None:
        names = count()
        self.laws = Laws(RULES, PEPPER, lambda: f"g{next(names)}", self.now)
        self.numbers = count()
        self.late = self.random.random() < 0.3
        self.received = [
            Received(self._speaking(each.observation), START) for each in history(self.random, 20)
        ]
        tables = self.graph.memory, self.journal.memory
        self.world = Watched(self.random, self.faults, *tables, told=self._passes)

    def now(self) -> datetime:
        """The clock."""
        return LATER + self.hour * HOUR

    def played(self, steps: int = 12) -> "Story":
        """Some hours; in each so many act at once. What holds is looked at after each."""
        for _ in range(steps):
            self.hour += 1
            work = [self._deed() for _ in range(self.at_once)]
            self.world.run(work, self.at_once)
            self.seen.append(self.moment())
        return self

    def words(self) -> list[Word]:
        """What was said and let in: some is of who was erased, or of records that were removed."""
        return [word for name, word in self.said.items() if name in self.heard]

    def moment(self) -> Moment:
        """Who is with whom now, and what is refused to whom."""
        found = self._everybody()
        refused = frozenset(r for each in found for r in self._refused(each))
        groups = _groups(found)
        since = [*self.seen[-1:], *self.passed[self.looked :]]
        there = [moment.groups.keys() for moment in since]
        self.looked = len(self.passed)
        new = frozenset(s for s in groups if not all(s in each for each in there))
        return Moment(self.now(), groups, refused, new)

    def _passes(self) -> None:
        self.heard |= {f"{key.pk} {key.sk}" for key in self.graph.memory.rows}
        self.passed.append(Moment(self.now(), _groups(self._everybody()), frozenset()))

    def _everybody(self) -> list[Person]:
        return [each for i in islands(self.graph.memory).values() for each in _people(i)]

    def _refused(self, who: Person) -> Iterator[Refusal]:
        reader = Reader(self.graph, self.journal)
        for each in (delivery.unaddressed(who, PEPPER), *_addressed(who)):
            scopes = delivery.scopes(each, reader.said(who, each))
            for purpose in PURPOSES:
                for channel in CHANNELS:
                    if standing(scopes, purpose, channel, self.now()).state == "withdrawn":
                        where = each.key if each.key in each.addresses else ""
                        for s in who.subjects:
                            yield Refusal(s, where, purpose, channel)

    def _deed(self) -> Job:
        often = [self._resolves, self._speaks, self._speaks]
        seldom = [self._judges, self._marks, self._erases, self._removes, self._adopts]
        return self.random.choice([*often, *often, *often, *seldom])()

    def _resolves(self) -> Job:
        batch = self.random.choices(self.received, k=self.random.randint(1, 4))
        batch = [each._replace(at=self.now()) for each in batch]
        self._note(batch)
        return partial(_resolved, batch, lambda: self.laws)

    def _speaks(self) -> Job:
        claims = (claim(self.random),) if self.random.random() < 0.2 else ()
        number = next(self.numbers)
        record = Record(kind="said", id=f"{number}", version="1", occurred_at=START)
        seen = Observation(subject=person(self.random), record=record, claims=claims)
        batch = [Received(self._speaking(seen, 1.0), self.now())]
        self._note(batch)
        return partial(_resolved, batch, lambda: self.laws)

    def _speaking(self, seen: Observation, often: float = 0.4) -> Observation:
        if self.random.random() > often:
            return seen
        about = claim(self.random).identifier if self.random.random() < 0.3 else None
        state = self.random.choice(STATES)
        late = self.hour > 0 and (self.late or state == "withdrawn")
        back = self.random.choice((0, 0, 0, 3)) if late else 0
        signal = ConsentSignal(
            purpose=self.random.choice(PURPOSES),
            channel=self.random.choice(CHANNELS),
            state=state,
            identifier=about if about and about.type in ("email", "phone") else None,
            effective_at=self.now() - back * HOUR,
        )
        return seen.model_copy(update={"consents": (signal,)})

    def _note(self, batch: list[Received]) -> None:
        for each in batch:
            for item, _ in consent_items(prepare(each, PEPPER, RULES), PEPPER):
                row = ConsentRow.model_validate_json(str(item["data"]))
                pk, sk = str(item["pk"]), str(item["sk"])
                self.said.setdefault(f"{pk} {sk}", Word(pk[2:], row))

    def _judges(self) -> Job:
        found = verdicts(self.random, self.received)
        return partial(_if_known, found, self)

    def _marks(self) -> Job:
        found = marks(self.random, self.received)
        if not found:
            return self._resolves()
        key, values = self.random.choice([*found.items()])
        return partial(marked, key, values, self.laws)

    def _subject(self) -> str:
        return prepare(self.random.choice(self.received), PEPPER, RULES).s

    def _erases(self) -> Job:
        return partial(_gone, self._subject(), self.now(), self.laws)

    def _removes(self) -> Job:
        each = self.random.choice(self.received)
        record = each.observation.record
        s = prepare(each, PEPPER, RULES).s
        return partial(_taken_out, s, (record.kind, record.id), self.now(), self.laws)

    def _adopts(self) -> Job:
        types = {
            name: rule.model_copy(update={"limit": self.random.choice((2, 3, 5))})
            for name, rule in RULES.types.items()
        }
        rules = IdentityRules(types=types, scope_cap=self.random.choice((2, 3, 6)))
        self.laws = replace(self.laws, rules=rules)
        return partial(_adopted, f"{next(self.numbers)}", self.laws)


def _groups(found: Iterable[Person]) -> dict[str, frozenset[str]]:
    return {s: each.subjects | each.addresses(each.subjects)
            for each in found for s in each.subjects}  # fmt: skip


def _people(island: Island) -> Iterator[Person]:
    for label in sorted(set(island.labels.values())):
        profile = Profile(customer=label, version=1, island=island.g, island_version=1)
        yield Person(profile, island)


def _addressed(who: Person) -> Iterator[Addressee]:
    for key in sorted(who.addresses(who.subjects)):
        named = Identifier(type="email", value=key)
        yield Addressee(key, named, frozenset({key}), frozenset())


def _resolved(batch: list[Received], laws: Callable[[], Laws]) -> Steps[object]:
    return (yield from resolve(batch, laws()))


def _if_known(found: list, story: Story) -> Steps[object]:  # type: ignore[type-arg]
    known = {s for i in islands(story.graph.memory).values() for s in i.nodes}
    yield from judged([v for v in found if {v.a, v.b} <= known], story.laws)
    return True


def _gone(s: str, at: datetime, laws: Laws) -> Steps[object]:
    yield from erase(s, at, laws)
    return (yield from erase(s, at, laws, last=True))


def _taken_out(s: str, record: tuple[str, str], at: datetime, laws: Laws) -> Steps[object]:
    yield from remove_record(s, record, at, laws)
    return (yield from remove_record(s, record, at, laws, last=True))


def _adopted(name: str, laws: Laws) -> Steps[object]:
    for last in (False, True):
        while not (yield from adopt(Sweep(name, START, last), laws)).done:
            pass
    return True
