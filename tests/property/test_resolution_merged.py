"""Contacts that the vendor merged, by the hundred: together in the end, however many at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from rules import keys
from rules.resolution import Report, resolve
from rules.resolution_case import MOST_CLAIMS, Received
from rules.resolution_verdicts import judge
from schemas.graph import Verdict
from schemas.identifiers import Subject
from schemas.observation import Observation, Record
from tests.bench.events import LAWS, START, contact, subject
from tests.simulator.meter import Meter
from tests.simulator.reading import broken_promises, graph_in


def merging(count: int) -> Received:
    kept = contact(0)
    gone = tuple(
        Subject(source="shop", object="customer", id=str(n), created_at=START)
        for n in range(1, count + 1)
    )
    return Received(kept.observation.model_copy(update={"merged": gone}), kept.at)


def resolved(meter: Meter, *batch: Received) -> Report:
    report = meter.run(resolve(batch, LAWS))
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize("count", [1, 30, 31, 99, MOST_CLAIMS])
def test_whoever_was_merged_is_one_customer_with_who_was_kept(count: int) -> None:
    meter = Meter()
    others = min(count, 40)
    assert not resolved(meter, *(contact(n) for n in range(1, others + 1))).later
    report = resolved(meter, merging(count), contact(count + 1))
    assert (report.later, report.bad) == ({}, {})
    sizes = Counter(graph_in(meter.graph).labels.values()).values()
    assert sorted(sizes) == [1, others + 1]
    assert not broken_promises(meter.graph, (), LAWS.rules, LAWS.pepper)


def test_more_than_can_be_are_set_aside_and_the_rest_of_the_batch_goes_on() -> None:
    meter = Meter()
    report = resolved(meter, merging(MOST_CLAIMS + 1), contact(7))
    assert "merged into" in report.bad[0].reason
    assert report.later == {}
    assert len(graph_in(meter.graph).labels) == 1


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def listed(on: int) -> Received:
    """A version of a contact, of that day, that lists whom its vendor had merged into it."""
    version = {"version": day(on).isoformat()}
    seen = merging(1).observation
    record = seen.record.model_copy(update=version)
    return Received(seen.model_copy(update={"record": record}), day(on))


def told(on: int) -> Received:
    """An event: on that day the vendor merged them."""
    record = Record(kind="merge", id="0:1", version=day(on).isoformat(), occurred_at=day(on))
    gone = (subject(1, "shop"),)
    return Received(Observation(subject=subject(0, "shop"), record=record, merged=gone), day(on))


def word(kind: str, on: int) -> Verdict:
    """A person's, of the same two."""
    a, b = sorted(keys.of_subject(LAWS.pepper, subject(n, "shop")) for n in (0, 1))
    return Verdict.model_validate({"kind": kind, "a": a, "b": b, "at": day(on), "by": "ann"})


@pytest.mark.parametrize(
    "said, customers",
    [
        pytest.param([listed(5), word("never", 2)], 2, id="a list is as old as its contact"),
        pytest.param([told(3), word("never", 2)], 1, id="a merge is of its day"),
        pytest.param([told(1), word("never", 2)], 2, id="the person spoke last"),
        pytest.param([told(1), listed(5), word("never", 2)], 2, id="a list makes no merge later"),
        pytest.param([listed(1), word("never", 2), word("alias", 3)], 1, id="put right"),
        pytest.param([told(1), word("never", 2), word("alias", 3)], 1, id="told, and put right"),
        pytest.param([word("never", 2), word("always", 3)], 2, id="no vendor said so"),
    ],
)
def test_of_two_contacts_the_latest_word_stands_whoever_came_first(
    said: Sequence[Received | Verdict], customers: int
) -> None:
    for order in permutations(said):
        meter = Meter()
        resolved(meter, contact(0), contact(1))
        for each in order:
            if isinstance(each, Verdict):
                meter.run(judge([each], LAWS))
            else:
                assert resolved(meter, each).bad == {}
        assert len(set(graph_in(meter.graph).labels.values())) == customers
        assert not broken_promises(meter.graph, (), LAWS.rules, LAWS.pepper)
