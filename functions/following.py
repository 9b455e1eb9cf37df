"""From the items that changed to the customers they are about."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.customers import Customers, KeptView, Look, consent_from, profile_from, profile_key
from events.outbound import ConsentChanged, CustomerChanged, CustomersMerged, CustomerSplit
from functions.folding import UNSEEN, Job
from rules import announcing, bonds, finding, keys, listing, profile
from rules.announcing import Change
from rules.keys import Pepper
from rules.resolution_items import COPIED, island_from, subject_from
from schemas.graph import CustomerId, IdentifierKey, Island, Profile, SubjectHead, SubjectKey
from schemas.rows import Item, Write

FOLDED: Final = frozenset({"subject", "contact"})
Data = ConsentChanged | CustomerChanged | CustomersMerged | CustomerSplit


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event, and the id that is its own however often it is said."""

    id: str
    data: Data


@dataclass(slots=True)
class News:
    """What a batch of changes asks for: customers to fold, rows of lists, events."""

    seen: Look
    jobs: dict[CustomerId, Job] = field(default_factory=dict)
    said: list[Announcement] = field(default_factory=list)
    listed: list[Write] = field(default_factory=list)
    erased: list[Profile] = field(default_factory=list)
    too_large: int = 0
    """Links that were refused because too many records hang together at their strongest."""

    def say(self, change: Change, data: Data) -> None:
        """Adds an event of this item's change."""
        image = change.new or change.old or {}
        parts = (*change.key, image.get("v", 0), type(data).__name__, data.customer)
        self.said.append(Announcement(announcing.event_id(*parts), data))

    def say_changed(self, kept: KeptView) -> None:
        """Adds that a view is another, which the change of no other item says."""
        customer, version = kept.profile.customer, kept.profile.version
        data = CustomerChanged(
            customer=customer, version=version, changed=tuple(sorted(kept.untold))
        )
        parts = (*profile_key(customer), version, CustomerChanged.__name__, customer)
        self.said.append(Announcement(announcing.event_id(*parts), data))

    def writes(self, pepper: Pepper) -> list[Write]:
        """The rows of the lists that go with no view."""
        ends = (row for old in self.erased for row in finding.rows(pepper, old, _ended(old)))
        return [*self.listed, *ends]


@dataclass(frozen=True, slots=True)
class Places:
    """Where each subject is now. Islands are looked up by any name that they ever had; with them
    were read the views of the customers that the subjects founded, which most still are.
    """

    heads: Mapping[SubjectKey, SubjectHead]
    seen: Look
    carriers: Mapping[str, frozenset[SubjectKey]]
    pepper: Pepper

    def island(self, name: str) -> Island:
        """The island of today; an empty one when it is no more."""
        return self.seen.islands.get(name) or Island(g=name, version=0)

    def renamed(self, name: str) -> bool:
        """Whether what is called so has a name under a later pepper."""
        return "#" in name and keys.latest(self.pepper, name) != name

    def home(self, s: SubjectKey) -> tuple[CustomerId, str] | None:
        """The customer that a subject is, and its island."""
        head = self.heads.get(s)
        island = self.island(head.island) if head else None
        if island is None or s not in island.labels:
            return None
        return island.labels[s], island.g


def follow(customers: Customers, changes: Sequence[Change], pepper: Pepper) -> News:
    """What the changes ask for, in order."""
    places = _places(customers, changes, pepper)
    news = News(places.seen)
    for change in changes:
        if change.about in HEARD:
            HEARD[change.about](change, places, news)
    return news


def _places(customers: Customers, changes: Sequence[Change], pepper: Pepper) -> Places:
    addresses = [c.name for c in changes if c.about == "consent" and c.key.pk.startswith("I#")]
    carriers = _carriers(customers, addresses, pepper) if addresses else {}
    heads = {c.name: subject_from(c.new) for c in changes if c.about == "subject" and c.new}
    subjects = {c.name for c in changes if c.about != "nothing" and c.key.pk.startswith("S#")}
    unread = subjects.union(*carriers.values()) - heads.keys()
    heads |= customers.heads(unread) if unread else {}
    joined = {c.name for c in changes if c.about == "island"}
    wanted = joined | {head.island for head in heads.values()}
    founded = {keys.of_customer(pepper, c.name) for c in changes if c.about in FOLDED}
    seen = customers.look(wanted, customers=founded) if wanted else UNSEEN
    return Places(heads, seen, carriers, pepper)


def _carriers(
    customers: Customers, addresses: Collection[IdentifierKey], pepper: Pepper
) -> dict[IdentifierKey, frozenset[SubjectKey]]:
    """Who carries each by now. The names of today are read last: carriers come to those."""
    today = {each: keys.latest(pepper, each) for each in addresses}
    former = customers.members({each for each, name in today.items() if each != name})
    now = customers.members(set(today.values()))
    return {each: former.get(each, frozenset()) | now[name] for each, name in today.items()}


def _on_subject(change: Change, places: Places, news: News) -> None:
    home = places.home(change.name)
    if home:
        news.jobs.setdefault(home[0], Job(home[1]))


def _on_consent(change: Change, places: Places, news: News) -> None:
    """What is only under another name now, or under that alone, was said before."""
    if COPIED in (change.new or {}) or (change.new is None and places.renamed(change.name)):
        return
    row = consent_from(change.new or change.old or {})
    about = [change.name] if change.key.pk.startswith("S#") else places.carriers[change.name]
    found = {home[0] for home in map(places.home, about) if home}
    if row.state == "withdrawn":
        for name in {change.name, keys.latest(places.pepper, change.name)}:
            found |= _bound(name, bonds.known_at(row), about, places)
    version = int(row.effective_at.timestamp() * 1000)
    for customer in sorted(found):
        news.say(change, ConsentChanged(customer=customer, purpose=row.purpose, version=version))


def _bound(
    name: str, at: datetime, carriers: Iterable[SubjectKey], places: Places
) -> frozenset[CustomerId]:
    """Who was one with them when this was in force, and hears of it only now."""
    homes = [places.island(places.heads[s].island) for s in carriers if s in places.heads]
    return frozenset(
        island.labels[s]
        for island in homes
        for s in bonds.bound(island.bonds, name, at) & island.labels.keys()
    )


def _on_island(change: Change, places: Places, news: News) -> None:
    old = island_from(change.old) if change.old else Island(g=change.name, version=0)
    new = island_from(change.new) if change.new else Island(g=change.name, version=old.version)
    today = places.island(new.g)
    now = dict(new.labels)
    if new.into:
        now = {s: today.labels[s] for s in old.labels if s in today.labels}
    into = announcing.whereto(old.labels, now)
    touched = announcing.affected(old.labels, now)
    touched |= set(announcing.customers_of(announcing.reviewed(old, new), now))
    for customer in touched:
        known = news.jobs.get(customer)
        news.jobs[customer] = Job(today.g, into.get(customer) or (known and known.into))
    for event in announcing.moves(old.labels, now, new.version):
        news.say(change, event)
    news.listed += _review_rows(old, new)
    news.too_large += announcing.too_large(old, new)


def _review_rows(old: Island, new: Island) -> list[Write]:
    before = {announcing.review_id(old.g, review): review for review in announcing.undecided(old)}
    after = {announcing.review_id(new.g, review): review for review in announcing.undecided(new)}
    gone = [listing.strike(listing.REVIEWS, name) for name in before.keys() - after.keys()]
    rows: dict[str, Item] = {
        name: {"data": after[name].model_dump_json(), "island": new.g}
        for name in after.keys() - before.keys()
    }
    return gone + [listing.enter(listing.REVIEWS, name, row) for name, row in rows.items()]


def _on_profile(change: Change, places: Places, news: News) -> None:
    """A view is told by whoever stores it; only that it was taken away is told by nothing else."""
    if change.new is None and change.old is not None:
        old = profile_from(change.old)
        new = _ended(old)
        news.say_changed(KeptView(new, frozenset(profile.changed(old, new, places.pepper))))
        news.erased.append(old)


def _ended(old: Profile) -> Profile:
    version, island = old.version + 1, old.island
    return Profile(
        customer=old.customer, version=version, island=island, island_version=0, gone=True
    )


HEARD: Mapping[str, Callable[[Change, Places, News], None]] = {
    "subject": _on_subject,
    "contact": _on_subject,
    "consent": _on_consent,
    "island": _on_island,
    "profile": _on_profile,
}
