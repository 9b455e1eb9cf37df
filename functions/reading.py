"""What a delivery reads: the customer, and what was said about its addresses and its person."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.customers import Customers, consent_from, profile_from, profile_key
from adapters.table import Table
from rules.delivery import Addressee, Person
from schemas.graph import ConsentRow, CustomerId, IdentifierKey, Profile, SubjectKey


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

    def said(self, person: Person, addressee: Addressee) -> Mapping[str, tuple[ConsentRow, ...]]:
        """Every consent event that bears on an addressee, by address and by subject.

        The journal holds what a restored graph may have lost; it is written before the graph, and
        both before anything is acknowledged, so that the graph's strong read is the one that
        decides.
        """
        found = {s: self._of_subject(s) for s in sorted(person.subjects)}
        return found | {key: self._of_address(key) for key in sorted(addressee.addresses)}

    def _profile(self, customer: CustomerId, version: int) -> Profile | None:
        key = profile_key(customer)
        item = self.graph.get(key, consistent=False)
        if item is None or int(str(item.get("v", 0))) < version:
            item = self.graph.get(key)
        return profile_from(item) if item else None

    def _of_subject(self, s: SubjectKey) -> tuple[ConsentRow, ...]:
        return tuple(consent_from(item) for item in self.graph.all(f"S#{s}", "K#"))

    def _of_address(self, key: IdentifierKey) -> tuple[ConsentRow, ...]:
        place = f"I#{key}"
        kept = self.journal.all(place, "K#", consistent=False)
        return tuple(consent_from(item) for item in (*self.graph.all(place, "K#"), *kept))
