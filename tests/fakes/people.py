"""People whom sources know, through the resolver and announce, on a graph in memory."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions import resolve, wiring
from rules import keys
from rules.resolution_case import Received
from rules.resolution_items import island_from
from schemas.config import Config
from schemas.graph import CustomerId, SubjectKey
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import ConsentSignal, Observation, Record
from tests.fakes.graph import NOW, PEPPER, SPOKEN, World, wire

OBJECTS = {"shop": "customer", "crm": "contact", "help": "user"}


@dataclass
class People:
    """Subjects are named `<source>:<id>`; the earlier named, the older."""

    world: World
    known: dict[str, datetime] = field(default_factory=dict)
    said: list[Any] = field(default_factory=list)
    now: datetime = NOW

    def knows(self, who: str, name: str = "", **values: str) -> SubjectKey:
        """A source has a contact of this name with these identifiers."""
        self.known.setdefault(who, SPOKEN + timedelta(hours=len(self.known)))
        first, _, last = name.partition(" ")
        traits = {"first_name": first, "last_name": last} if name else {}
        self._resolve(self._seen(who, traits=traits, claims=_claims(values)))
        return s_of(who)

    def hears(self, who: str, state: str, at: datetime = SPOKEN, **about: object) -> None:
        """A contact says something about marketing by e-mail."""
        told = {"purpose": "email_marketing", "channel": "email", **about}
        signal = ConsentSignal.model_validate({**told, "state": state, "effective_at": at})
        self._resolve(self._seen(who, consents=(signal,)))

    def merges(self, kept: str, gone: str) -> None:
        """A source made one of two of its contacts."""
        self._resolve(self._seen(kept, merged=(subject_of(gone),)))

    def customer(self, who: str) -> CustomerId:
        """The customer that a subject is."""
        s = s_of(who)
        (island,) = [
            each
            for key, row in self.world.table.store.rows.items()
            if key.pk.startswith("G#") and s in (each := island_from(row)).labels
        ]
        return island.labels[s]

    def _seen(self, who: str, **said: object) -> Observation:
        subject = subject_of(who, self.known[who])
        record = Record(
            kind=subject.object, id=subject.id, version=SPOKEN.isoformat(), occurred_at=SPOKEN
        )
        return Observation.model_validate({"subject": subject, "record": record, **said})

    def _resolve(self, seen: Observation) -> None:
        report = resolve.resolve_batch([Received(seen, self.now)])
        assert (report.later, report.bad) == ({}, {}), report
        self.said += self.world.stream()


def subject_of(who: str, created_at: datetime | None = None) -> Subject:
    """`shop:ben` as the shop's customer."""
    source, _, id_ = who.partition(":")
    return Subject(source=source, object=OBJECTS[source], id=id_, created_at=created_at)


def s_of(who: str) -> SubjectKey:
    """A subject's key in the table."""
    return keys.of_subject(PEPPER, subject_of(who))


def _claims(values: dict[str, str]) -> tuple[Claim, ...]:
    return tuple(
        Claim(identifier=Identifier(type=type_, value=value), raw=value)
        for type_, value in values.items()
    )


def people(monkeypatch: pytest.MonkeyPatch, **more: object) -> People:
    """A hub with three sources, one destination and nobody in it."""
    system = {"connector": "shopify", "base_url": "https://shop.example.com"}
    config = {
        "company": "Lumen & Loom",
        "sources": dict.fromkeys(OBJECTS, system),
        "destinations": {"mailchimp": {**system, "connector": "mailchimp"}},
    }
    found = People(wire(monkeypatch, config=Config.model_validate(config), **more))
    monkeypatch.setattr(wiring, "now", lambda: found.now)
    return found
