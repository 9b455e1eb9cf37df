"""What a delivery has at hand: the destination, the rules, and the ports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.http import Http
from adapters.ledger import Ledger
from connectors.contract import Connector
from functions.reading import Reader
from rules.delivery import DECISIVE
from rules.gate import Book
from rules.keys import Pepper
from schemas.config import Destination
from schemas.graph import CustomerId


@dataclass(frozen=True, slots=True)
class Errand:
    """A customer that may have something to be told, as of `version` (0: not known) or later.

    `at` is the event's time: the same for every attempt at it. `changed` names the fields of the
    view that changed; none where it may be anything.
    """

    customer: CustomerId
    version: int
    at: datetime
    changed: frozenset[str] | None = None

    @property
    def decisive(self) -> bool:
        """Whether something may be decided otherwise than before."""
        return self.changed is None or bool(self.changed & DECISIVE)


@dataclass(frozen=True, slots=True)
class Office:
    """What is the same for all deliveries to one destination. `token` draws a fresh name."""

    name: str
    destination: Destination
    connector: Connector
    own_sources: frozenset[str]
    book: Book
    pepper: Pepper
    reader: Reader
    ledger: Ledger
    http: Http
    now: Callable[[], datetime]
    clock: Callable[[], float]
    token: Callable[[], str]
