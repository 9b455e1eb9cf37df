"""The rows to find a customer by: its place in the list, and the words of its name."""

from rules import listing, names
from rules.keys import Pepper
from schemas.graph import Profile
from schemas.rows import Key, Write


def rows(pepper: Pepper, old: Profile | None, new: Profile) -> list[Write]:
    """What of them is to be written when its view changes from `old` to `new`."""
    before, after = names.words_of(old), names.words_of(new)
    named = [
        Write(
            "put" if word in after else "delete", Key(names.partition(pepper, word), new.customer)
        )
        for word in sorted(before ^ after)
    ]
    return _listed(old, new) + named


def _listed(old: Profile | None, new: Profile) -> list[Write]:
    if new.gone:
        return [listing.strike(listing.CUSTOMERS, new.customer)]
    if old is None or old.gone or len(old.subjects) != len(new.subjects):
        return [listing.enter(listing.CUSTOMERS, new.customer, {"n": len(new.subjects)})]
    return []
