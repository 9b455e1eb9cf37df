"""The folded views of customers, rebuilt from their rows; an older one never replaces a newer."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from adapters.customers import Customers
from adapters.table import Conflict
from rules import profile
from schemas.errors import RetryLater
from schemas.graph import CustomerId, Island, Profile, RecordRow, SubjectHead, SubjectKey
from schemas.policy import IdentityRules

ATTEMPTS: Final = 6


class Job(NamedTuple):
    """Where to look for a customer, and who took it over when it is gone."""

    island: str
    into: CustomerId | None = None


class Rows(NamedTuple):
    """What profiles are folded from."""

    islands: Mapping[str, Island]
    heads: Mapping[SubjectKey, SubjectHead]
    records: Mapping[SubjectKey, tuple[RecordRow, ...]]


def fold_all(customers: Customers, jobs: Mapping[CustomerId, Job], rules: IdentityRules) -> None:
    """Folds and stores each; one that moves while it is folded is folded again."""
    left = dict(jobs)
    for _ in range(ATTEMPTS):
        left = _fold(customers, left, rules)
        if not left:
            return
    message = f"{len(left)} customers changed while they were folded"
    raise RetryLater(message)


def _fold(
    customers: Customers, jobs: dict[CustomerId, Job], rules: IdentityRules
) -> dict[CustomerId, Job]:
    """Folds each once; the ones that somebody else stored meanwhile are left.

    The profile is read before what it is folded from. So whoever stored the version that was
    read had read no newer rows than these, and its version is the only condition needed.
    """
    seen = customers.profiles(jobs)
    rows = read(customers, jobs)
    left = {}
    for customer, job in jobs.items():
        new = folded(customer, job, rows, rules)
        try:
            _store(customers, seen.get(customer), new)
        except Conflict:
            left[customer] = job
    return left


def read(customers: Customers, jobs: Mapping[CustomerId, Job]) -> Rows:
    """All that the customers are folded from."""
    islands = customers.islands({job.island for job in jobs.values()})
    subjects = [
        s
        for customer, job in jobs.items()
        if job.island in islands
        for s, label in islands[job.island].labels.items()
        if label == customer
    ]
    heads = customers.heads(subjects)
    return Rows(islands, heads, customers.contacts(subjects))


def folded(customer: CustomerId, job: Job, rows: Rows, rules: IdentityRules) -> Profile:
    """The customer as its rows say, with version 0; a gone one says who took it over."""
    island = rows.islands.get(job.island) or Island(g=job.island, version=0)
    found = profile.fold(island, rows.heads, rows.records, customer, rules)
    return found.model_copy(update={"into": job.into}) if found.gone else found


def _store(customers: Customers, old: Profile | None, new: Profile) -> None:
    if old is None and new.gone:
        return
    if old and not profile.changed(old, new) and old.island == new.island:
        return
    version = old.version if old else 0
    customers.store(new.model_copy(update={"version": version + 1}), version)
