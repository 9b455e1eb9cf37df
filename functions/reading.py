"""What a delivery reads: the customer, and what was said about its addresses and its person."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from adapters.customers import Customers, consent_from, profile_from, profile_key
from adapters.table import Item, Table
from adapters.together import side_by_side
from rules.delivery import Addressee, Person
from schemas.graph import ConsentRow, CustomerId, Profile


@dataclass(frozen=True, slots=True)
class Reader:
    """The graph, and the journal that outlives it."""

    graph: Table
    journal: Table

    def person(self, customer: CustomerId, version: int) -> Person | None:
        """The customer as it is now; none when no subject carries its id any more."""
        return self.people({customer: version}).get(customer)

    def people(self, wanted: Mapping[CustomerId, int]) -> dict[CustomerId, Person]:
        """Those of the customers that are somebody now, in two calls.

        A view may be a moment old, unless it is older than the version that an event has seen. The
        islands are read strongly: who is who decides whose consent counts.
        """
        views = [view for view in self._views(wanted) if not view.gone]
        islands = Customers(self.graph).islands({view.island for view in views})
        people = [Person(v, islands[v.island]) for v in views if v.island in islands]
        return {person.profile.customer: person for person in people if person.subjects}

    def said(self, person: Person, addressee: Addressee) -> Mapping[str, tuple[ConsentRow, ...]]:
        """Every consent event that bears on an addressee, by address and by subject.

        The journal holds what a restored graph may have lost; it is written before the graph, and
        both before anything is acknowledged, so that the graph's strong read is the one that
        decides.
        """
        places = [(s, self.graph, f"S#{s}") for s in sorted(person.subjects)]
        for key in sorted(addressee.addresses):
            places += [(key, table, f"I#{key}") for table in (self.graph, self.journal)]
        found = side_by_side([partial(self._events, table, pk) for _, table, pk in places])
        said: dict[str, tuple[ConsentRow, ...]] = {}
        for (about, *_), events in zip(places, found, strict=True):
            said[about] = said.get(about, ()) + events
        return said

    def _views(self, wanted: Mapping[CustomerId, int]) -> list[Profile]:
        seen = {profile_key(customer): version for customer, version in wanted.items()}
        rows = self.graph.get_many(list(seen), consistent=False)
        late = [key for key in seen if _version(rows.get(key)) < seen[key]]
        if late:
            rows |= self.graph.get_many(late)
        return [profile_from(row) for row in rows.values()]

    def _events(self, table: Table, pk: str) -> tuple[ConsentRow, ...]:
        rows = table.all(pk, "K#", consistent=table is self.graph)
        return tuple(consent_from(row) for row in rows)


def _version(row: Item | None) -> int:
    return int(str(row.get("v", 0))) if row else -1
