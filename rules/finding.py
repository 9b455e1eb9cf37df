"""The rows to find a customer by: its place in the list, and the words of its name."""

from rules import listing, names
from rules.keys import Pepper
from schemas.graph import CustomerId, Profile
from schemas.rows import Key, Write


def rows(pepper: Pepper, old: Profile | None, new: Profile) -> list[Write]:
    """What of them is to be written when its view changes from `old` to `new`."""
    before, after = names.words_of(old), names.words_of(new)
    former = names.former_words_of(old)
    # whether it was listed by them or by those of today, no row of the view says
    changed = before | after | former if former else before ^ after
    named = [
        write
        for word in sorted(changed)
        for write in _named(pepper, word, new.customer, there=word in after)
    ]
    return _listed(old, new) + named


def _named(pepper: Pepper, word: str, customer: CustomerId, *, there: bool) -> list[Write]:
    """Listed in one place, from which it may be moved; struck off wherever it may be."""
    if there:
        return [Write("put", Key(names.partition(pepper, word), customer))]
    return [Write("delete", Key(each, customer)) for each in names.partitions(pepper, word)]


def _listed(old: Profile | None, new: Profile) -> list[Write]:
    if new.gone:
        return [listing.strike(listing.CUSTOMERS, new.customer)]
    if old is None or old.gone or len(old.subjects) != len(new.subjects):
        return [listing.enter(listing.CUSTOMERS, new.customer, {"n": len(new.subjects)})]
    return []
