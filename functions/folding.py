"""The folded views of customers, rebuilt from their rows; an older one never replaces a newer.

A view is stored with the fields that changed, and keeps them until they were told, so that
whoever folds the customer next tells what a crash left unsaid.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from adapters.customers import Customers, KeptView, Look
from adapters.table import Conflict
from rules import finding, profile
from rules.keys import Pepper
from schemas.errors import RetryLater
from schemas.graph import CustomerId, Island, Profile, RecordRow, SubjectHead, SubjectKey
from schemas.policy import IdentityRules

ATTEMPTS: Final = 6
UNKNOWN: Final[Mapping[str, Island]] = {}
UNSEEN: Final = Look({}, {}, {})


class Job(NamedTuple):
    """Where to look for a customer, and who took it over when it is gone."""

    island: str
    into: CustomerId | None = None


class ProfileRows(NamedTuple):
    """What profiles are folded from."""

    islands: Mapping[str, Island]
    heads: Mapping[SubjectKey, SubjectHead]
    records: Mapping[SubjectKey, tuple[RecordRow, ...]]


@dataclass(frozen=True, slots=True)
class Views:
    """Where views are kept, and what they are folded by."""

    customers: Customers
    rules: IdentityRules
    pepper: Pepper


def fold_all(
    views: Views, jobs: Mapping[CustomerId, Job], seen: Look
) -> dict[CustomerId, KeptView]:
    """Folds and stores each; one that moves while it is folded is folded again. Answers with the
    views that somebody is still to be told of. `seen` is what was read on the way to the jobs.
    """
    untold: dict[CustomerId, KeptView] = {}
    left = dict(jobs)
    for _ in range(ATTEMPTS):
        for customer, kept in _fold(views, left, seen).items():
            del left[customer]
            if kept.untold:
                untold[customer] = kept
        if not left:
            return untold
        seen = UNSEEN
    message = f"{len(left)} customers changed while they were folded"
    raise RetryLater(message)


def _fold(views: Views, jobs: Mapping[CustomerId, Job], seen: Look) -> dict[CustomerId, KeptView]:
    """Folds each once: what is kept now. Those that somebody else stored meanwhile are left out.

    The profile is read before what it is folded from. So whoever stored the version that was
    read had read no newer rows than these, and its version is the only condition needed.
    """
    unseen = jobs.keys() - seen.views.keys()
    more = views.customers.look(customers=unseen).views if unseen else {}
    before = {**seen.views, **more}
    rows = read(views.customers, jobs, seen.islands)
    found = {}
    for customer, job in jobs.items():
        new = folded(customer, job, rows, views.rules)
        with suppress(Conflict):
            found[customer] = _store(views, before[customer], new)
    return found


def read(
    customers: Customers, jobs: Mapping[CustomerId, Job], islands: Mapping[str, Island] = UNKNOWN
) -> ProfileRows:
    """All that the customers are folded from. `islands` are as somebody saw them before: they tell
    which subjects to read, unless they have changed.
    """
    likely = _subjects(jobs, islands)
    found = customers.look({job.island for job in jobs.values()}, likely)
    subjects = _subjects(jobs, found.islands)
    missed = subjects - likely
    heads = {**found.heads, **(customers.heads(missed) if missed else {})}
    return ProfileRows(found.islands, heads, customers.contacts(sorted(subjects)))


def _subjects(jobs: Mapping[CustomerId, Job], islands: Mapping[str, Island]) -> set[SubjectKey]:
    return {
        s
        for customer, job in jobs.items()
        if job.island in islands
        for s, label in islands[job.island].labels.items()
        if label == customer
    }


def folded(customer: CustomerId, job: Job, rows: ProfileRows, rules: IdentityRules) -> Profile:
    """The customer as its rows say, with version 0; a gone one says who took it over."""
    island = rows.islands.get(job.island) or Island(g=job.island, version=0)
    found = profile.fold(island, rows.heads, rows.records, customer, rules)
    return found.model_copy(update={"into": job.into}) if found.gone else found


def _store(views: Views, old: KeptView | None, new: Profile) -> KeptView:
    """What is kept now: the new view, unless nothing of it differs. Of another name for the same
    identifier nobody is told.
    """
    before, untold = old or (None, frozenset[str]())
    if before is None and new.gone:
        return KeptView(new)
    names = profile.changed(before, new, views.pepper)
    if before and not names and before.island == new.island and profile.named_alike(before, new):
        return KeptView(before, untold)
    seen = before.version if before else 0
    kept = KeptView(new.model_copy(update={"version": seen + 1}), untold.union(names))
    views.customers.store(kept, seen, finding.rows(views.pepper, before, new))
    return kept
