"""What a destination is told about a customer: pure, from the view, the island and a decision."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, get_args

from rules import addressing, bonds, keys, money, normalise
from rules.consent import ADDRESSES, Scope
from rules.keys import Pepper
from schemas.config import Config, Destination
from schemas.decision import Decision, DeliveryRow
from schemas.graph import ConsentRow, CustomerId, IdentifierKey, Island, Known, Profile, SubjectKey
from schemas.identifiers import Identifier
from schemas.observation import Trait

CUSTOMER: Final = "customer"
"""The type of a name for somebody that is no address: the customer's id."""
FACTS: Final = ("value", "orders", "segment")
EVERYTHING: Final = (*get_args(Trait), *FACTS)
DECISIVE: Final = frozenset({"identifiers", "subjects", "gone", "email", "phone"})
"""What decides under which name somebody is known, and whose consent counts."""
LIFTED_BY_AN_EVENT: Final = frozenset({"no_consent", "not_cleared"})
"""Refusals that time alone does not lift: no grant is known, not even of a later date."""
FREQUENT: Final = 5
READERS: Final[Mapping[str, Callable[[str], Identifier | None]]] = {
    "email": normalise.email,
    "phone": lambda raw: normalise.phone(raw, None),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: the folded view, and its island as it is now."""

    profile: Profile
    island: Island

    @property
    def subjects(self) -> frozenset[SubjectKey]:
        """Who the customer is now; nobody, when it was merged away or erased."""
        id_ = self.profile.customer
        return frozenset(s for s, label in self.island.labels.items() if label == id_)

    def addresses(self, of: Iterable[SubjectKey]) -> frozenset[IdentifierKey]:
        """The usable addresses and numbers of some of its subjects."""
        nodes = (self.island.nodes[s] for s in of if s in self.island.nodes)
        linked = frozenset(key for node in nodes for key in node.links)
        return frozenset(
            key for key in linked - self.island.unusable if keys.type_of(key) in ADDRESSES
        )


@dataclass(frozen=True, slots=True)
class Addressee:
    """Under which identifier a destination knows somebody. Grants count from `speaking` only:
    addresses and subjects that are about this very identifier.

    `key` is what the ledger is asked by: while there are two names, the former. `addresses` are as
    the island has them.
    """

    key: IdentifierKey
    identifier: Identifier
    addresses: frozenset[IdentifierKey]
    speaking: frozenset[str]


@dataclass(frozen=True, slots=True)
class Content:
    """What is cleared to be said."""

    traits: Mapping[Trait, str]
    facts: Mapping[str, str]
    external_ids: tuple[Identifier, ...]


def founder(person: Person, pepper: Pepper) -> SubjectKey:
    """The subject that gave the customer its id; the least one, should it have left."""
    id_ = person.profile.customer
    named = (s for s in person.subjects if keys.of_customer(pepper, s) == id_)
    return next(named, min(person.subjects))


def addressees(
    person: Person, type_: str, pepper: Pepper, own_sources: frozenset[str] = frozenset()
) -> tuple[Addressee, ...]:
    """The identifiers of a type to reach somebody by, the one to use first.

    That is one by which the destination itself knows them, where it is a source (`own_sources`):
    under another it would make a second contact, which would come back as two people.
    """
    preferred = person.profile.traits.get("email" if type_ == "email" else "phone")
    wanted = READERS[type_](preferred.value) if preferred and type_ in READERS else None
    known = {s for s, key in person.profile.subjects.items() if key.split(":")[0] in own_sources}

    def order(each: Addressee) -> tuple[object, ...]:
        rank = addressing.rank(pepper, each.identifier)
        return not each.speaking & known, each.identifier != wanted, rank

    return tuple(sorted(_usable(person, type_, pepper), key=order))


def _usable(person: Person, type_: str, pepper: Pepper) -> Iterable[Addressee]:
    """Each once, as its first evidence spells it, though a view may have it by both names."""
    known = [each for each in person.profile.identifiers if each.type == type_]
    known.sort(key=lambda each: (each.at, each.source, each.value), reverse=True)
    found = (_addressee(person, each, pepper) for each in known)
    return {each.key: each for each in found if each}.values()


def _addressee(person: Person, known: Known, pepper: Pepper) -> Addressee | None:
    """By the names that the island has: under those, what was said of it is looked for."""
    name = keys.latest(pepper, known.key)
    carried = {s: _called(person.addresses((s,)), name, pepper) for s in person.subjects}
    there = frozenset[IdentifierKey]().union(*carried.values())
    identifier = READERS[known.type](known.value) if there and known.type in READERS else None
    if identifier is None:
        return None
    key = addressing.former(pepper, (known.key, *sorted(there)), identifier) or name
    return Addressee(key, identifier, there, there.union(s for s in carried if carried[s]))


def _called(
    wanted: frozenset[IdentifierKey], name: IdentifierKey, pepper: Pepper
) -> frozenset[IdentifierKey]:
    return frozenset(each for each in wanted if keys.latest(pepper, each) == name)


def unaddressed(person: Person, pepper: Pepper) -> Addressee:
    """The customer by its id. Its founder's grants count: they stay its own in every merge."""
    first = founder(person, pepper)
    own = person.addresses((first,))
    return Addressee(
        opaque(person.profile.customer),
        Identifier(type=CUSTOMER, value=person.profile.customer),
        person.addresses(person.subjects),
        own | {first},
    )


def opaque(customer: CustomerId) -> IdentifierKey:
    """The ledger's name for a customer without an address."""
    return f"{CUSTOMER}#{customer}"


def scopes(addressee: Addressee, said: Mapping[str, Iterable[ConsentRow]]) -> tuple[Scope, ...]:
    """What each address and each subject said, and whether a grant in it counts."""
    return tuple(
        Scope(_bearing(about, events, addressee), about in addressee.speaking)
        for about, events in said.items()
    )


def stands(row: DeliveryRow, policy: str) -> bool:
    """Whether a refusal holds until an event that decides. Somebody whom the destination holds is
    always looked at.
    """
    refused = row.outcome == "withheld" and row.decision.reason in LIFTED_BY_AN_EVENT
    return refused and not row.held and row.decision.policy == policy


def _bearing(
    about: str, events: Iterable[ConsentRow], addressee: Addressee
) -> tuple[ConsentRow, ...]:
    """A subject bears on every address of its person, an address on itself only; one that the
    person was parted from, on the customer as a whole, and on others if it was for everything.
    """
    if "#" not in about or about in addressee.addresses:
        return tuple(events)
    if not bonds.is_bond(about):
        return ()
    if addressee.identifier.type == CUSTOMER:
        return tuple(events)
    return tuple(e for e in events if e.state == "granted" or bonds.for_everything(e))


def content(
    person: Person, addressee: Addressee, decision: Decision, own_sources: frozenset[str]
) -> Content:
    """The cleared fields that are known, and the person's ids at the destination itself."""
    profile, cleared = person.profile, frozenset(decision.fields)
    traits = {name: field.value for name, field in profile.traits.items() if name in cleared}
    if addressee.identifier.type in traits:
        traits |= {addressee.identifier.type: addressee.identifier.value}
    facts = {name: value for name, value in _facts(profile).items() if name in cleared and value}
    return Content(traits, facts, external_ids(person, addressee, own_sources))


def external_ids(
    person: Person, addressee: Addressee, own_sources: frozenset[str]
) -> tuple[Identifier, ...]:
    """The person's ids at systems of these names; those that carry the identifier first."""
    near = {person.island.nodes[s].own for s in addressee.speaking & person.island.nodes.keys()}
    known = [
        each
        for each in person.profile.identifiers
        if each.type.partition(":")[0] in own_sources and ":" in each.type
    ]
    ordered = sorted(known, key=lambda each: (each.key not in near, each.type, each.value))
    return tuple(Identifier(type=each.type, value=each.value) for each in ordered)


def digest(pepper: Pepper, *parts: object) -> str:
    """A name for what is sent that says nothing of it: keyed, since addresses can be guessed."""
    text = json.dumps(parts, sort_keys=True, default=_plain)
    return keys.digest(pepper, "delivery", sha256(text.encode()).digest())


def own_sources(config: Config, name: str, destination: Destination) -> frozenset[str]:
    """The sources that are the same system as a destination: the one of its name, else those at its
    address. A vendor's accounts may all have one address, and ids of another mean somebody else.
    """
    if name in config.sources:
        return frozenset({name})
    place = (destination.connector, destination.base_url)
    there = config.sources.items()
    return frozenset(n for n, each in there if (each.connector, each.base_url) == place)


def sources_of(fields: Iterable[str]) -> frozenset[str]:
    """The fields of the view that derived fields come from."""
    return frozenset({"orders"} if "segment" in fields else ())


def _facts(profile: Profile) -> dict[str, str]:
    orders = sum(total.count for total in profile.totals.values())
    segment = "frequent" if orders >= FREQUENT else "buyer" if orders else "prospect"
    return {"value": money.value(profile.totals), "orders": str(orders), "segment": segment}


def _plain(value: object) -> object:
    if isinstance(value, Identifier):
        return [value.type, value.value]
    message = f"{type(value).__name__} has no digest"
    raise TypeError(message)
