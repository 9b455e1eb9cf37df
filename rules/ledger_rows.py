"""Where the delivery ledger's rows are, and how they become rows and back (`adapters.ledger`).

A state is in the destination's list, under the identifier; an entry under a subject:
`S#<s>` / `D#<destination>#<identifier>#<number>`.
"""

from datetime import datetime
from typing import Final

from rules import listing
from schemas.decision import DeliveryRow
from schemas.graph import IdentifierKey, SubjectKey
from schemas.rows import Item, Key

LISTS: Final = f"L#{listing.deliveries('')}"
"""How the partitions of all destinations' lists begin."""
ENTRIES: Final = "D#"


def state_key(destination: str, identifier: IdentifierKey) -> Key:
    """Where the last state of an identifier is, and its lease."""
    return listing.place(listing.deliveries(destination), identifier)


def entry_key(row: DeliveryRow, s: SubjectKey) -> Key:
    """Where an entry of the ledger is."""
    return Key(f"S#{s}", f"{ENTRIES}{row.destination}#{row.identifier}#{row.number:06}")


def row_from(item: Item) -> DeliveryRow | None:
    """What a row says; none of a state that so far is only a lease."""
    return DeliveryRow.model_validate_json(str(item["data"])) if "data" in item else None


def data_of(row: DeliveryRow) -> str:
    """As it is stored."""
    return row.model_dump_json(exclude_defaults=True)


def named(row: DeliveryRow, identifier: IdentifierKey) -> DeliveryRow:
    """The same under another name of the identifier."""
    return row.model_copy(update={"identifier": identifier})


def leased(item: Item, now: datetime) -> bool:
    """Whether somebody may be delivering it."""
    until = item.get("until")
    return isinstance(until, int) and until >= milliseconds(now)


def milliseconds(moment: datetime) -> int:
    """As leases count."""
    return int(moment.timestamp() * 1000)
