"""The resolver: what a batch of observations does to the graph, whoever else is writing to it.

Consents first, then links, then records: a record's row exists only once its subject's committed
links contain its identifiers, so a crash between any two calls and a redelivery lose nothing.

What else changes the graph, each idempotent, resumable after a crash, and safe beside resolvers;
run with `adapters.graph.Stores.run`. `laws` is a `Laws`, keys are opaque (`rules.keys`):

- `resolution_verdicts.judge(verdicts: Sequence[Verdict], laws) -> Steps[None]`; `BadRecord` when
  a subject is unknown. The verdicts are made by `identity_evidence.split_verdicts`/`merge_verdict`.
- `resolution_marks.mark(key: IdentifierKey, laws, *, blocked: bool | None = None,
  trusted: bool | None = None) -> Steps[None]`; none leaves a mark as it is.
- `resolution_removal.erase(s: SubjectKey, at: datetime, laws, *, last=False) -> Steps[bool]`: once
  now, and again with the same `at`, and `last`, when what was running has ended (15 minutes);
  `remove_record(s, record: tuple[kind, id], at, laws, *, last=False)` likewise.
- `resolution_parting.tend(now: datetime, laws) -> Steps[int]`: once a minute; settles whom records
  that can move have left.
- `resolution_adoption.adopt(sweep: Sweep, laws, pages: int = 1) -> Steps[Progress]`: call until
  `.done`, then so with the `last` sweep; `laws.rules` are the new rules, in use already.
- `resolution_rekeying.rekey(going: Going, laws, pages: int = 1) -> Steps[Progress]`: call until
  `.done`, for both tables; `laws.pepper` has the pepper that is `coming`, and has `begun`.
- `identity_diff.diff(now, then, verdicts) -> Difference` (`merges`, `splits`, `largest`): pure, for
  the dry run.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rules.resolution_calls import Steps, read_many
from rules.resolution_case import Case, Received, out_since, prepare
from rules.resolution_change import Change, as_linked, change_of
from rules.resolution_commit import commit
from rules.resolution_consents import bring_consents
from rules.resolution_crowds import unsettled
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_links import LINKS_AT_ONCE, crowding, news, plan_link, refuse_too_many
from rules.resolution_moves import store_moves, survey
from rules.resolution_places import Move
from rules.resolution_rows import store_consents, store_records
from rules.resolution_settling import leave
from rules.resolution_view import Draft, Unread, View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, SubjectHead, SubjectKey


@dataclass(slots=True)
class Report:
    """Positions of the batch that are not done: to be redelivered, or never to be resolved."""

    later: dict[int, str] = field(default_factory=dict)
    bad: dict[int, BadRecord] = field(default_factory=dict)
    linked: int = 0
    """Subjects whose links changed."""


def resolve(batch: Sequence[Received], laws: Laws) -> Steps[Report]:
    """Resolves a batch. One that fails leaves the others alone."""
    report = Report()
    cases = _prepared(batch, laws, report)
    view = View()
    known = yield from _read_heads(view, cases.values())
    movable = {position: case for position, case in cases.items() if case.movable}
    cases = _admitted(view, cases)
    yield from store_consents(cases.values(), laws.pepper)
    moves = yield from _survey(view, movable, cases, known, laws)
    cases = {i: case for i, case in cases.items() if i not in moves or moves[i].linked}
    yield from _link_all(view, cases, laws, report)
    yield from _leave_all(view, cases, laws, report)
    due = yield from _store_fixed(view, cases, moves, known, report)
    report.later |= yield from store_moves(due, laws)
    return report


def _survey(
    view: View, movable: dict[int, Case], cases: dict[int, Case], known: frozenset[str], laws: Laws
) -> Steps[dict[int, Move]]:
    """Where records that can move are, before anybody is linked by what is out of date."""

    def sure(position: int, case: Case) -> bool:
        """Whether nothing is linked by it, nor shown to be gone: its pointer can wait."""
        head = view.head(subject_key(case.s))
        return position in cases and head is not None and not _is_news(head, change_of(case), laws)

    unsure = [position for position, case in movable.items() if not sure(position, case)]
    moves = yield from survey(movable, known, unsure)
    return {i: replace(move, gone=i not in cases) for i, move in moves.items()}


def _store_fixed(
    view: View,
    cases: dict[int, Case],
    moves: dict[int, Move],
    known: frozenset[str],
    report: Report,
) -> Steps[dict[int, Move]]:
    """Records that cannot move; those that can are left, as far as nothing hinders them."""
    admitted = _admitted(view, cases)
    done = {i: c for i, c in admitted.items() if i not in report.later and i not in report.bad}
    fixed = {i: case for i, case in done.items() if i not in moves}
    try:
        yield from store_records(list(fixed.values()), known)
    except RetryLater as error:
        report.later |= dict.fromkeys(fixed, error.reason)
    return {
        i: replace(move, gone=move.gone or _gone(view, move.case))
        for i, move in moves.items()
        if i not in report.later and i not in report.bad
    }


def _prepared(batch: Sequence[Received], laws: Laws, report: Report) -> dict[int, Case]:
    """By position; a record's versions in their order."""
    cases = {}
    for position, received in enumerate(batch):
        try:
            cases[position] = prepare(received, laws.pepper, laws.rules)
        except BadRecord as error:
            report.bad[position] = error
    return dict(sorted(cases.items(), key=lambda pair: pair[1].order))


def _read_heads(view: View, cases: Iterable[Case]) -> Steps[frozenset[str]]:
    wanted = {subject_key(case.s): case.s for case in cases}
    if not wanted:
        return frozenset()
    found = yield from read_many(tuple(wanted))
    view.learn(wanted, found)
    return frozenset(s for key, s in wanted.items() if key in found)


def _head(view: View, s: SubjectKey) -> Steps[SubjectHead | None]:
    """As last read; read again where another change of the batch found that it had moved."""
    key = subject_key(s)
    if not view.knows(key):
        view.learn([key], (yield from read_many([key])))
    return view.head(key)


def _admitted(view: View, cases: dict[int, Case]) -> dict[int, Case]:
    """Without what is older than the removal of its subject or record, as far as is known."""
    found = {}
    for position, case in cases.items():
        out = out_since(view.head(subject_key(case.s)), case.r)
        if out is None:
            found[position] = case
        elif case.said > out:
            found[position] = replace(case, since=out)
    return found


def _gone(view: View, case: Case) -> bool:
    out = out_since(view.head(subject_key(case.s)), case.r)
    return out is not None and case.said <= out


def _link_all(view: View, cases: dict[int, Case], laws: Laws, report: Report) -> Steps[None]:
    changes = {
        position: change
        for position, change in ((i, change_of(case)) for i, case in cases.items())
        if _is_news(Draft(view).subject(change.s), change, laws)
    }
    yield from _read_ahead(view, changes.values(), laws)
    for position, change in changes.items():
        try:
            yield from bring_consents(change.links, laws.pepper)
            yield from _link(view, change, laws)
            report.linked += 1
        except RetryLater as error:
            report.later[position] = error.reason
        except BadRecord as error:
            report.bad[position] = error


def _is_news(head: SubjectHead | None, change: Change, laws: Laws) -> bool:
    return news(head, as_linked(head, change, laws.pepper)) is not None


def _leave_all(view: View, cases: dict[int, Case], laws: Laws, report: Report) -> Steps[None]:
    """Whom a newer version, too many links, or what was cut short parted from identifiers."""
    of: dict[SubjectKey, list[int]] = defaultdict(list)
    for position, case in cases.items():
        of[case.s].append(position)
    for s, positions in of.items():
        head = yield from _head(view, s)
        if head and unsettled(head, laws.rules):
            view.forget([subject_key(s)])
            try:
                yield from leave(s, laws)
            except RetryLater as error:
                known = (position for position in positions if position not in report.bad)
                report.later |= dict.fromkeys(known, error.reason)
            except BadRecord as error:
                report.bad |= dict.fromkeys(positions, error)


def _read_ahead(view: View, changes: Iterable[Change], laws: Laws) -> Steps[None]:
    """What all changes need, in as few reads as one change would take."""
    while True:
        missing = {}
        for change in changes:
            try:
                plan_link(Draft(view), change, laws)
            except Unread as unread:
                missing.update(dict.fromkeys(unread.keys))
            except BadRecord:
                continue
        if not missing:
            return
        view.learn(missing, (yield from read_many(tuple(missing))))


def _link(view: View, change: Change, laws: Laws) -> Steps[None]:
    head = yield from _head(view, change.s)
    linked = as_linked(head, change, laws.pepper)
    refuse_too_many(head, linked)
    for part in _parts(linked, crowding(head, linked, laws)):

        def plan(draft: Draft, apart: bool, part: Change = part) -> None:
            plan_link(draft, part, laws, apart=apart)

        yield from commit(view, plan)


def _parts(change: Change, crowded: frozenset[IdentifierKey]) -> Iterator[Change]:
    """What fits a transaction each: first the links, then whom the vendor merged into it.

    Links that link nobody bring no items: however many, they go with the first.
    """
    aside = {key: link for key, link in change.links.items() if key in crowded}
    links = [(key, link) for key, link in change.links.items() if key not in crowded]
    aliases = list(change.aliases.items())
    for start in range(0, max(len(links), 1), LINKS_AT_ONCE):
        yield replace(change, links=aside | dict(links[start : start + LINKS_AT_ONCE]), aliases={})
        aside = {}
    for start in range(0, len(aliases), LINKS_AT_ONCE):
        yield replace(change, links={}, aliases=dict(aliases[start : start + LINKS_AT_ONCE]))
