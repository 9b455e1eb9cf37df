"""Finding a customer by a name: keyed hashes of its words, so that no name is in a key."""

from hashlib import sha256
from typing import Final

from rules import keys, normalise
from rules.keys import Pepper, digest
from schemas.graph import Profile
from schemas.observation import Trait

NAMES: tuple[Trait, ...] = ("name", "first_name", "last_name")
MOST: Final = 24
"""Words by which somebody is listed: their rows change with the view in one transaction."""
MOST_FORMER: Final = 8
"""Of them, so that the transaction holds those to be struck off too."""


def words(text: str) -> frozenset[str]:
    """The words of a name as they compare: no case, no accents, no letters apart."""
    return frozenset((normalise.comparable(text) or "").split())


def spellings(text: str) -> frozenset[tuple[str, ...]]:
    """Each word of a name, with what it may be listed by since a former normaliser."""
    former = (normalise.unaccented(text) or "").split()
    return frozenset(
        tuple(dict.fromkeys((normalise.comparable(word) or word, word))) for word in former
    )


def words_of(profile: Profile | None) -> frozenset[str]:
    """The words by which a customer can be found."""
    return frozenset(sorted({word for name in _named(profile) for word in words(name)})[:MOST])


def former_words_of(profile: Profile | None) -> frozenset[str]:
    """Those by which a former normaliser may have listed it, and this one does not."""
    found = {former for name in _named(profile) for _, *more in spellings(name) for former in more}
    return frozenset(sorted(found)[:MOST_FORMER])


def _named(profile: Profile | None) -> tuple[str, ...]:
    if profile is None or profile.gone:
        return ()
    return tuple(profile.traits[trait].value for trait in NAMES if trait in profile.traits)


def partition(pepper: Pepper, word: str) -> str:
    """Where to list a customer with this word in its name."""
    found = partitions(pepper, word)
    return found[-1] if pepper.begun else found[0]


def partitions(pepper: Pepper, word: str) -> tuple[str, ...]:
    """Where customers with this word are listed; of two, rows move from the first to the last."""
    name = f"N#{digest(pepper, 'name', sha256(word.encode()).digest())}"
    for each in pepper.later:
        name = keys.over(each, name)
    return keys.names(pepper, name)
