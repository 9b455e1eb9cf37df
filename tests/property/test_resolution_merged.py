"""Contacts that the vendor merged, by the hundred: together in the end, however many at once."""

from collections import Counter

import pytest

from rules.resolution import Report, resolve
from rules.resolution_case import MOST_CLAIMS, Received
from schemas.identifiers import Subject
from tests.bench.events import LAWS, START, contact
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
