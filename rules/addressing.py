"""Which address of a view is which of an island, while keys come to another pepper.

A view is folded a moment after its island changes, so either may have the former name of what the
other has by the new one: both are one address, whose new name follows from the former. Where only
the new one is at hand, the former is found again from the value.
"""

from collections.abc import Iterable
from dataclasses import replace

from rules import keys
from rules.identity_claims import spellings
from rules.keys import Pepper
from schemas.graph import IdentifierKey
from schemas.identifiers import Identifier


def former(
    pepper: Pepper, seen: Iterable[IdentifierKey], identifier: Identifier
) -> IdentifierKey | None:
    """The name from which all follow, of what was seen by some of its names; none if none fits.

    Rules about spelling may have made the key of another spelling than the one that is kept.
    """
    seen = tuple(seen)
    new = {keys.latest(pepper, each) for each in seen}
    if pepper.coming is None:
        return min(new, default=None)
    made = (keys.of_identifier(pepper, each) for each in spellings(identifier))
    names = (each for each in (*seen, *made) if keys.latest(pepper, each) in new)
    return next((each for each in names if keys.renewed(pepper, each) != each), None)


def rank(pepper: Pepper, identifier: Identifier) -> IdentifierKey:
    """An order of addresses that no later pepper changes."""
    return keys.of_identifier(replace(pepper, later=(), coming=None), identifier)
