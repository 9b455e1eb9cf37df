"""A subject's old records are read again under rules that say something else of their values.

What its rows give now is added at once. What they give no more is put in doubt: a resolver may
have linked it for a record whose row is still to come. Those that run by then confirm it, and
when they have ended what is still in doubt leaves, unless a row says it.
"""

from dataclasses import dataclass
from datetime import datetime

from rules.resolution_again import Kept, Spoken, kept_from, spoken
from rules.resolution_calls import Pause, Steps, query, read_many
from rules.resolution_change import Change
from rules.resolution_commit import ATTEMPTS, attempted
from rules.resolution_consents import carry_consents
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_links import LINKS_AT_ONCE, plan_link
from rules.resolution_removal import settle_doubts
from rules.resolution_settling import leave
from rules.resolution_view import Draft, View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, Link, SubjectHead, SubjectKey
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


@dataclass(frozen=True, slots=True)
class Reading:
    """A subject and its rows; since when what they do not say is in doubt, unless it is settled."""

    s: SubjectKey
    rows: tuple[Kept, ...]
    doubt: datetime | None


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

        def plan(draft: Draft, apart: bool) -> None:
            plan_restate(draft, reading, laws, apart=apart)

        while (yield from attempted(view, plan)):
            head = view.head(key)
            if not head or not fresh(head, spoken(head, reading.rows, laws)):
                return
        yield Pause(attempt)
    raise RetryLater("new rules: others keep writing the same subject")


def plan_restate(draft: Draft, reading: Reading, laws: Laws, *, apart: bool) -> None:
    """Some of the links that are missing, and since when those that no row gives are in doubt."""
    s = reading.s
    head = draft.subject(s)
    if head is None or not head.seen:
        return
    say = spoken(head, reading.rows, laws)
    part = dict(sorted(fresh(head, say).items())[:LINKS_AT_ONCE])
    if part and say.latest:
        change = Change(s, head.subject, part, say.named, {}, "", say.latest, None)
        plan_link(draft, change, laws, apart=apart)
    head = draft.subject(s)
    if head:
        draft.put(_after(head, say, reading.doubt))


def fresh(head: SubjectHead, say: Spoken) -> dict[IdentifierKey, Link]:
    """What the rows say and the head does not."""
    return {
        key: link for key, link in say.links.items() if key not in head.links or key in head.leaving
    }


def _after(head: SubjectHead, say: Spoken, doubt: datetime | None) -> SubjectHead:
    """A link that only newest versions give says by which; one that is given for good does not."""
    lost = head.links.keys() - say.links.keys() - head.leaving if doubt else set()
    doubts = {k: doubt for k in sorted(lost) if k not in head.doubtful} if doubt else {}
    passing = {
        k: head.links[k].model_copy(update={"version": link.version or "current"})
        for k, link in say.passing.items()
        if k in head.links and k not in say.lasting and not head.links[k].version
    }
    lasting = {
        k: head.links[k].model_copy(update={"version": ""})
        for k in say.lasting
        if k in head.links and head.links[k].version
    }
    return head.model_copy(
        update={
            "links": {**head.links, **passing, **lasting},
            "current": say.current,
            "doubtful": {**head.doubtful, **doubts},
        }
    )
