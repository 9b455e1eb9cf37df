"""What a subject has too much of comes to another pepper, too, and links again by its new names."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime

import pytest

from rules import resolution_renaming
from rules.keys import Pepper
from rules.resolution import resolve
from rules.resolution_calls import Page
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_removal import erase, remove_record
from schemas.identifiers import Subject
from schemas.rows import Key
from tests.property.test_resolution_rekeying import AFTER, BEGUN, remaining, whole
from tests.property.test_resolution_restated import names
from tests.simulator.histories import PEPPER, RULES, START, expected
from tests.simulator.reading import broken_promises, graph_in, heads
from tests.simulator.removals import REMOVED
from tests.simulator.store import MemoryTable
from tests.simulator.stories import contact, subject_of
from tests.simulator.world import run_alone

USER = Subject(source="help", object="user", id="1")
LATER = {"id": "another", "kind": "contact"}


class Backwards(MemoryTable):
    """A table's order is its own: here subjects come before the identifiers that they carry."""

    def scan(self, after: Key | None, limit: int = 5) -> Page:
        found = sorted((key for key in self.rows if after is None or key < after), reverse=True)
        items = tuple(dict(self.rows[key]) for key in found[:limit])
        return Page(items, found[limit - 1] if len(found) > limit else None)


def also(received: Received) -> Received:
    """The same of another record."""
    observation = received.observation
    record = observation.record.model_copy(update=LATER)
    return received._replace(observation=observation.model_copy(update={"record": record}))


FIRST = contact(9, USER, "a@example.com", "b@example.com")
MORE = also(contact(9, USER, "c@example.com"))
OTHERS = [
    contact(n, Subject(source="crm", object="contact", id=str(n)), address)
    for n, address in enumerate(("a@example.com", "b@example.com", "c@example.com"))
]
EVERY = [*OTHERS, FIRST, MORE]
LEFT = [*OTHERS, FIRST]
S = subject_of(FIRST)


class Played:
    """One graph, and what is done to it in turn."""

    def __init__(self, kind: type[MemoryTable], received: Sequence[Received]) -> None:
        self.graph, self.journal, self._names = kind(), MemoryTable(), names()
        self._asked = 0
        self.resolve(received, PEPPER)

    def _now(self) -> datetime:
        """Each plan asks for it: one that changes nothing, again and again, is found by that."""
        self._asked += 1
        assert self._asked < 2_000, "it never ends"
        return START

    def laws(self, pepper: Pepper) -> Laws:
        return Laws(RULES, pepper, self._names, self._now)

    def resolve(self, received: Sequence[Received], pepper: Pepper, until: int = -1) -> bool:
        """One by one, or all of one as far as it comes."""
        done = [
            run_alone(resolve([each], self.laws(pepper)), self.graph, self.journal, until)
            for each in received
        ]
        return None not in done

    def rekey(self, until: int = -1) -> bool:
        steps = whole(self.laws(BEGUN))
        return run_alone(steps, self.graph, self.journal, until) is not None

    def remove(self, pepper: Pepper) -> None:
        """The record that was too much."""
        record = (MORE.observation.record.kind, MORE.observation.record.id)
        for last in (False, True):
            steps = remove_record(S, record, REMOVED, self.laws(pepper), last=last)
            run_alone(steps, self.graph, self.journal)

    def is_all(self, received: Sequence[Received], note: str) -> None:
        """It is what it would be had there never been another pepper than the new one."""
        assert not broken_promises(self.graph, pepper=AFTER), note
        assert not remaining(self.graph), note
        assert graph_in(self.graph, RULES, AFTER) == expected(received, RULES, AFTER), note


@pytest.fixture(params=["together", "a few at a time"])
def _sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "together":
        monkeypatch.setattr(resolution_renaming, "TOGETHER", 1)
        monkeypatch.setattr(resolution_renaming, "APART", 1)


pytestmark = [
    pytest.mark.usefixtures("_sizes"),
    pytest.mark.parametrize("kind", [MemoryTable, Backwards], ids=["forwards", "backwards"]),
]


def test_who_is_crowded_when_the_pepper_changes_is_so_after_and_links_when_released(
    kind: type[MemoryTable],
) -> None:
    for received in (EVERY, [*OTHERS, MORE, FIRST], [FIRST, MORE, *OTHERS]):
        played = Played(kind, received)
        assert len(heads(played.graph)[S].crowded) == 3
        played.rekey()
        played.is_all(EVERY, "crowded")
        played.resolve(EVERY, AFTER)
        played.is_all(EVERY, "said again")
        played.remove(AFTER)
        played.is_all(LEFT, "released")


def test_who_is_released_while_keys_are_taken_links_by_the_names_that_there_are(
    kind: type[MemoryTable],
) -> None:
    start = Played(kind, EVERY)
    for calls in range(400):
        played = deepcopy(start)
        ended = played.rekey(calls)
        assert not broken_promises(played.graph, pepper=BEGUN), f"call {calls}"
        played.remove(BEGUN)
        assert not broken_promises(played.graph, pepper=BEGUN), f"call {calls}"
        labels = graph_in(played.graph, RULES, BEGUN).labels
        assert labels == expected(LEFT, RULES, AFTER).labels, f"call {calls}"
        played.rekey()
        played.is_all(LEFT, f"call {calls}")
        if ended:
            return
    raise AssertionError("it never ended")


def test_who_comes_to_have_too_much_while_keys_are_taken(kind: type[MemoryTable]) -> None:
    start = Played(kind, LEFT)
    for calls in range(400):
        played = deepcopy(start)
        ended = played.rekey(calls)
        played.resolve([MORE], BEGUN)
        assert not broken_promises(played.graph, pepper=BEGUN), f"call {calls}"
        played.rekey()
        played.is_all(EVERY, f"call {calls}")
        played.remove(AFTER)
        played.is_all(LEFT, f"call {calls}, released")
        if ended:
            return
    raise AssertionError("it never ended")


def test_whose_parting_is_under_way_parts_by_the_names_that_there_are(
    kind: type[MemoryTable],
) -> None:
    """The resolver died when the links were too many, before their identifiers forgot them."""
    start = Played(kind, LEFT)
    calls = next(n for n in range(20) if _parting(deepcopy(start), n))
    start.resolve([MORE], PEPPER, calls)
    assert len(heads(start.graph)[S].parting) == 2
    for calls in range(400):
        played = deepcopy(start)
        ended = played.rekey(calls)
        assert not broken_promises(played.graph, pepper=BEGUN), f"call {calls}"
        if ended:
            assert not remaining(played.graph)
            assert len(heads(played.graph)[S].parting) == 2
        played.resolve([MORE], BEGUN)
        played.rekey()
        played.is_all(EVERY, f"call {calls}")
        played.remove(AFTER)
        played.is_all(LEFT, f"call {calls}, released")
        if ended:
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("gone", [FIRST, OTHERS[0], OTHERS[1]], ids=["user", "first", "second"])
def test_who_goes_while_keys_are_taken_leaves_the_others_what_they_share(
    gone: Received, kind: type[MemoryTable]
) -> None:
    """The only carrier that has come already, or the last that has not."""
    start = Played(kind, LEFT)
    for calls in range(400):
        played = deepcopy(start)
        ended = played.rekey(calls)
        for _ in range(2):
            steps = erase(subject_of(gone), REMOVED, played.laws(BEGUN))
            run_alone(steps, played.graph, played.journal)
        assert not broken_promises(played.graph, pepper=BEGUN), f"call {calls}"
        played.rekey()
        played.is_all([each for each in LEFT if each is not gone], f"call {calls}")
        if ended:
            return
    raise AssertionError("it never ended")


def _parting(played: Played, calls: int) -> bool:
    played.resolve([MORE], PEPPER, calls)
    return bool(heads(played.graph)[S].parting)
