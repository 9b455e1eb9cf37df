"""Who is erased, and records that are taken out, leave the graph as if they had never come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD
from schemas.identifiers import Subject
from schemas.rows import Key, Write
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import identifiers, islands, none, subjects
from tests.simulator.histories import PEPPER, RULES, START, crowd, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import REMOVED, Removal, admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.stories import contact
from tests.simulator.world import Faults, Job, World, interrupted, run_alone


@dataclass(frozen=True)
class Told:
    """What is said before and after the removals, and what they are."""

    old: Sequence[Received]
    new: Sequence[Received]
    removed: Sequence[Removal]

    @property
    def left(self) -> list[Received]:
        return [*admitted(self.old, self.removed), *self.new]


def told(random: Random, most: int = 14) -> Told:
    old, new = histories(random, most)
    return Told(old, new, removals(random, old))


def starts(removed: Sequence[Removal], made: Laws, *, last: bool) -> list[Job]:
    return [partial(each.steps, made, last=last) for each in removed]


def played(
    seed: int, at_once: int, faults: Faults, forgets: Callable[[Key], bool] = none
) -> tuple[Told, MemoryTable]:
    """Removals beside resolvers; then, all of these ended, what is new, late, and swept again."""
    random = Random(seed)
    story = told(random)
    made = laws()
    world = World(random, faults, MemoryTable(forgets=forgets))
    first = [*jobs(batches(random, story.old), made), *starts(story.removed, made, last=False)]
    random.shuffle(first)
    world.run(first, at_once)
    late = [each for each in story.old if random.random() < 0.3]
    then = [
        *jobs(batches(random, [*story.new, *late]), made),
        *starts(story.removed, made, last=True),
    ]
    random.shuffle(then)
    world.run(then, at_once)
    return story, world.graph


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="eight, crashing"),
    ],
)
def test_what_is_left_is_the_graph_of_what_was_not_removed(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        story, table = played(seed, at_once, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == expected(story.left), f"seed {seed}"


def test_a_crash_after_any_call_and_starting_again_loses_nothing() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 60):
        random = Random(seed)
        story = told(random, most=8)
        for crash_at in range(120):
            graph, journal, made = MemoryTable(), MemoryTable(), laws()
            run_alone(resolve(story.old, made), graph, journal)
            finished = run_alone(everything(story, made), graph, journal, crash_at)
            assert not broken_promises(graph), f"seed {seed}, call {crash_at}"
            run_alone(everything(story, made), graph, journal)
            assert graph_in(graph) == expected(story.left), f"seed {seed}, call {crash_at}"
            if finished:
                break


def test_whose_numbers_were_too_many_may_be_erased_with_a_crash_after_any_call() -> None:
    """The numbers leave the head with the tombstone, the rows that name them after it."""
    user = Subject(source="help", object="user", id="1", created_at=START)
    old = [contact(0, user, "ann@example.com", *(f"+1202555010{n}" for n in range(3)))]
    gone = Removal(prepare(old[0], PEPPER, RULES).s, None, REMOVED)
    for crash_at in range(20):
        graph, journal, made = MemoryTable(), MemoryTable(), laws()
        run_alone(resolve(old, made), graph, journal)
        run_alone(gone.steps(made, last=False), graph, journal, crash_at)
        assert not broken_promises(graph), f"call {crash_at}"
        run_alone(resolve(old, made), graph, journal)
        run_alone(gone.steps(made, last=True), graph, journal)
        assert not broken_promises(graph), f"call {crash_at}"
        assert graph_in(graph) == expected([]), f"call {crash_at}"


def test_a_record_may_come_late_while_its_subject_is_erased_and_counts_for_nothing() -> None:
    """Who resolves it read the head before: its row has no links any more, and is swept."""
    user = Subject(source="help", object="user", id="1", created_at=START)
    old = [contact(0, user, "ann@example.com")]
    gone = Removal(prepare(old[0], PEPPER, RULES).s, None, REMOVED)
    for point in range(6):
        graph, journal, made = MemoryTable(), MemoryTable(), laws()
        run_alone(resolve(old, made), graph, journal)
        erasing = gone.steps(made, last=False)
        run_alone(interrupted(resolve(old, made), erasing, point), graph, journal)
        assert not broken_promises(graph), f"call {point}"
        run_alone(gone.steps(made, last=True), graph, journal)
        assert graph_in(graph) == expected([]), f"call {point}"


def test_a_number_becomes_too_common_while_those_who_carried_it_are_taken_out() -> None:
    """They are off their island, and still on the number: it is not struck out for who is left."""
    subjects = [
        Subject(source=f"s{n}", object="customer", id="1", created_at=START) for n in "abcd"
    ]
    phone, mail = "+12025550101", "ann@example.com"
    old = [contact(0, each, phone, mail) for each in subjects[:2]]
    friend, third = contact(0, subjects[2], mail), contact(0, subjects[3], phone)
    more = contact(0, subjects[2], phone, record="another")
    gone = [Removal(prepare(each, PEPPER, RULES).s, None, REMOVED) for each in old]
    for one, two in product(range(12), range(12)):
        graph, journal, made = MemoryTable(), MemoryTable(), laws()
        run_alone(resolve([*old, friend], made), graph, journal)
        for removal, calls in zip(gone, (one, two), strict=True):
            run_alone(removal.steps(made, last=False), graph, journal, calls)
        run_alone(resolve([third], made), graph, journal)
        assert not broken_promises(graph), f"calls {one}, {two}"
        for last, removal in product((False, True), gone):
            run_alone(removal.steps(made, last=last), graph, journal)
        run_alone(resolve([more], made), graph, journal)
        assert graph_in(graph) == expected([friend, third, more]), f"calls {one}, {two}"


def struck_out(table: Callable[[], MemoryTable]) -> bool:
    """Whether a number does not link who is left, since one of its carriers said it again while
    its quarantine lifted: it was in doubt only, or about to leave, or gone.
    """
    named = (("shop", "customer"), ("help", "user"), ("crm", "contact"))
    three = [Subject(source=n, object=kind, id="1", created_at=START) for n, kind in named]
    old = [contact(0, each, "+12025550101") for each in three]
    again = contact(0, three[0], "+12025550101", record="another")
    s = [prepare(each, PEPPER, RULES).s for each in old]
    doubt, gone = Removal(s[0], ("contact", three[0].key), REMOVED), Removal(s[2], None, REMOVED)
    for cut, point in product(range(25), range(7)):
        graph, journal, made = table(), MemoryTable(), laws()
        run_alone(resolve(old, made), graph, journal)
        run_alone(doubt.steps(made, last=False), graph, journal)
        run_alone(doubt.steps(made, last=True), graph, journal, cut)
        lifting = gone.steps(made, last=False)
        run_alone(interrupted(resolve([again], made), lifting, point), graph, journal)
        for each in (doubt, gone):
            run_alone(each.steps(made, last=True), graph, journal)
        if broken_promises(graph) or graph_in(graph) != expected([old[1], again]):
            return True
    return False


def test_a_quarantine_may_lift_while_one_of_its_carriers_says_so_again() -> None:
    assert not struck_out(MemoryTable)


def test_without_a_look_at_the_number_that_comes_back_it_may_not() -> None:
    def checked(write: Write) -> bool:
        return write.key.pk.startswith("I#") and write.key.sk == HEAD and write.kind == "check"

    assert struck_out(lambda: MemoryTable(drops=checked))


def everything(story: Told, made: Laws):  # type: ignore[no-untyped-def]  # noqa: ANN201
    for each in story.removed:
        yield from each.steps(made, last=False)
    for each in story.removed:
        yield from each.steps(made, last=True)
    yield from resolve([*story.old, *story.new], made)
    return True


def rows(key: Key) -> bool:
    return key.sk.startswith("R#")


@pytest.mark.parametrize("forgets", [subjects, identifiers, islands, rows])
def test_without_its_condition_some_history_goes_wrong(forgets: Callable[[Key], bool]) -> None:
    def wrong(seed: int) -> bool:
        try:
            story, table = played(seed, 8, Faults(crash=0.03), forgets)
            return bool(broken_promises(table)) or graph_in(table) != expected(story.left)
        except (AssertionError, KeyError):
            return True

    assert any(wrong(seed) for seed in range(400))


def crowded(seed: int, forgets: Callable[[Key], bool]) -> bool:
    """Whether it goes wrong when many leave a junk address at once while some come to carry it."""
    random = Random(seed)
    received = crowd(random, 9)
    gone = [
        Removal(prepare(each, PEPPER, RULES).s, None, REMOVED)
        for each in random.sample(received[:6], 5)
    ]
    made = laws()
    world = World(random, Faults(crash=0.02), MemoryTable(forgets=forgets))
    world.run(jobs([received[:6]], made))
    work = [*jobs([[each] for each in received[6:]], made), *starts(gone, made, last=False)]
    random.shuffle(work)
    try:
        world.run(work, 8)
        wanted = expected(admitted(received, gone))
        return bool(broken_promises(world.graph)) or graph_in(world.graph) != wanted
    except (AssertionError, KeyError):
        return True


def test_a_quarantine_lifts_while_some_leave_and_others_come() -> None:
    assert not any(crowded(seed, none) for seed in range(FIRST, FIRST + HISTORIES // 2))


def test_without_the_identifiers_condition_it_does_not_lift_rightly() -> None:
    """A crowd that ends: without the condition some read and write each other's way for ever."""
    assert crowded(301, identifiers)
