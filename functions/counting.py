"""What status says: what flows, what is stuck and why, counted from the rows themselves."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from adapters import ledger, lists, tallies
from adapters.depths import Depth
from adapters.table import Item
from functions import wiring
from rules import listing
from schemas.config import Destination, Source
from schemas.views import (
    CheckpointView,
    DestinationView,
    QueueView,
    SourceView,
    StatusView,
)

AT_ONCE = 8
"""Calls under way: as many as the connection pool holds."""
ANNOUNCE = "announce"
"""Changes that could not be announced are set aside under this name."""


def status() -> StatusView:
    """Everything at a glance."""
    table, config, queues = wiring.graph(), wiring.config(), _queues()
    customers = [
        int(str(row["n"]))
        for pk in listing.partitions(listing.CUSTOMERS)
        for row in table.all(pk, consistent=False)
    ]
    read = sources(queues)
    return StatusView(
        stage=wiring.settings().stage,
        at=wiring.now(),
        policy=wiring.policy()[0],
        customers=len(customers),
        subjects=sum(customers),
        merges=sum(customers) - len(customers),
        reviews=lists.count(table, listing.partitions(listing.REVIEWS)),
        set_aside=sum(each.set_aside for each in read) + table.count(f"Q#{ANNOUNCE}"),
        sources=read,
        destinations=tuple(_destination(*each, queues) for each in config.destinations.items()),
        queues=tuple(queues.values()),
    )


def sources(queues: Mapping[str, QueueView] | None = None) -> tuple[SourceView, ...]:
    """Each source of the configuration."""
    named, known = wiring.config().sources, _queues() if queues is None else queues
    counted = tallies.read(wiring.graph(), named)
    return tuple(
        _source(name, source, counted[name], known.get(f"pull-{name}"))
        for name, source in named.items()
    )


def _source(
    name: str, source: Source, counted: Mapping[str, int], queue: QueueView | None
) -> SourceView:
    table = wiring.graph()
    checkpoints = tuple(_checkpoint(row) for row in table.all(f"SRC#{name}", "CURSOR#"))
    aside = table.query(f"Q#{name}", consistent=False, limit=100).items
    return SourceView(
        name=name,
        connector=source.connector,
        schedule=source.schedule,
        pulled=sum(each.records for each in checkpoints),
        webhooks=counted.get("webhooks", 0),
        set_aside=table.count(f"Q#{name}"),
        set_aside_because=dict(Counter(str(row["reason"]) for row in aside)),
        checkpoints=checkpoints,
        queue=queue,
    )


def _checkpoint(row: Item) -> CheckpointView:
    at = datetime.fromisoformat(str(row["at"])) if "at" in row else None
    told: dict[str, Any] = {name: row[name] for name in ("reason", "failed_at") if name in row}
    return CheckpointView(
        kind=str(row["sk"]).removeprefix("CURSOR#"),
        records=int(str(row.get("records", 0))),
        at=at,
        age_seconds=int((wiring.now() - at).total_seconds()) if at else None,
        **told,
    )


def _destination(
    name: str, destination: Destination, queues: Mapping[str, QueueView]
) -> DestinationView:
    totals = ledger.totals(wiring.graph(), name)
    outcomes: Counter[str] = Counter()
    because: Counter[str] = Counter()
    for (outcome, reason), count in totals.items():
        outcomes[outcome] += count
        if outcome == "withheld":
            because[reason] += count
    found: dict[str, Any] = {"outcomes": dict(outcomes), "withheld_because": dict(because)}
    return DestinationView(
        name=name,
        connector=destination.connector,
        mode=destination.mode,
        queue=queues.get(f"deliver-{name}"),
        **found,
    )


def _queues() -> dict[str, QueueView]:
    """Every queue that is deployed; of the stream, only where its failures end."""
    depths, config = wiring.depths(), wiring.config()
    pulls = (f"pull-{name}" for name in config.sources)
    deliveries = (f"deliver-{name}" for name in config.destinations)
    names = (*pulls, "resolve", ANNOUNCE, *deliveries)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        alive = pool.map(lambda name: Depth(0, 0) if name == ANNOUNCE else depths.of(name), names)
        dead = pool.map(lambda name: depths.of(f"{name}-dead"), names)
        return {
            name: QueueView(
                name=name, waiting=here.waiting, working=here.working, dead=gone.waiting
            )
            for name, here, gone in zip(names, alive, dead, strict=True)
            if here and gone
        }
