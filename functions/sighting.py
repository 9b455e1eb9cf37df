"""The customers of a batch, read together: one reading serves for as long as it is fresh."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from functions.fence import HOLDS_SECONDS
from functions.office import Errand
from functions.reading import Reader
from rules.delivery import Person
from schemas.graph import CustomerId

FRESH_SECONDS: Final = HOLDS_SECONDS / 2
"""The rest of what a reading holds for is left to the delivery that uses it."""


class Sighting(NamedTuple):
    """A customer as it was when the reading was issued (monotonic seconds); none if it is gone."""

    issued: float
    person: Person | None


@dataclass(slots=True)
class Sightings:
    """The last reading, and whom it was about."""

    reader: Reader
    clock: Callable[[], float]
    issued: float = 0.0
    asked: Mapping[CustomerId, int] = field(default_factory=dict)
    people: Mapping[CustomerId, Person] = field(default_factory=dict)

    def of(self, errand: Errand, ahead: Iterable[Errand]) -> Sighting:
        """The errand's customer; if it has to be read, those of the errands ahead with it."""
        fresh = self.clock() - self.issued < FRESH_SECONDS
        if not fresh or self.asked.get(errand.customer, -1) < errand.version:
            try:
                self._look([errand, *ahead])
            except (KeyError, ValueError):  # a broken row, perhaps not of this customer
                self._look([errand])
        return Sighting(self.issued, self.people.get(errand.customer))

    def _look(self, errands: Iterable[Errand]) -> None:
        wanted: dict[CustomerId, int] = {}
        for each in errands:
            wanted[each.customer] = max(each.version, wanted.get(each.customer, 0))
        issued = self.clock()
        self.people = self.reader.people(wanted)
        self.issued, self.asked = issued, wanted
