"""Whose an address is at a destination that is a source too, as far as the graph knows.

After a split both sides carry what they shared, but the destination's contact of that address is
one side's: what the other side is to be told would end up with a stranger.
"""

from collections.abc import Iterable

from rules import keys
from rules.delivery import Addressee, Person
from rules.identity_evidence import alias_classes, weigh
from rules.keys import Pepper
from schemas.graph import IdentifierKey, SubjectKey


def anothers(
    person: Person, addressee: Addressee, own_sources: frozenset[str], pepper: Pepper
) -> bool:
    """Whether contacts there carry it, and none of them is this person's."""
    carry = _carrying(person, addressee, own_sources, pepper)
    return bool(carry) and not carry & person.subjects


def further(
    person: Person,
    addressees: Iterable[Addressee],
    own_sources: frozenset[str],
    pepper: Pepper,
) -> frozenset[IdentifierKey]:
    """Those after the first by which it knows the person once more: by a contact that carries none
    of the former, and is none that it made one with theirs. A list that has a contact for each
    address knows somebody by several.
    """
    nodes = person.island.nodes
    one = alias_classes(weigh(person.island.verdicts).aliases, nodes)
    known, found = set[str](), set[IdentifierKey]()
    for n, each in enumerate(addressees):
        carry = _carrying(person, each, own_sources, pepper) & person.subjects
        contacts = {one.root(str(nodes[s].own)) for s in carry}
        if n and contacts and not contacts & known:
            found.add(each.key)
        known |= contacts
    return frozenset(found)


def _carrying(
    person: Person, addressee: Addressee, own_sources: frozenset[str], pepper: Pepper
) -> frozenset[SubjectKey]:
    """The contacts there, of whomever on the island, that carry it."""
    called = {keys.latest(pepper, each) for each in addressee.addresses}
    contacts = _contacts(person, own_sources)
    return frozenset(s for s in contacts if called & _carried(person, s, pepper))


def _contacts(person: Person, own_sources: frozenset[str]) -> frozenset[SubjectKey]:
    nodes = person.island.nodes.items()
    owned = ((s, keys.type_of(node.own)) for s, node in nodes if node.own)
    return frozenset(s for s, type_ in owned if type_.partition(":")[0] in own_sources)


def _carried(person: Person, s: SubjectKey, pepper: Pepper) -> frozenset[str]:
    node = person.island.nodes[s]
    return frozenset(keys.latest(pepper, each) for each in node.links | node.crowded)
