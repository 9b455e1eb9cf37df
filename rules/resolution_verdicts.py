"""What people say about pairs and links becomes part of the graph."""

from collections.abc import Iterable, Sequence
from typing import Final

from rules.ignored import bound, copies
from rules.resolution_calls import Steps
from rules.resolution_commit import commit
from rules.resolution_islands import Laws, recompute, unite, with_verdicts
from rules.resolution_items import subject_key
from rules.resolution_view import Draft, View
from schemas.errors import BadRecord
from schemas.graph import SubjectKey, Verdict
from schemas.policy import IdentityRules
from schemas.rows import Write, version_is

VERDICTS_AT_ONCE: Final = 40
"""Each changes at most two of its hundred items."""


def judge(
    verdicts: Sequence[Verdict], laws: Laws, former: Sequence[IdentityRules] = ()
) -> Steps[None]:
    """Each is known from now on wherever its subjects are. `BadRecord` when one is unknown.

    Up to forty take effect together, so a split is never seen half done. `former` are rules under
    which subjects may be linked still, until those in force are carried out.
    """
    view = View()
    for start in range(0, len(verdicts), VERDICTS_AT_ONCE):
        part = verdicts[start : start + VERDICTS_AT_ONCE]

        def plan(draft: Draft, _apart: bool, part: Sequence[Verdict] = part) -> None:
            plan_verdicts(draft, part, laws, former)

        yield from commit(view, plan)


def plan_verdicts(
    draft: Draft, verdicts: Iterable[Verdict], laws: Laws, former: Sequence[IdentityRules] = ()
) -> None:
    """The islands of both subjects of a pair; one island, when it is said that they are one."""
    verdicts = list(verdicts)
    draft.need(subject_key(s) for verdict in verdicts for s in about(verdict))
    draft.all_live(_island(draft, s) for verdict in verdicts for s in about(verdict))
    for verdict in verdicts:
        names = [_island(draft, s) for s in about(verdict)]
        if verdict.kind in ("always", "alias"):
            draft.put(with_verdicts(unite(draft, names, laws), [verdict]))
        elif verdict.kind == "ignore":
            _plan_ignored(draft, verdict, laws, (laws.rules, *former))
        else:
            for island in draft.all_live(names).values():
                draft.put(with_verdicts(island, [verdict]))
    recompute(draft, laws)


def _plan_ignored(
    draft: Draft, verdict: Verdict, laws: Laws, rules: Sequence[IdentityRules]
) -> None:
    """The link is out under each of the keys that its value has among the subject's links."""
    s = verdict.a
    head = draft.subject(s)
    assert head
    check = Write("check", subject_key(s), condition=version_is(head.version))
    if check not in draft.rows:
        draft.rows.append(check)
    said = bound(verdict, head.links, rules, laws.pepper)
    every = (said, *copies(s, [said], head.links, laws))
    island = draft.live(head.island)
    known = {v.model_copy(update={"spelt": ()}) for v in island.verdicts}
    fresh = (v for v in every if v.model_copy(update={"spelt": ()}) not in known)
    draft.put(with_verdicts(island, fresh))


def about(verdict: Verdict) -> tuple[SubjectKey, ...]:
    """The subjects that a verdict names."""
    return (verdict.a,) if verdict.kind == "ignore" else (verdict.a, verdict.b)


def _island(draft: Draft, s: SubjectKey) -> str:
    head = draft.subject(s)
    erased = head and head.erased_at and not head.seen
    if head is None or erased or not head.island:
        raise BadRecord("nobody is known by this subject: look it up again")
    return head.island
