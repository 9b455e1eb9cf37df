"""From a signed webhook to its row in the delivery ledger, on the local cloud; beside it the same
topology with empty handlers, in turns, so that a slow minute hits both."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, zip_longest
from typing import Final

from tests.bench import ground, resolve
from tests.bench.figure import Figure, median
from tests.bench.side import Side, floor_rows, product_rows

ROUNDS: Final = 3
ONE_BY_ONE: Final = 50
AT_ONCE: Final = 80


def measure() -> Iterator[Figure]:
    """Latency, throughput, both against the floor, and what resolving consumed."""
    with ground.stages() as (product, floor):
        yield from _journey(Side(product, product_rows(product)), Side(floor, floor_rows(floor)))
    mix = resolve.metered()
    yield Figure("resolve.wru_per_event", mix.write / resolve.EVENTS, "WRU", resolve.EVENTS)
    yield Figure("resolve.rru_per_event", mix.read / resolve.EVENTS, "RRU", resolve.EVENTS)


def _journey(product: Side, floor: Side) -> Iterator[Figure]:
    sides = (product, floor)
    new = count(1)
    _round(sides, _mixed(product, new, 2), Side.one_by_one)
    _round(sides, _mixed(product, new, AT_ONCE), Side.at_once)
    for side in sides:
        side.forget()
    for _ in range(ROUNDS):
        _round(sides, _mixed(product, new, ONE_BY_ONE), Side.one_by_one)
        _round(sides, _mixed(product, new, AT_ONCE), Side.at_once)
    yield from _speed(product, floor)
    yield _written(product)


def _round(
    sides: Sequence[Side], customers: list[int], measured: Callable[[Side, list[int]], None]
) -> None:
    for side in sides:
        measured(side, customers)


def _mixed(side: Side, new: Iterator[int], size: int) -> list[int]:
    """Half have ordered before, as far as there are any; nobody is in it twice."""
    known = sorted(side.last.values(), key=lambda last: last.number)[: size // 2]
    unknown = (next(new) for _ in range(size - len(known)))
    pairs = zip_longest((last.customer for last in known), unknown)
    return [each for each in chain.from_iterable(pairs) if each is not None]


def _speed(product: Side, floor: Side) -> Iterator[Figure]:
    mine, least = median(product.latencies), median(floor.latencies)
    taken = len(product.latencies)
    yield Figure("journey.webhook_to_ledger_p50", mine * 1000, "ms", taken)
    yield Figure("journey.floor.webhook_to_ledger_p50", least * 1000, "ms", taken)
    yield Figure("journey.floor_ratio", mine / least, "1", taken)
    rate, most = (AT_ONCE / median(side.spans) for side in (product, floor))
    yield Figure("journey.events_per_second", rate, "1/s", AT_ONCE * ROUNDS)
    yield Figure("journey.floor.events_per_second", most, "1/s", AT_ONCE * ROUNDS)


def _written(product: Side) -> Figure:
    """As the deployed `resolve` counted them, of orders by known and new customers in equal parts.

    Reads are not told: the local cloud's BatchGetItem does not say what it consumed.
    """
    counted = ground.metrics(product.stage, "RecordsReceived", "WriteUnits")
    records = counted["RecordsReceived"]
    name = "journey.resolve_wru_per_order"
    return Figure(name, counted["WriteUnits"] / records, "WRU", int(records))
