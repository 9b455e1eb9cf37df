"""What was said about an address holds under whatever key the address has by other rules.

Only where a key changes: copied before the subject is linked by the new one, and again when the
old one goes. Where several addresses were one and are not any more, none of them can claim what
was granted; what was withdrawn is withdrawn for all.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from rules import keys
from rules.identity_claims import canonical
from rules.keys import Pepper
from rules.resolution_again import Kept
from rules.resolution_calls import Steps, insert_many, query
from rules.resolution_islands import Laws
from rules.resolution_items import COPIED
from rules.resolution_said import read_then_and_now
from schemas.graph import ConsentRow, IdentifierKey
from schemas.policy import IdentityRules
from schemas.rows import Item

SPOKEN_OF: Final = frozenset({"email", "phone"})
"""The identifiers that consent is said about."""


class Moved(NamedTuple):
    """An address whose key was another. `whole`: the former key stood for nothing else.
    `renamed`: it is the same address, for the same people.
    """

    old: IdentifierKey
    new: IdentifierKey
    whole: bool
    renamed: bool = False


def carry_consents(
    rows: Iterable[Kept], former: Iterable[IdentityRules], laws: Laws
) -> Steps[None]:
    """Copies what was said of the addresses in these rows under the keys of former rules."""
    for move in sorted(set(_moves(rows, tuple(former), laws))):
        yield from copy_consents(move)
        if laws.pepper.coming:
            pepper = laws.pepper
            coming = Moved(
                keys.renewed(pepper, move.old), keys.renewed(pepper, move.new), move.whole
            )
            yield from copy_consents(coming)


def copy_consents(move: Moved) -> Steps[None]:
    """The journal first, which may hold what a restored graph has lost; again is harmless."""
    kept = yield from query(f"I#{move.old}", "K#", "journal")
    found = yield from query(f"I#{move.old}", "K#")
    withdrawn = [row for row in (*kept, *found) if _state(row) == "withdrawn"]
    yield from insert_many([_at(move, row) for row in _once(withdrawn)], "journal")
    told = found if move.whole else withdrawn
    yield from insert_many([_at(move, row) for row in _once(told)])


def bring_consents(wanted: Iterable[IdentifierKey], pepper: Pepper) -> Steps[None]:
    """Before an identifier is first linked by its new name, what was said of it is there too.

    Whoever finds the new name looks for consent under no other.
    """
    if not pepper.begun:
        return
    for key in sorted(wanted):
        new = keys.renewed(pepper, key)
        if new != key and keys.type_of(key) in SPOKEN_OF:
            yield from copy_consents(Moved(key, new, whole=True, renamed=True))


def _once(rows: Iterable[Item]) -> list[Item]:
    return list({str(row["sk"]): row for row in rows}.values())


def _moves(rows: Iterable[Kept], former: tuple[IdentityRules, ...], laws: Laws) -> Iterator[Moved]:
    for kept in rows:
        for text in sorted(kept.row.said):
            for then, now in read_then_and_now(text):
                new = keys.of_identifier(laws.pepper, canonical(now, laws.rules))
                for each in (canonical(then, rules) for rules in former):
                    old = keys.of_identifier(laws.pepper, each)
                    if old != new:
                        yield Moved(old, new, each == then)


def _state(row: Item) -> str:
    return ConsentRow.model_validate_json(str(row["data"])).state


def _at(move: Moved, row: Item) -> Item:
    said = {name: value for name, value in row.items() if name != COPIED}
    return {**said, "pk": f"I#{move.new}", **({COPIED: True} if move.renamed else {})}
