"""A small graph, told in the language of the domain, and the functions that read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from adapters import bus
from functions import announce, wiring
from rules import keys
from rules.resolution_items import (
    COUNT,
    MINOR,
    identifier_item,
    identifier_key,
    island_item,
    island_key,
    record_item,
    subject_from,
    subject_item,
    subject_key,
)
from schemas.config import Config
from schemas.graph import (
    ConsentRow,
    IdentifierHead,
    Island,
    Link,
    Node,
    RecordRow,
    Review,
    SubjectHead,
    SubjectKey,
)
from schemas.identifiers import Identifier, Subject
from schemas.observation import Channel, Interaction, Money, Trait
from schemas.policy import Policy
from schemas.rows import Item, Key, Write
from schemas.settings import Settings
from tests.fakes.table import FakeTable

PEPPER = keys.Pepper(b"pepper")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SPOKEN = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def policy() -> Policy:
    """Agents care for customers; marketing by e-mail needs consent."""
    return Policy.model_validate(
        {
            "identity": {"types": {"email": {"level": 1}, "phone": {"level": 2}}},
            "purposes": {
                "customer_care": {"basis": "contract", "title": "Answering"},
                "email_marketing": {"basis": "consent", "title": "Offers"},
            },
            "destinations": {"mailchimp": {"purpose": "email_marketing", "channel": "email"}},
            "roles": {
                "agent": {"purposes": ["customer_care"]},
                "operator": {"purposes": [], "fields": []},
                "privacy": {"purposes": ["customer_care", "email_marketing"]},
            },
        }
    )


@dataclass
class World:
    """Writes what the resolver would; `stream` hands it to announce until nothing is left."""

    table: FakeTable = field(default_factory=FakeTable)
    said: list[Any] = field(default_factory=list)
    read_to: int = 0

    def publish(self, _aws: object, _bus: str, events: Sequence[Any]) -> None:
        """The bus; a kill comes before it has them, or after."""
        self.table.tick()
        self.said.extend(events)
        self.table.tick()

    def subject(self, name: str, *, island: str = "g1", **links: str) -> SubjectKey:
        """A contact `name` of the shop, with identifiers given as type=value."""
        subject = shop(name)
        s = keys.of_subject(PEPPER, subject)
        found = {
            keys.of_identifier(PEPPER, Identifier(type=type_, value=value)): Link(
                type=type_, value=value, source="shop", record="customer:1", at=SPOKEN
            )
            for type_, value in links.items()
        }
        head = SubjectHead(s=s, subject=subject, version=1, island=island, links=found)
        self.put(subject_key(s), subject_item(head))
        for key in found:
            known = self.table.get(identifier_key(key))
            members = frozenset({s}) | (known["ids"] if known else frozenset())  # type: ignore[operator]
            held = IdentifierHead(key=key, version=1, members=members, island=island)
            self.put(identifier_key(key), {**identifier_item(held), "ids": members})
        return s

    def contact(self, s: SubjectKey, **traits: str) -> None:
        """The contact's own record."""
        named: dict[Trait, str] = traits  # type: ignore[assignment]
        row = RecordRow(
            s=s, source="shop", kind="customer", id="1", version="1", occurred_at=SPOKEN,
            traits=named,
        )  # fmt: skip
        self.put(Key(f"S#{s}", "R#C#customer#1"), record_item(row, "1"))

    def order(self, s: SubjectKey, number: int, at: datetime, minor: int = 1000) -> None:
        """An order, and what it adds to the totals."""
        interaction = Interaction(
            kind="order", title=f"Order {number}", lines=(f"Lamp {number}",),
            amount=Money(minor=minor, currency="EUR"),
        )  # fmt: skip
        row = RecordRow(
            s=s, source="shop", kind="order", id=str(number), version="1", occurred_at=at,
            interaction=interaction,
        )  # fmt: skip
        sk = f"R#I#{at.isoformat()}#{number}"
        self.put(Key(f"S#{s}", sk), record_item(row, "1"))
        add: Item = {f"{COUNT}EUR": 1, f"{MINOR}EUR": minor}
        self.table.write(Write("update", subject_key(s), add=add))

    def consent(
        self, pk: str, state: Literal["granted", "withdrawn"], channel: Channel = "email"
    ) -> None:
        """A consent event about an address (`I#…`) or a person (`S#…`)."""
        row = ConsentRow(
            purpose="email_marketing", channel=channel, state=state, effective_at=SPOKEN,
            stated=True, source="shop", record="customer:1",
        )  # fmt: skip
        sk = f"K#email_marketing#{channel}#{SPOKEN.isoformat()}#1"
        self.put(Key(pk, sk), {"data": row.model_dump_json()})

    def island(
        self,
        g: str,
        version: int,
        *groups: Iterable[SubjectKey],
        into: str | None = None,
        reviews: tuple[Review, ...] = (),
    ) -> None:
        """Each group is one customer, called after its first subject."""
        labels = {s: called(list(group)) for group in groups for s in group}
        nodes = {s: Node(created="2026", own=None, links=self._links(s)) for s in labels}
        island = Island(
            g=g, version=version, into=into, nodes=nodes, labels=labels, reviews=reviews
        )
        self.put(island_key(g), island_item(island))

    def _links(self, s: SubjectKey) -> frozenset[str]:
        item = self.table.get(subject_key(s))
        return frozenset(subject_from(item).links) if item else frozenset()

    def put(self, key: Key, item: Item) -> None:
        """Writes a row as it is."""
        self.table.write(Write("put", key, item))

    def stream(self) -> list[Any]:
        """Announces what is new until nothing is; the events it said, in order."""
        heard = len(self.said)
        while self.read_to < len(self.table.changes):
            batch = self.table.changes[self.read_to :]
            self.read_to = len(self.table.changes)
            assert announce.handler({"Records": batch}) == {"batchItemFailures": []}
        return self.said[heard:]

    def again(self) -> list[Any]:
        """Hands the whole stream over once more, from the beginning."""
        self.read_to = 0
        return self.stream()


def shop(name: str) -> Subject:
    """A contact of the shop."""
    return Subject(source="shop", object="customer", id=name)


def called(subjects: list[SubjectKey]) -> str:
    """The customer that these are."""
    return keys.of_customer(PEPPER, subjects[0])


def wire(monkeypatch: pytest.MonkeyPatch, **more: object) -> World:
    """The functions' wiring, over a world in memory."""
    world = World()
    config = Config.model_validate({"company": "Lumen & Loom", "sources": {}})
    for name, value in {
        "graph": world.table, "journal": FakeTable(), "now": NOW, "aws": None, "config": config,
        "policy": ("v1", policy()), "settings": Settings(stage="test", function="test"),
        **more,
    }.items():  # fmt: skip
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(wiring, "pepper", lambda: PEPPER)
    monkeypatch.setattr(bus, "publish", world.publish)
    for kept in (wiring.depths, wiring.logger):
        kept.cache_clear()
    wiring.metrics.cache_clear()
    return world
