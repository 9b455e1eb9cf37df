"""Event name → model, producer and readers: the map of the bus."""

from typing import NamedTuple

from events.inbound import RecordChanged, RecordObserved, SyncRequested
from events.outbound import ConsentChanged, CustomerChanged, CustomersMerged, CustomerSplit
from schemas.frozen import Frozen


class Entry(NamedTuple):
    """Who says it and who listens."""

    model: type[Frozen]
    version: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]

    @property
    def type(self) -> str:
        """The CloudEvents type, with its major version."""
        return f"sluice.{self.model.__name__}.v{self.version}"


CATALOGUE: dict[str, Entry] = {
    entry.model.__name__: entry
    for entry in (
        Entry(RecordObserved, 1, ("receive", "pull"), ("resolve",)),
        Entry(RecordChanged, 1, ("receive",), ("pull",)),
        Entry(SyncRequested, 1, ("operate", "schedule"), ("pull",)),
        Entry(CustomerChanged, 1, ("announce",), ("deliver",)),
        Entry(CustomersMerged, 1, ("announce",), ("deliver",)),
        Entry(CustomerSplit, 1, ("announce",), ("deliver",)),
        Entry(ConsentChanged, 1, ("announce",), ("deliver",)),
    )
}
