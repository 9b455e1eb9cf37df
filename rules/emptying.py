"""What a destination was told of somebody and nobody knows any more: sent empty, once."""

from collections.abc import Collection
from typing import Final, get_args

from rules.delivery import FACTS, Addressee, Content
from schemas.decision import Decision
from schemas.observation import Trait

TRAITS: Final[tuple[Trait, ...]] = get_args(Trait)


def fields_in(what: Content) -> tuple[str, ...]:
    """The names of what is said. The ledger keeps names, never values."""
    return tuple(sorted((*what.traits, *what.facts)))


def fields_there(what: Content, told: Collection[str], decision: Decision) -> tuple[str, ...]:
    """Of which fields the destination has a value afterwards: also of those that were told before
    and are not cleared any more, even to be emptied.
    """
    return tuple(sorted({*fields_in(what)} | ({*told} - {*decision.fields})))


def emptied(
    what: Content, told: Collection[str], decision: Decision, addressee: Addressee
) -> Content:
    """The same, with an empty value for what was told before, may still be, and is not known now.
    Never for the address itself: by it the destination knows whom this is about.
    """
    may = frozenset(decision.fields) - {addressee.identifier.type}
    gone = (frozenset(told) & may) - frozenset(fields_in(what))
    traits = dict.fromkeys((each for each in TRAITS if each in gone), "")
    facts = {str(each): "" for each in FACTS if each in gone}
    return Content({**what.traits, **traits}, {**what.facts, **facts}, what.external_ids)
