"""Observations in which much collides, and what the graph must be once all are resolved."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from rules import keys
from rules.identity import Marks, created, founder, partition, unusable
from rules.keys import Pepper
from rules.resolution_case import Case, Received, prepare
from rules.resolution_change import change_of
from schemas.graph import Node, Review, Verdict
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record
from schemas.policy import IdentifierRule, IdentityRules
from schemas.rows import Key
from tests.oracle.moves import counting

START = datetime(2026, 1, 1, tzinfo=UTC)
PEPPER = Pepper(b"a pepper for tests")
SOURCES = (("shop", "customer"), ("help", "user"), ("crm", "contact"))
RULES = IdentityRules(
    types={
        "email": IdentifierRule(level=1, limit=3, junk=("junk@.*",)),
        "phone": IdentifierRule(level=2, limit=2),
        "shop:customer": IdentifierRule(level=0, limit=3),
    },
    scope_cap=6,
)
NO_MARKS = Marks()
SURNAMES = ("Kim", "Lee", "Kim")


def person(random: Random, most: int = 5) -> Subject:
    """One of a few contacts; sometimes a guest."""
    source, object_ = random.choice(SOURCES)
    number = random.randrange(most)
    return Subject(
        source=source,
        object=object_,
        id=str(number),
        created_at=START + timedelta(days=random.randrange(9)) if random.random() < 0.8 else None,
    )


def claim(random: Random) -> Claim:
    """An address, a number, or another system's id, out of small pools."""
    kind = random.choice(("email", "email", "phone", "phone", "cookie", "own"))
    match kind:
        case "email":
            value = random.choice(("a", "b", "c", "junk")) + "@example.com"
        case "phone":
            value = f"+1202555010{random.randrange(4)}"
        case "own":
            source, object_ = random.choice(SOURCES)
            kind, value = f"{source}:{object_}", str(random.randrange(5))
        case _:
            value = "1"
    return Claim(identifier=Identifier(type=kind, value=value))


def observation(random: Random) -> Observation:
    """A version of a contact or of an order."""
    claims = tuple(claim(random) for _ in range(random.choice((0, 1, 1, 2, 3))))
    if random.random() < 0.15 and claims:
        joint = ",".join(sorted(c.identifier.value for c in claims))
        subject = Subject(source="shop", object="anonymous", id=joint)
    else:
        subject = person(random)
    contact = random.random() < 0.6
    number = random.randrange(3)
    merged = (person(random),) if contact and random.random() < 0.1 else ()
    return Observation(
        subject=subject,
        record=Record(
            kind="contact" if contact else "order",
            id=f"{subject.key}/{number}",
            version=str(random.randrange(3)),
            occurred_at=START + timedelta(hours=number),
        ),
        claims=claims,
        traits={"name": "Ada", "last_name": SURNAMES[number]} if contact else {},
        interaction=None if contact else _order(random),
        deleted=random.random() < 0.05,
        merged=tuple(m for m in merged if m.source == subject.source and m != subject),
    )


def _order(random: Random) -> Interaction:
    paid = random.random() < 0.7
    amount = Money(minor=random.randrange(1, 99), currency=random.choice(("EUR", "USD")))
    return Interaction(kind="order", title="Lamp", amount=amount if paid else None)


def history(random: Random, most: int = 14) -> list[Received]:
    """Some observations, in an order that means nothing."""
    return [Received(observation(random), START) for _ in range(random.randint(2, most))]


def crowd(random: Random, size: int) -> list[Received]:
    """So many contacts of several sources who all give one address."""
    shared = Claim(identifier=Identifier(type="email", value="office@example.com"))
    found = []
    for number in range(size):
        source, object_ = SOURCES[number % len(SOURCES)]
        subject = Subject(source=source, object=object_, id=str(number), created_at=START)
        record = Record(kind="contact", id=subject.key, version="1", occurred_at=START)
        found.append(Received(Observation(subject=subject, record=record, claims=(shared,)), START))
    random.shuffle(found)
    return found


Records = dict[Key, tuple[str, frozenset[str]]]
"""Row → newest version, and the identifiers of all versions."""
Totals = dict[tuple[str, str], tuple[int, int]]
"""Subject and currency → count and minor units."""


@dataclass(frozen=True)
class Graph:
    """What can be told of a graph: customers by subject, open reviews, record rows, totals."""

    labels: dict[str, str]
    reviews: frozenset[Review]
    records: Records
    totals: Totals


def expected(
    received: Iterable[Received],
    rules: IdentityRules = RULES,
    pepper: Pepper = PEPPER,
    *,
    said: Iterable[Verdict] = (),
    marks: Marks = NO_MARKS,
) -> Graph:
    """The graph by the pure function alone, of the whole set at once."""
    cases = [prepare(each, pepper, rules) for each in counted(received)]
    nodes = _nodes(cases)
    verdicts = [v for case in cases for v in change_of(case).aliases.values()]
    found = partition(nodes, unusable(nodes, rules, marks), [*verdicts, *said], rules)
    labels = {
        s: keys.of_customer(pepper, founder(customer, nodes))
        for customer in found.customers
        for s in customer
    }
    records, totals = _records(cases)
    return Graph(labels, frozenset(found.reviews), records, totals)


def counted(received: Iterable[Received]) -> list[Received]:
    """Those that count: of a record that can move, its newest version."""
    every = list(received)
    return [every[i] for i in counting([(each.observation, each.movable) for each in every])]


def _nodes(cases: Sequence[Case]) -> dict[str, Node]:
    by_subject: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_subject[case.s].append(case)
    return {
        s: Node(
            created=min(created(case.observation.subject) for case in own),
            own=keys.of_own(own[0].observation.subject, s),
            links=_links(own),
        )
        for s, own in by_subject.items()
    }


def _links(cases: Sequence[Case]) -> frozenset[str]:
    newest: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: case.order):
        if case.current is not None:
            newest[case.r] = case
    return frozenset(
        link
        for case in cases
        for link in case.links
        if link not in (case.current or ()) or newest[case.r] is case
    )


def _records(cases: Sequence[Case]) -> tuple[Records, Totals]:
    rows: dict[Key, list[Case]] = defaultdict(list)
    for case in cases:
        rows[case.row_key].append(case)
    totals: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    records = {}
    for key, versions in rows.items():
        newest = max(versions, key=lambda case: case.order)
        ids = frozenset(link for case in versions for link in case.links)
        records[key] = (newest.order, ids)
        bought = newest.observation.interaction
        if bought and bought.amount and not newest.observation.deleted:
            name = (newest.s, bought.amount.currency)
            count, minor = totals[name]
            totals[name] = (count + 1, minor + bought.amount.minor)
    return records, dict(totals)
