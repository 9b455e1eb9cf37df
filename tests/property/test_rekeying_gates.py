"""Who was turned away by the gates of a quarantine stays so under the identifier's next name."""

from random import Random

from rules import keys
from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_case import prepare
from rules.resolution_islands import Laws
from rules.resolution_marks import mark
from rules.resolution_renaming import rename
from tests.property.test_resolution_rekeying import AFTER, BEGUN, remaining, whole
from tests.property.test_resolution_restated import clock, names
from tests.simulator.histories import PEPPER, RULES, crowd, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Slow, run_alone

SEVEN = crowd(Random(1), 7)
(KEY,) = prepare(SEVEN[0], PEPPER, RULES).links
NEW = keys.renewed(BEGUN, KEY)


def laws(pepper: keys.Pepper) -> Laws:
    return Laws(RULES, pepper, names(), clock)


class Played:
    """A graph in memory, and one step after the other on it."""

    def __init__(self) -> None:
        self.graph, self.journal = MemoryTable(), MemoryTable()

    def do(self, *every: Steps[object]) -> None:
        for steps in every:
            run_alone(steps, self.graph, self.journal)


def test_one_whose_quarantine_was_lifted_is_quarantined_anew_under_its_next_name() -> None:
    played = Played()
    played.do(resolve(SEVEN[:4], laws(PEPPER)), mark(KEY, laws(PEPPER), trusted=True))
    played.do(rename(KEY, laws(BEGUN)), mark(NEW, laws(BEGUN), trusted=False))
    report = run_alone(resolve(SEVEN, laws(BEGUN)), played.graph, played.journal)
    assert not getattr(report, "later", None)
    played.do(whole(laws(BEGUN)), whole(laws(BEGUN), last=True))
    assert not broken_promises(played.graph, pepper=AFTER)
    assert graph_in(played.graph, RULES, AFTER) == expected(SEVEN, RULES, AFTER)


def test_who_read_it_before_it_was_renamed_puts_nobody_under_the_former_name() -> None:
    """At any call of theirs; the gates stay until they have ended."""
    for calls in range(40):
        played = Played()
        played.do(resolve(SEVEN[:5], laws(PEPPER)))
        late = Slow(resolve([SEVEN[5]], laws(BEGUN)), played.graph, played.journal)
        late.go(calls)
        played.do(whole(laws(BEGUN)))
        late.go(-1)
        assert not remaining(played.graph), f"call {calls}"
        assert not broken_promises(played.graph, pepper=AFTER), f"call {calls}"
        assert not [k for k in played.graph.rows if k.pk.startswith(f"I#{KEY}#")], f"call {calls}"
        played.do(whole(laws(BEGUN), last=True))
        assert not [k for k in played.graph.rows if KEY in k.pk], f"call {calls}"
        assert graph_in(played.graph, RULES, AFTER) == expected(SEVEN[:6], RULES, AFTER)
