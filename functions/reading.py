"""What a delivery reads: the customer, and what was said about its addresses and its person."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from adapters.customers import Customers, consent_from, profile_from, profile_key
from adapters.table import Table
from rules import bonds
from rules.delivery import Addressee, Person
from schemas.graph import ConsentRow, CustomerId, IdentifierKey, Profile

Rows = Mapping[str, tuple[ConsentRow, ...]]
"""Address or subject → what was said about it or by it."""

AT_ONCE: Final = 8
"""Calls under way: as many as the connection pool holds."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The graph, and the journal that outlives it."""

    graph: Table
    journal: Table

    def person(self, customer: CustomerId, version: int) -> Person | None:
        """The customer as it is now; none when no subject carries its id any more.

        The view may be a moment old, unless it is older than what the event has seen. Its island
        is read strongly: who is who decides whose consent counts.
        """
        profile = self._profile(customer, version)
        if profile is None or profile.gone:
            return None
        islands = Customers(self.graph).islands([profile.island])
        if profile.island not in islands:
            return None
        person = Person(profile, islands[profile.island])
        return person if person.subjects else None

    def said(self, person: Person, addressee: Addressee) -> Rows:
        """Every consent event that bears on an addressee, by address and by subject.

        The journal holds what a restored graph may have lost; it is written before the graph, and
        both before anything is acknowledged, so that the graph's strong read is the one that
        decides. What its subjects took along from customers that fell apart is beside their own.
        """
        found = {s: self._there(s) for s in sorted(person.subjects)}
        addressed = {key: self._of_address(key) for key in sorted(addressee.addresses)}
        return {**found, **addressed, **self._taken(person, found)}

    def _taken(self, person: Person, own: Rows) -> Rows:
        """Costs nothing to who was never parted from anybody.

        The journal has every withdrawal, also of those who were erased; grants, which can only
        lift one, are read where there is one.
        """
        who = person.subjects
        others = sorted(bonds.reached(person.island.bonds, who) - who)
        if not others:
            return {}
        if len(others) > bonds.MOST:
            return bonds.sealed()
        kept = _each(self._kept, others)
        if not any(e.state == "withdrawn" for rows in (own, kept) for e in _all(rows)):
            return {}
        there = _each(self._there, others)
        said = {**own, **{each: (*there[each], *kept[each]) for each in others}}
        return bonds.taken(person.island.bonds, who, said)

    def _profile(self, customer: CustomerId, version: int) -> Profile | None:
        key = profile_key(customer)
        item = self.graph.get(key, consistent=False)
        if item is None or int(str(item.get("v", 0))) < version:
            item = self.graph.get(key)
        return profile_from(item) if item else None

    def _of_address(self, key: IdentifierKey) -> tuple[ConsentRow, ...]:
        kept = self.journal.all(_place(key), "K#", consistent=False)
        return (*self._there(key), *map(consent_from, kept))

    def _there(self, about: str) -> tuple[ConsentRow, ...]:
        return tuple(map(consent_from, self.graph.all(_place(about), "K#")))

    def _kept(self, about: str) -> tuple[ConsentRow, ...]:
        return tuple(map(consent_from, self.journal.all(_place(about), "K#")))


def _place(about: str) -> str:
    return f"I#{about}" if "#" in about else f"S#{about}"


def _all(rows: Rows) -> Iterable[ConsentRow]:
    return (event for each in rows.values() for event in each)


def _each(read: Callable[[str], tuple[ConsentRow, ...]], wanted: Iterable[str]) -> Rows:
    names = list(wanted)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))
