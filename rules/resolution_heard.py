"""A subject is linked by what its rows say, where a link that came with them is not there."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from rules.resolution_again import Kept, Spoken, kept_from, spoken
from rules.resolution_calls import Pause, Steps, query, read_many
from rules.resolution_change import Change
from rules.resolution_commit import ATTEMPTS, attempted
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_links import LINKS_AT_ONCE, SELF, plan_link
from rules.resolution_view import Draft, View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, Link, SubjectHead, SubjectKey, Verdict
from schemas.identifiers import Subject


@dataclass(frozen=True, slots=True)
class Reading:
    """A subject and its rows; since when what they do not say is in doubt, unless it is settled."""

    s: SubjectKey
    rows: tuple[Kept, ...]
    doubt: datetime | None = None


def heard(s: SubjectKey, laws: Laws) -> Steps[None]:
    """What a removal took with it of records that are newer comes back: their rows say it.

    Their links were committed before the removal, and their rows came after it. They stay away
    where they make too much: it has its end all the same.
    """
    with suppress(BadRecord):
        for attempt in range(1, ATTEMPTS + 1):
            if (yield from _heard(s, laws)):
                return
            yield Pause(attempt)
        raise RetryLater("a removal: others keep writing the same subject")


def _heard(s: SubjectKey, laws: Laws) -> Steps[bool]:
    """Once. The head is read before the rows: a record that goes makes it another."""
    view = View()
    view.learn([subject_key(s)], (yield from read_many([subject_key(s)])))
    rows = tuple(kept_from(row) for row in (yield from query(f"S#{s}", "R#")))
    return (yield from told(view, Reading(s, rows), laws))


def told(view: View, reading: Reading, laws: Laws) -> Steps[bool]:
    """Commits what the rows say, a part at a time; false when something had moved."""

    def plan(draft: Draft, apart: bool) -> None:
        plan_told(draft, reading, laws, apart=apart)

    while (yield from attempted(view, plan)):
        head = view.head(subject_key(reading.s))
        if head is None or not _lacks(head, spoken(head, reading.rows, laws)):
            return True
    return False


def plan_told(draft: Draft, reading: Reading, laws: Laws, *, apart: bool) -> None:
    """Some of what is missing, and since when those links that no row gives are in doubt."""
    s = reading.s
    head = draft.subject(s)
    subject = _known(head) if head else None
    if head is None or subject is None:
        return
    say = spoken(head, reading.rows, laws)
    doubts = head.doubtful
    if say.latest and _lacks(head, say):
        links = dict(islice(sorted(fresh(head, say).items()), LINKS_AT_ONCE))
        aliases = dict(islice(_unknown(head, say).items(), LINKS_AT_ONCE - len(links)))
        change = Change(s, subject, links, say.named, aliases, "", say.latest, None)
        plan_link(draft, change, laws, apart=apart)
        doubts = _doubted(head, links)
    head = draft.subject(s)
    if head and head.seen:
        after = head.model_copy(update={"doubtful": doubts})
        draft.put(_after(after, say, reading.doubt))


def _doubted(head: SubjectHead, links: Iterable[IdentifierKey]) -> dict[IdentifierKey, datetime]:
    """A row that is about to go may be what says them: what is in doubt stays so, and they are."""
    if SELF not in head.doubtful:
        return head.doubtful
    return {**head.doubtful, **dict.fromkeys(links, head.doubtful[SELF])}


def _known(head: SubjectHead) -> Subject | None:
    """Who it is; none where nobody but others has ever said so."""
    if head.seen:
        return head.subject
    return head.late.subject if head.late else None


def _lacks(head: SubjectHead, say: Spoken) -> bool:
    """Whether the rows say something that its head does not."""
    if say.latest is None or _known(head) is None:
        return False
    return not head.seen or bool(fresh(head, say) or _unknown(head, say))


def fresh(head: SubjectHead, say: Spoken) -> dict[IdentifierKey, Link]:
    """What the rows say and the head does not."""
    return {
        key: link for key, link in say.links.items() if key not in head.links or key in head.leaving
    }


def _unknown(head: SubjectHead, say: Spoken) -> dict[str, Verdict]:
    """Whom the rows say that the vendor merged into it, and the head does not."""
    return {name: v for name, v in sorted(say.aliases.items()) if name not in head.aliases}


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
