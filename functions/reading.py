"""What a delivery reads: the customer, and what was said about its addresses and its person."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from adapters.customers import Customers, consent_from, profile_from, profile_key
from adapters.table import Item, Table
from adapters.together import side_by_side
from rules import bonds
from rules.consent import ConsentRows
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

    def said(self, person: Person, addressee: Addressee) -> ConsentRows:
        """Every consent event that bears on an addressee, by address and by subject.

        The journal holds what a restored graph may have lost; it is written before the graph, and
        both before anything is acknowledged, so that the graph's strong read is the one that
        decides. What its subjects took along from customers that fell apart is beside their own.
        """
        asked = [(s, self._there) for s in sorted(person.subjects)]
        for key in sorted(addressee.addresses):
            asked += [(key, self._there), (key, self._before)]
        found = side_by_side([partial(read, about) for about, read in asked])
        said: dict[str, tuple[ConsentRow, ...]] = {}
        for (about, _), events in zip(asked, found, strict=True):
            said[about] = said.get(about, ()) + events
        return {**said, **self._taken(person, {s: said[s] for s in person.subjects})}

    def _taken(self, person: Person, own: ConsentRows) -> ConsentRows:
        """Costs nothing to who was never parted from anybody, or only from who is with them again.

        The journal has every withdrawal, also of those who were erased; grants, which can only
        lift one, are read where there is one.
        """
        who = person.subjects
        bound = bonds.reached(person.island.bonds, who)
        if not bound:
            return {}
        others = sorted(bound - who)
        if len(others) > bonds.MOST:
            return bonds.sealed()
        kept = _each(self._kept, others)
        if not any(e.state == "withdrawn" for rows in (own, kept) for e in _all(rows)):
            return {}
        there = _each(self._there, others)
        said = {**own, **{each: (*there[each], *kept[each]) for each in others}}
        return bonds.taken_along(person.island.bonds, who, said)

    def _views(self, wanted: Mapping[CustomerId, int]) -> list[Profile]:
        seen = {profile_key(customer): version for customer, version in wanted.items()}
        rows = self.graph.get_many(list(seen), consistent=False)
        late = [key for key in seen if _version(rows.get(key)) < seen[key]]
        if late:
            rows |= self.graph.get_many(late)
        return [profile_from(row) for row in rows.values()]

    def _there(self, about: str) -> tuple[ConsentRow, ...]:
        return tuple(map(consent_from, self.graph.all(_place(about), "K#")))

    def _before(self, about: str) -> tuple[ConsentRow, ...]:
        kept = self.journal.all(_place(about), "K#", consistent=False)
        return tuple(map(consent_from, kept))

    def _kept(self, about: str) -> tuple[ConsentRow, ...]:
        return tuple(map(consent_from, self.journal.all(_place(about), "K#")))


def _place(about: str) -> str:
    return f"I#{about}" if "#" in about else f"S#{about}"


def _all(rows: ConsentRows) -> Iterable[ConsentRow]:
    return (event for each in rows.values() for event in each)


def _each(read: Callable[[str], tuple[ConsentRow, ...]], wanted: Sequence[str]) -> ConsentRows:
    return dict(zip(wanted, side_by_side([partial(read, each) for each in wanted]), strict=True))


def _version(row: Item | None) -> int:
    return int(str(row.get("v", 0))) if row else -1
