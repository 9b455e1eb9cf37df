"""A subject's old records are read again under rules that say something else of their values.

What its rows give now is added at once. What they give no more is put in doubt: a resolver may
have linked it for a record whose row is still to come. Those that run by then confirm it, and
when they have ended what is still in doubt leaves, unless a row says it.
"""

from dataclasses import dataclass
from datetime import datetime

from rules.resolution_again import kept_from
from rules.resolution_calls import Pause, Steps, query, read_many
from rules.resolution_commit import ATTEMPTS
from rules.resolution_consents import carry_consents
from rules.resolution_heard import Reading, told
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_removal import settle_doubts
from rules.resolution_settling import leave
from rules.resolution_view import View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import SubjectKey
from schemas.policy import IdentityRules
from schemas.rows import Key


@dataclass(frozen=True, slots=True)
class Sweep:
    """One going through everything: the first, or the `last` when what ran then has ended."""

    name: str
    at: datetime
    """When resolvers began to use the new rules; the same in both."""
    last: bool = False
    former: tuple[IdentityRules, ...] = ()
    """The rules before, and those of which not all was carried out."""

    @property
    def place(self) -> Key:
        """The row that says how far it has come."""
        return Key("POLICY", f"ADOPT#{self.name}{'#LAST' if self.last else ''}")


def restate(s: SubjectKey, sweep: Sweep, laws: Laws) -> Steps[None]:
    """Its links are what its rows say, when the last sweep has passed too.

    One that would have too many identifiers is left as it is, as its next record would be.
    """
    rows = tuple(kept_from(row) for row in (yield from query(f"S#{s}", "R#")))
    yield from carry_consents(rows, sweep.former, laws)
    try:
        yield from _restated(Reading(s, rows, None if sweep.last else sweep.at), laws)
    except BadRecord:
        return
    if sweep.last:
        yield from settle_doubts(s, sweep.at, laws)
        yield from leave(s, laws)


def _restated(reading: Reading, laws: Laws) -> Steps[None]:
    view = View()
    key = subject_key(reading.s)
    view.learn([key], (yield from read_many([key])))
    for attempt in range(1, ATTEMPTS + 1):
        if (yield from told(view, reading, laws)):
            return
        yield Pause(attempt)
    raise RetryLater("new rules: others keep writing the same subject")
