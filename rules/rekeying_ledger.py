"""The delivery ledger comes to the pepper that is coming, row by row, beside deliveries.

A state and an entry have one name at a time, so each is moved in one transaction. A state that
somebody delivers under is waited for: the holder would not find it again. Deliveries enter nothing
under a former name any more (`Pepper.begun`), so that going through once finds all there is.
"""

from typing import Final

from rules import keys, ledger_rows, listing
from rules.keys import Pepper
from rules.ledger_rows import ENTRIES, LISTS, data_of, named, row_from
from rules.resolution_calls import Pause, Steps, Transact, read_many
from rules.resolution_islands import Laws
from schemas.errors import RetryLater
from schemas.graph import IdentifierKey
from schemas.rows import ABSENT, Condition, Conflict, Item, Key, Value, Write, key_of

ATTEMPTS: Final = 12
CHANGING: Final = ("data", "holder")
"""What is another after each change of a state: every delivery has a holder of its own."""


def is_ledger(place: Key) -> bool:
    """Whether a row is of the ledger: a state, or an entry under a subject."""
    entry = place.pk.startswith("S#") and place.sk.startswith(ENTRIES)
    return entry or place.pk.startswith(LISTS)


def move(item: Item, laws: Laws) -> Steps[None]:
    """Takes a row to its new name; `RetryLater` when it is leased for longer than can be waited."""
    place = key_of(item)
    if renamed(item, laws.pepper) is None:
        return
    for attempt in range(1, ATTEMPTS + 1):
        found = (yield from read_many([place])).get(place)
        new = renamed(found, laws.pepper) if found else None
        if not found or not new:
            return
        if not ledger_rows.leased(found, laws.now()):
            try:
                yield Transact(_moved(found, new))
            except Conflict:
                pass
            else:
                return
        yield Pause(attempt)
    raise RetryLater("what is being delivered comes to its new name afterwards")


def renamed(item: Item, pepper: Pepper) -> Item | None:
    """A row as it is under its new name; none where it has that, or never gets another."""
    place = key_of(item)
    old = _name_in(place)
    new = keys.renewed(pepper, old)
    if new == old:
        return None
    row, to = row_from(item), _place(place, old, new)
    told: Item = {"data": data_of(named(row, new))} if row else {}
    return {**item, **told, "pk": to.pk, "sk": to.sk}


def _name_in(place: Key) -> IdentifierKey:
    if place.pk.startswith(LISTS):
        return place.sk
    _, _destination, rest = place.sk.split("#", 2)
    return rest.rpartition("#")[0]


def _place(place: Key, old: IdentifierKey, new: IdentifierKey) -> Key:
    if place.pk.startswith(LISTS):
        return listing.place(place.pk.removeprefix("L#").rpartition("#")[0], new)
    return place._replace(sk=place.sk.replace(f"#{old}#", f"#{new}#"))


def _moved(found: Item, new: Item) -> tuple[Write, ...]:
    return (
        Write("delete", key_of(found), condition=_unchanged(found)),
        Write("put", key_of(new), new, condition=ABSENT),
    )


def _unchanged(found: Item) -> Condition:
    """As it was read, which was not leased."""
    values: dict[str, Value] = {f":{name}": found[name] for name in CHANGING if name in found}
    terms = (
        f"#{name} = :{name}" if name in found else f"attribute_not_exists(#{name})"
        for name in CHANGING
    )
    return Condition(" AND ".join(terms), values)
