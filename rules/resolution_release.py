"""Links that were too many of their type link again, once few enough are left."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from rules.keys import is_own, renewed, subject_of
from rules.renaming import Names, names, renamed_head
from rules.resolution_calls import Steps, read_many
from rules.resolution_change import Change
from rules.resolution_commit import commit
from rules.resolution_crowds import due, weighed
from rules.resolution_islands import Laws, pruned, recompute
from rules.resolution_items import subject_key
from rules.resolution_links import LINKS_AT_ONCE, node_of, plan_said
from rules.resolution_size import TooLarge
from rules.resolution_view import Draft, View
from schemas.errors import RetryLater
from schemas.graph import Link, SubjectHead, SubjectKey
from schemas.identifiers import Subject

ROUNDS: Final = 20
"""More than all the links that a subject may have need, with others that come meanwhile."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""When it was said is of no concern any more: the head had it."""


def release(s: SubjectKey, laws: Laws) -> Steps[None]:
    """As if the links were said now, some at a time, until none is left.

    They wait where their island may not grow: what led here took apart, and is done.
    """
    view = View()
    key = subject_key(s)
    view.learn([key], (yield from read_many([key])))
    with suppress(TooLarge):
        for _ in range(ROUNDS):
            head = view.head(key)
            if head is None or not due(head, laws.rules):
                return
            yield from commit(view, lambda draft, apart: plan_release(draft, s, laws, apart=apart))
        raise RetryLater("links: as many are to be released as before")


def plan_release(draft: Draft, s: SubjectKey, laws: Laws, *, apart: bool) -> None:
    """The next of them. What is in doubt of the subject stays so."""
    head = draft.subject(s)
    part = sorted(due(head, laws.rules))[:LINKS_AT_ONCE] if head else []
    if head is None or not part:
        return
    now = names(draft, None, part, laws.pepper)
    head = _renamed(head, now)
    draft.put(head)
    part = sorted(now.values())
    links = {key: head.links[key] for key in part}
    named = {subject_of(key): _named(links[key]) for key in part if is_own(key)}
    plan_said(draft, Change(s, head.subject, links, named, {}, "", NEVER, None), laws, apart=apart)
    after = draft.subject(s)
    if after:
        draft.put(after.model_copy(update={"doubtful": head.doubtful}))


def plan_renew(draft: Draft, s: SubjectKey, laws: Laws) -> None:
    """What it has too much of, where no identifier names it, comes to its name under the pepper
    that is coming; what is parting has come with its identifier."""
    head = draft.subject(s)
    new = {key: renewed(laws.pepper, key) for key in head.crowded} if head else {}
    if head is None or all(key == name for key, name in new.items()):
        return
    after = _renamed(head, new)
    draft.put(after)
    _put_node(draft, after, laws)


def _renamed(head: SubjectHead, names_: Names) -> SubjectHead:
    for old, new in names_.items():
        head = renamed_head(head, old, new)
    return head


def plan_weigh(draft: Draft, s: SubjectKey, laws: Laws) -> None:
    """Under other rules, what has become too many links nobody."""
    head = draft.subject(s)
    if head is None:
        return
    after = weighed(head, laws.rules)
    draft.put(after)
    if after != head:
        _put_node(draft, after, laws)


def _put_node(draft: Draft, head: SubjectHead, laws: Laws) -> None:
    if head.seen:
        island = draft.live(head.island)
        nodes = {**island.nodes, head.s: node_of(head)}
        draft.put(pruned(island, nodes, island.verdicts))
        recompute(draft, laws)


def _named(link: Link) -> Subject:
    """Whom a link to a source's id names."""
    source, _, object_ = link.type.partition(":")
    return Subject(source=source, object=object_, id=link.value)
