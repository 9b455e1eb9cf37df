"""A mailing service and the hub around it: who is known, what was said, what goes out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from adapters.customers import profile_key
from adapters.http import Http, Times
from adapters.http_access import Access
from adapters.http_circuit import Circuit
from adapters.http_connection import Call, Connection, Hook
from adapters.ledger import Ledger, entries, totals
from adapters.table import Table, Units
from connectors import defaults
from connectors.contract import Connector, Outcome, Push, Request, Response, Spec, Upsert
from functions.delivering import deliver
from functions.office import Errand, Office
from functions.reading import Reader
from rules import keys
from rules.gate import Book
from rules.keys import Pepper
from rules.resolution_items import island_from, island_item, island_key
from schemas.config import Destination
from schemas.decision import DeliveryRow
from schemas.graph import ConsentRow, Field, Island, Known, Node, Profile, Total
from schemas.identifiers import Identifier
from schemas.policy import Policy
from schemas.rows import Item, Key, Write
from tests.simulator.port import MemoryPort

if TYPE_CHECKING:
    from adapters.secrets import Secrets

PEPPER = Pepper(b"p" * 32)
START = datetime(2026, 5, 4, tzinfo=UTC)
FIELDS = ["email", "first_name", "orders"]
POLICY: dict[str, Any] = {
    "identity": {"types": {}},
    "purposes": {
        "offers": {"basis": "consent"},
        "care": {"basis": "contract"},
        "counting": {"basis": "legitimate_interest"},
    },
    "destinations": {
        "letters": {"purpose": "offers", "channel": "email", "fields": FIELDS},
        "figures": {"purpose": "counting", "fields": ["country", "value", "orders"]},
    },
}


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


def address(name: str) -> str:
    """An invented address."""
    return f"{name}@example.com"


def key_of(name: str) -> str:
    """The key of that address."""
    return keys.of_identifier(PEPPER, Identifier(type="email", value=address(name)))


def push(system: object, change: Upsert) -> Push:
    """Puts somebody on the list."""
    said = {"traits": dict(change.traits), "facts": dict(change.facts)}
    return (yield from _put(change, {"status": "on", **said}))


def opt_out(system: object, change: Upsert) -> Push:
    """Takes somebody off."""
    return (yield from _put(change, {"status": "off"}))


def _put(change: Upsert, body: Mapping[str, Any]) -> Push:
    headers = {"idempotency-key": change.idempotency_key}
    yield Request("PUT", f"people/{change.identifier.value}", json=body, headers=headers)
    return Outcome("sent", "200")


SPEC = Spec(name="letters", title="Letters", destination=True, channel_identifier="email")
PLAIN = {name: value for name, value in vars(defaults).items() if not name.startswith("_")}
LETTERS = cast(
    "Connector",
    SimpleNamespace(**(PLAIN | {"SPEC": SPEC, "push": push, "opt_out": opt_out})),
)


@dataclass
class Service:
    """What the mailing service holds. `answers` are statuses to give before it works again;
    `opening` runs while the connection opens, `arriving` when a request has arrived.
    """

    base: object = field(default_factory=lambda: urlsplit("https://letters.example/"))
    people: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    opening: Callable[[], None] = lambda: None
    arriving: Callable[[], None] = lambda: None

    def exchange(self, call: Call, before_first_byte: Hook) -> Response:
        self.opening()
        before_first_byte()
        self.arriving()
        if self.answers:
            return self.answers.pop(0)
        name, body = unquote(call.target.rpartition("/")[2]), json.loads(call.body or b"{}")
        self.people[name] = body
        self.calls.append((name, body["status"], call.headers["idempotency-key"]))
        return Response(200, {"content-type": "application/json"}, b"{}")


@dataclass
class Hub:
    """The graph, the journal, a clock that only moves when told, and one destination."""

    name: str = "letters"
    mode: str = "live"
    seconds: float = 0.0
    tick: Callable[[str], None] = lambda _name: None
    service: Service = field(default_factory=Service)
    names: "count[int]" = field(default_factory=count)
    pepper: Pepper = PEPPER
    in_view: Callable[[str], str] = str
    on_island: Callable[[str], str] = str
    """What an address is called there, by what `key_of` calls it."""

    def __post_init__(self) -> None:
        self.graph: Table = MemoryPort(self._ticked)
        self.journal: Table = MemoryPort(self._ticked)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def clock(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def office(self, **changes: object) -> Office:
        times = Times(self.now, self.clock, self.wait, lambda: 0.0)
        vault = cast("Secrets", SimpleNamespace(get=lambda *_: {"token": "t"}, forget=lambda *_: 0))
        access = Access(self.name, LETTERS, vault, self.clock)
        line = cast("Connection", self.service)
        circuit = Circuit(self.name, lambda: self.now().timestamp())
        place = {"connector": "letters", "base_url": "https://letters.example", "mode": self.mode}
        made: dict[str, Any] = {
            "name": self.name,
            "destination": Destination.model_validate(place),
            "connector": LETTERS,
            "own_sources": frozenset({"letters"}),
            "book": Book("v1", Policy.model_validate(POLICY)),
            "pepper": self.pepper,
            "reader": Reader(self.graph, self.journal),
            "ledger": Ledger(self.graph, self.name, self.pepper),
            "http": Http(LETTERS, line, access, circuit, times, patience=3.0),
            "now": self.now,
            "clock": self.clock,
            "token": lambda: f"holder-{next(self.names)}",
        }
        return Office(**(made | changes))

    def deliver(self, customer: str, version: int = 1, **changes: object) -> None:
        deliver(self.office(**changes), Errand(customer, version, START))

    def knows(self, *names: str, version: int = 1, into: str = "g1", **traits: str) -> str:
        """A customer: one subject for each name, each with an address of its own; the first is
        the founder. Answers with the customer's id.
        """
        customer = keys.of_customer(PEPPER, f"s-{names[0]}")
        nodes = {
            f"s-{n}": Node(
                created="2020",
                own=f"shop:customer#s-{n}",
                links=frozenset({self.on_island(key_of(n))}),
            )
            for n in names
        }
        known = tuple(
            Known(
                key=self.in_view(key_of(n)),
                type="email",
                value=address(n),
                source="shop",
                at=START,
            )
            for n in names
        )
        filled = {"email": address(names[0]), "first_name": names[0].title()} | traits
        profile = Profile(
            customer=customer,
            version=version,
            island=into,
            island_version=version,
            subjects={s: s for s in nodes},
            identifiers=known,
            traits=cast("Any", {k: self._field(v) for k, v in filled.items() if v}),
            totals={"EUR": Total(count=2, minor=124000)},
        )
        self._island(into, nodes, customer, version)
        row: Item = {"v": version, "data": profile.model_dump_json(exclude_defaults=True)}
        _store(self.graph, Write("put", profile_key(customer), row))
        return customer

    def also(self, customer: str, s: str, own: str, *links: str) -> None:
        """A further subject of a customer, on the island of everybody."""
        island = island_from(self.graph.get(island_key("g1")) or {})
        node = Node(created="2021", own=f"{own}#{s}", links=frozenset(links))
        nodes, labels = {**island.nodes, s: node}, {**island.labels, s: customer}
        after = island.model_copy(update={"nodes": nodes, "labels": labels})
        _store(self.graph, Write("put", island_key("g1"), island_item(after)))

    def says(
        self,
        about: str,
        state: str = "granted",
        days: int = 0,
        where: str = "graph",
        **more: object,
    ) -> None:
        """A consent event about `email#…` or a subject (`s-…`), some days from the start."""
        base = {"purpose": "offers", "channel": "email", "stated": True, "source": "shop"}
        at = START + timedelta(days=days)
        said = {"state": state, "effective_at": at, "record": "customer:1"}
        row = ConsentRow.model_validate(base | said | more)
        pk = f"S#{about}" if about.startswith("s-") else f"I#{about}"
        sk = f"K#{row.purpose}#{row.channel}#{at.isoformat()}#{state}"
        item: Item = {"data": row.model_dump_json(exclude_defaults=True)}
        table = self.graph if where == "graph" else self.journal
        _store(table, Write("put", Key(pk, sk), item))

    def ledger(self, name: str) -> list[DeliveryRow]:
        """What the ledger says under a subject."""
        return list(entries(self.graph, f"s-{name}", self.name))

    def outcomes(self, name: str) -> list[tuple[str, str]]:
        return [(row.outcome, row.decision.reason) for row in self.ledger(name)]

    def state(self, name: str) -> DeliveryRow | None:
        return Ledger(self.graph, self.name, PEPPER).states([key_of(name)]).get(key_of(name))

    def totals(self) -> Mapping[tuple[str, str], int]:
        return totals(self.graph, self.name)

    def _ticked(self, name: str) -> None:
        self.tick(name)

    def _island(self, g: str, nodes: Mapping[str, Node], customer: str, version: int) -> None:
        labels = dict.fromkeys(nodes, customer)
        island = Island(g=g, version=version, nodes=dict(nodes), labels=labels)
        _store(self.graph, Write("put", island_key(g), island_item(island)))

    def _field(self, value: str) -> Field:
        return Field(value=value, source="shop", record="customer:1", at=START)


def _store(table: Table, write: Write) -> None:
    """Puts a row that is there before anything is counted."""
    spent, table.units = table.units, Units()
    table.write(write)
    table.units = spent
