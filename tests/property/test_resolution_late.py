"""A record that is newer than a removal, and was under way when that began, stays with its links.

Its links may be committed before the removal's first write and its row come after it. Who resolves
it has succeeded then, so it does not come again: every interleaving of the two is played.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from rules import resolution, resolution_heard, resolution_removal
from rules.resolution import resolve
from rules.resolution_calls import Steps, query
from rules.resolution_case import Received, out_since, prepare
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD
from rules.resolution_removal import erase
from schemas.graph import SubjectHead, SubjectKey
from schemas.identifiers import Subject
from schemas.observation import Interaction, Money
from schemas.policy import IdentityRules
from schemas.rows import Conflict, Item, Write
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_current import RULES as CURRENT
from tests.property.test_resolution_removal import starts, told
from tests.simulator.histories import PEPPER, RULES, START, expected
from tests.simulator.moving import turn
from tests.simulator.reading import broken_promises, graph_in, heads
from tests.simulator.removals import REMOVED, Removal
from tests.simulator.store import MemoryTable
from tests.simulator.stories import contact
from tests.simulator.world import Faults, World, interrupted, run_alone

BOB = Subject(source="help", object="user", id="1", created_at=START)
TWIN = Subject(source="help", object="user", id="2", created_at=START)
SHOPPER = Subject(source="shop", object="customer", id="7", created_at=START)
PAL = Subject(source="crm", object="contact", id="9", created_at=START)
OTHERS = [
    contact(1, SHOPPER, "a@example.com", "+12025550101"),
    contact(2, TWIN),
    contact(3, PAL, "b@example.com"),
]
MOST = 24
"""More calls than any of them makes."""
BEGUN = 3
"""Calls of a removal after which it has looked at what is there; one more deletes it."""


@dataclass(frozen=True)
class Pair:
    """What is removed, and what comes beside that and is newer."""

    old: Received
    new: Received
    rules: IdentityRules = RULES

    def laws(self) -> Laws:
        return replace(laws(), rules=self.rules)


def said(hour: int, *names: str, record: str, **more: object) -> Received:
    """Of one help-desk user."""
    seen = contact(0, BOB, *names).observation
    version = (START + timedelta(hours=hour)).isoformat()
    named = seen.record.model_copy(update={"id": record, "version": version})
    update = {"record": named, **more}
    return Received(seen.model_copy(update=update), START + timedelta(days=3))


OLD = said(1, "a@example.com", "c@example.com", record="k")
SAME = said(12, "a@example.com", record="n")
SOLD = Interaction(kind="order", title="Lamp", amount=Money(minor=990, currency="EUR"))
NEW = {
    "nothing that is new": SAME,
    "another record": said(12, "a@example.com", "b@example.com", record="n"),
    "a newer version": said(12, "b@example.com", "+12025550101", record="k"),
    "no identifier": said(12, record="n"),
    "an order": said(12, "b@example.com", record="n", interaction=SOLD),
    "an order that can move": said(12, "b@example.com", record="n", interaction=SOLD)._replace(
        movable=True
    ),
    "a merger": said(12, "b@example.com", record="n", merged=(TWIN,)),
}
PAIRS = {name: Pair(OLD, new) for name, new in NEW.items()} | {
    "a newer merger": Pair(
        said(1, "a@example.com", record="k", merged=(TWIN,)),
        said(12, "b@example.com", record="k", merged=(TWIN,)),
    ),
    "a newer version of what can move": Pair(
        said(1, "a@example.com", record="k", interaction=SOLD)._replace(movable=True),
        said(12, "b@example.com", record="k", interaction=SOLD)._replace(movable=True),
    ),
    "a newer version of the one that counts": Pair(OLD, NEW["a newer version"], CURRENT),
}
S = prepare(OLD, PEPPER, RULES).s
GONE = {"subject": Removal(S, None, REMOVED), "record": Removal(S, ("contact", "k"), REMOVED)}


@dataclass
class Played:
    """One interleaving, on tables of its own."""

    pair: Pair
    gone: Removal
    graph: MemoryTable = field(default_factory=MemoryTable)

    def __post_init__(self) -> None:
        self.made, self.journal = self.pair.laws(), MemoryTable()
        self.run(resolve([*OTHERS, self.pair.old], self.made))

    def run(self, steps: Steps[Any], until: int = -1) -> object:
        return run_alone(steps, self.graph, self.journal, until)

    def removing(self, *, last: bool = False) -> Steps[bool]:
        return self.gone.steps(self.made, last=last)

    def resolving(self, received: Received) -> Steps[object]:
        return resolve([received], self.made)

    @property
    def begun(self) -> int:
        """After so many calls of the removal what comes is not there already."""
        record = self.pair.new.observation.record
        if self.gone.record not in (None, (record.kind, record.id)):
            return 0
        return BEGUN + (record.id == self.pair.old.observation.record.id)

    @property
    def reached(self) -> bool:
        """Whether the removal took the newer one for there already."""
        case = prepare(self.pair.new, PEPPER, self.pair.rules)
        out = out_since(heads(self.graph).get(S), case.r)
        return out is not None and case.said <= out

    def amiss(self, *later: Received) -> bool:
        """Whether what is there now is anything but what is newer, and what came still later."""
        left = [*([] if self.reached else [self.pair.new]), *later]
        changing = ("email#", "shop:customer#") if self.pair.rules is CURRENT else ()
        wrong = broken_promises(self.graph, changing, self.pair.rules)
        wanted = expected([*OTHERS, *left], self.pair.rules)
        return bool(wrong) or graph_in(self.graph, self.pair.rules) != wanted


def cut(steps: Steps[Any], calls: int) -> Steps[bool]:
    """A crash after so many calls; whether it came."""
    try:
        call = next(steps)
        while calls:
            calls -= 1
            try:
                answer = yield call
            except Conflict as conflict:
                call = steps.throw(conflict)
            else:
                call = steps.send(answer)
    except StopIteration:
        return False
    steps.close()
    return True


@dataclass(frozen=True)
class At:
    """When, of two at once: whether the removal was within the other, after so many calls."""

    within: bool
    point: int


def beside(pair: Pair, gone: Removal) -> Iterator[tuple[At, Played]]:
    """The removal within each call of the resolver, and the resolver within each of the removal."""
    return interleaved(lambda: Played(pair, gone), pair.new, last=False)


def interleaved(
    begun: Callable[[], Played], comes: Received, *, last: bool
) -> Iterator[tuple[At, Played]]:
    """A call of the removal, the last or the one before, and what comes."""
    for within, point in product((True, False), range(MOST)):
        played = begun()
        steps = (played.resolving(comes), played.removing(last=last))
        first, second = steps if within else reversed(steps)
        if played.run(interrupted(first, second, point)):
            yield At(within, point), played


def robbed(pair: Pair) -> Callable[[], Played]:
    """Its links were committed just before the erasure, and its row came after it."""
    gone = GONE["subject"]
    last = max(when.point for when, _ in beside(pair, gone) if when.within)

    def begun() -> Played:
        played = Played(pair, gone)
        steps = played.resolving(pair.new), played.removing()
        played.run(interrupted(*steps, last))
        return played

    return begun


def crashing(pair: Pair, gone: Removal) -> Iterator[tuple[str, Played]]:
    """The same, where the removal ends after any call, and is started again."""
    for within, point, calls in product((True, False), range(1, MOST, 3), range(0, MOST, 2)):
        played = Played(pair, gone)
        removal = cut(played.removing(), calls)
        steps = (played.resolving(pair.new), removal)
        first, second = steps if within else reversed(steps)
        if played.run(interrupted(first, second, point)):
            played.run(played.removing())
            yield f"{within}, call {point}, crash at {calls}", played


def ended(played: Played) -> Played:
    """The last call, and a turn of the clock for what moved."""
    played.run(played.removing(last=True))
    played.run(turn(2, played.made))
    return played


each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
each_removal = pytest.mark.parametrize("gone", GONE.values(), ids=GONE)


@each_pair
@each_removal
def test_it_stays_with_its_links_and_what_is_older_goes(pair: Pair, gone: Removal) -> None:
    for when, played in beside(pair, gone):
        assert played.reached == (not when.within and when.point < played.begun)
        assert not ended(played).amiss(), when
        played.run(played.resolving(pair.old))
        assert not played.amiss(), f"{when}, and the older one late"


@each_pair
@each_removal
def test_a_crash_of_the_removal_changes_nothing(pair: Pair, gone: Removal) -> None:
    for when, played in crashing(pair, gone):
        assert not ended(played).amiss(), when


@each_pair
def test_a_crash_of_the_last_call_changes_nothing(pair: Pair) -> None:
    begun = robbed(pair)
    for calls in range(MOST):
        played = begun()
        played.run(played.removing(last=True), calls)
        assert not ended(played).amiss(), f"crash at {calls}"


NEXT = {
    "a version that drops what the one before said": (
        Pair(OLD, NEW["another record"], CURRENT),
        said(13, "+12025550101", record="n"),
    ),
    "a version about somebody else": (
        PAIRS["an order that can move"],
        said(13, "b@example.com", record="n", interaction=SOLD, subject=TWIN)._replace(
            movable=True
        ),
    ),
    "a version that names another": (
        PAIRS["an order that can move"],
        said(13, "d@example.com", record="n", interaction=SOLD)._replace(movable=True),
    ),
    "another record": (PAIRS["another record"], said(13, "d@example.com", record="m")),
}


def test_what_a_version_drops_beside_the_last_call_is_gone() -> None:
    """Nothing else that it says is new, nor has anybody carried what it drops."""
    new = said(12, "b@example.com", "d@example.com", record="n", interaction=SOLD)
    comes = said(13, "d@example.com", record="n", interaction=SOLD)._replace(movable=True)
    other = said(12, "d@example.com", record="m")
    begun = robbed(Pair(OLD, new._replace(movable=True)))

    def known() -> Played:
        played = begun()
        played.run(played.resolving(other))
        return played

    for when, played in interleaved(known, comes, last=True):
        assert not ended(played).amiss(other, comes), when


@pytest.mark.parametrize("pair, comes", NEXT.values(), ids=NEXT)
def test_what_comes_beside_the_last_call_counts_as_at_any_time(pair: Pair, comes: Received) -> None:
    for when, played in interleaved(robbed(pair), comes, last=True):
        assert not ended(played).amiss(comes), when


def test_links_that_take_several_transactions_come_back_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (resolution, resolution_heard):
        monkeypatch.setattr(module, "LINKS_AT_ONCE", 1)
    for name in ("another record", "a newer merger"):
        test_it_stays_with_its_links_and_what_is_older_goes(PAIRS[name], GONE["subject"])


def wrong(pair: Pair, gone: Removal) -> bool:
    return any(ended(played).amiss() for _, played in beside(pair, gone))


@pytest.mark.parametrize(
    "name, gone",
    [*product(PAIRS, ["subject"]), *product(["a newer merger"], ["record"])],
)
def test_without_reading_what_is_left_it_loses_them(
    name: str, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def idle(_s: SubjectKey, _laws: Laws) -> Steps[None]:
        yield from ()

    monkeypatch.setattr(resolution_removal, "heard", idle)
    assert wrong(PAIRS[name], GONE[gone])


def test_where_rows_go_after_the_tombstone_alone_a_newer_one_keeps_the_words_of_the_older(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked(s: SubjectKey, _goes: Callable[[Item], bool]) -> Steps[list[Item]]:
        return list((yield from query(f"S#{s}", "R#")))

    swept = resolution_removal._swept
    monkeypatch.setattr(resolution_removal, "_swept", looked)
    monkeypatch.setattr(resolution_removal, "sweep", lambda head: _sweep(swept, head))
    assert wrong(PAIRS["a newer version"], GONE["subject"])


def _sweep(swept: Callable[..., Steps[list[Item]]], head: SubjectHead) -> Steps[None]:
    yield from swept(head.s, lambda row: resolution_removal._is_out(row, head))


def test_who_was_erased_is_on_the_head_until_the_last_call_and_no_longer() -> None:
    played = Played(PAIRS["another record"], GONE["subject"])
    played.run(played.removing())
    head = heads(played.graph)[S]
    assert head.subject.id == S
    assert head.late
    assert head.late.subject == BOB
    assert heads(ended(played).graph)[S].late is None


def test_the_last_call_of_an_earlier_erasure_does_not_end_a_later_one() -> None:
    """Both are under way, and what comes late is newer than both."""
    pair = PAIRS["another record"]
    for point in range(MOST):
        played = Played(pair, GONE["subject"])
        played.run(played.removing())
        again = erase(S, REMOVED + timedelta(hours=1), played.made)
        both = _one_after_the_other(again, played.removing(last=True))
        if not played.run(interrupted(played.resolving(pair.new), both, point)):
            return
        played.run(erase(S, REMOVED + timedelta(hours=1), played.made, last=True))
        assert not played.amiss(), f"call {point}"


def _one_after_the_other(*every: Steps[Any]) -> Steps[bool]:
    for each in every:
        yield from each
    return True


@pytest.mark.parametrize("name", ["a newer version", "a newer merger"])
@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_an_older_version_that_was_under_way_adds_nothing_to_a_newer_one(
    name: str, gone: Removal
) -> None:
    """It comes again; the removal, and what is newer, come within it."""
    pair = PAIRS[name]
    for point in range(MOST):
        played = Played(pair, gone)
        both = _one_after_the_other(played.removing(), played.resolving(pair.new))
        came = played.run(interrupted(played.resolving(pair.old), both, point))
        if not came:
            return
        assert not ended(played).amiss(), f"call {point}"


def forgotten(table: Callable[[], MemoryTable]) -> bool:
    """Whether an address does not know who says it again after an erasure, in a batch of which
    another has read it before: nothing seemed to change of it.
    """
    pair, twin = PAIRS["another record"], contact(4, TWIN, "a@example.com", record="t")
    for point in range(MOST):
        played = Played(pair, GONE["subject"], table())
        batch = resolve([twin, pair.new], played.made)
        played.run(interrupted(batch, played.removing(), point))
        if ended(played).amiss(twin):
            return True
    return False


def test_an_identifier_that_was_read_before_the_erasure_is_looked_at_again() -> None:
    assert not forgotten(MemoryTable)


def test_without_a_look_at_it_somebody_is_missing_there() -> None:
    def checked(write: Write) -> bool:
        return write.key.pk.startswith("I#") and write.key.sk == HEAD and write.kind == "check"

    assert forgotten(lambda: MemoryTable(drops=checked))


def told_together(seed: int, faults: Faults) -> tuple[list[Received], MemoryTable]:
    """What is old, new records, and removals, all at once; then the removals' last calls.

    No newer versions: beside an older one that is under way too, and comes first, they keep its
    words.
    """
    random = Random(seed)
    story, made = told(random), laws()
    new = [each for each in story.new if each.observation.record.id.endswith("/new")]
    every = [*story.old, *new]
    world = World(random, faults)
    first = [*jobs(batches(random, every), made), *starts(story.removed, made, last=False)]
    random.shuffle(first)
    world.run(first, 8)
    world.run(starts(story.removed, made, last=True), 2)
    return every, world.graph


def counting(received: Iterable[Received], table: MemoryTable) -> Iterator[Received]:
    """What is newer than the removals, as far as these reached."""
    found = heads(table)
    for each in received:
        case = prepare(each, PEPPER, RULES)
        out = out_since(found.get(case.s), case.r)
        if out is None or case.said > out:
            yield each


@pytest.mark.parametrize("faults", [Faults(), Faults(conflict=0.04, throttle=0.02, crash=0.04)])
def test_with_eight_at_once_what_is_newer_stays(faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        every, table = told_together(seed, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == expected(counting(every, table)), f"seed {seed}"
