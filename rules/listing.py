"""Rows that exist only so that lists page and count without a scan: `L#<list>#<00..03>` / `<name>`.

Four partitions, since one takes a thousand writes a second and each costs a call to count.
"""

from hashlib import sha256
from typing import Final

from schemas.rows import Item, Key, Write

SHARDS: Final = 4
CUSTOMERS: Final = "customer"
REVIEWS: Final = "review"
READS: Final = "read"


def deliveries(destination: str) -> str:
    """The list of the last state of each (person, identifier) at a destination."""
    return f"delivery#{destination}"


def partitions(list_: str) -> tuple[str, ...]:
    """Where a list is, in the order in which it is paged."""
    return tuple(f"L#{list_}#{shard:02}" for shard in range(SHARDS))


def place(list_: str, name: str) -> Key:
    """Where a name's row is."""
    shard = sha256(name.encode()).digest()[0] % SHARDS
    return Key(f"L#{list_}#{shard:02}", name)


def enter(list_: str, name: str, row: Item) -> Write:
    """Lists a name; again is harmless."""
    return Write("put", place(list_, name), row)


def strike(list_: str, name: str) -> Write:
    """Takes a name off the list; again is harmless."""
    return Write("delete", place(list_, name))
