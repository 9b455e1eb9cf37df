"""A customer's profile is a function of the set of its records; each trait by its own rule."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from rules.keys import Pepper
from rules.profile import changed, fold
from schemas.graph import Island, Link, Node, Profile, RecordRow, SubjectHead, Total
from schemas.identifiers import Subject
from schemas.observation import Trait
from schemas.policy import IdentityRules

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = ("shop", "crm", "help", "mail")
TRUST = ("crm", "shop")
RULES = IdentityRules(types={}, survivorship={"name": "complete", "email": "trusted"}, trust=TRUST)
VALUES = ("", "Ada", "Ada Byron", "Bea", "ada@example.com", "Ulm")
SEEDS = 200
PEPPER = Pepper(b"pepper")
TRAITS: tuple[Trait, ...] = ("name", "email", "city")


class Given(NamedTuple):
    """Subjects and all versions of their records that are there."""

    island: Island
    heads: dict[str, SubjectHead]
    rows: list[RecordRow]


def given(random: Random) -> Given:
    """A few subjects of one customer and of another, with records in several versions."""
    heads = {f"s{n}": _head(random, f"s{n}") for n in range(random.randint(1, 5))}
    labels = {s: random.choice(("c1", "c1", "c1", "c2")) for s in heads}
    nodes = {s: Node(created="1", own=None, links=frozenset(h.links)) for s, h in heads.items()}
    rows = [_row(random, heads) for _ in range(random.randint(0, 12))]
    return Given(Island(g="g", version=1, nodes=nodes, labels=labels), heads, rows)


def _head(random: Random, s: str) -> SubjectHead:
    source = random.choice(SOURCES)
    links = {
        f"email#{n}": Link(
            type="email",
            value=f"a{n}@example.com",
            source=source,
            record=f"contact:{s}",
            at=START + timedelta(days=random.randrange(3)),
        )
        for n in random.sample(range(3), random.randrange(3))
    }
    return SubjectHead(
        s=s,
        subject=Subject(source=source, object="contact", id=s),
        version=1,
        island="g",
        links=links,
        totals={"EUR": Total(count=1, minor=random.randrange(100))},
        erased_at=START if random.random() < 0.1 else None,
    )


def _row(random: Random, heads: dict[str, SubjectHead]) -> RecordRow:
    s = random.choice(sorted(heads))
    traits = {t: random.choice(VALUES) for t in TRAITS if random.random() < 0.7}
    content = {
        "s": s,
        "source": heads[s].subject.source,
        "kind": "contact",
        "id": str(random.randrange(2)),
        "version": (START + timedelta(days=random.randrange(4))).isoformat(),
        "occurred_at": START,
        "traits": traits,
        "deleted": random.random() < 0.15,
    }
    return RecordRow.model_validate(content)


def folded(found: Given) -> Profile:
    """The profile of the first customer."""
    records = {s: tuple(row for row in found.rows if row.s == s) for s in found.heads}
    return fold(found.island, found.heads, records, "c1", RULES)


def test_neither_order_nor_repetition_of_anything_matters() -> None:
    for seed in range(SEEDS):
        random = Random(seed)
        found = given(random)
        rows = [*found.rows, *random.choices(found.rows, k=len(found.rows))] if found.rows else []
        random.shuffle(rows)
        names = random.sample(sorted(found.heads), len(found.heads))
        labels = {s: found.island.labels[s] for s in names}
        nodes = {s: found.island.nodes[s] for s in names}
        island = found.island.model_copy(update={"labels": labels, "nodes": nodes})
        again = folded(Given(island, {s: found.heads[s] for s in names}, rows))
        assert again == folded(found), f"seed {seed}"
        assert changed(again, folded(found), PEPPER) == ()


def test_each_trait_is_the_one_that_its_rule_names_and_says_where_it_is_from() -> None:
    """By looking at every pair: none of the others beats what survived."""
    for seed in range(SEEDS):
        found = given(Random(seed))
        profile = folded(found)
        standing = [row for row in found.rows if stands(row, found)]
        for trait in TRAITS:
            told = [row for row in standing if row.traits.get(trait)]
            field = profile.traits.get(trait)
            assert (field is None) == (not told), f"seed {seed}"
            if field:
                best = max(strength(trait, row) for row in told)
                (source, at) = (field.source, field.at)
                assert any(
                    strength(trait, row) == best
                    and (row.source, row.traits[trait]) == (source, field.value)
                    and datetime.fromisoformat(row.version) == at
                    and f"{row.kind}:{row.id}" == field.record
                    for row in told
                ), f"seed {seed}, {trait}"


def stands(row: RecordRow, found: Given) -> bool:
    """Whether a row is of the customer, and no other version of its record is greater."""
    if found.island.labels[row.s] != "c1" or found.heads[row.s].erased_at or row.deleted:
        return False
    others = [r for r in found.rows if (r.s, r.id) == (row.s, row.id) and r != row]
    return all(
        (other.version, other.deleted, sorted(other.traits.items()))
        < (row.version, row.deleted, sorted(row.traits.items()))
        for other in others
    )


def strength(trait: Trait, row: RecordRow) -> tuple[object, ...]:
    """What the rule of the trait looks at, and then the time."""
    when = datetime.fromisoformat(row.version)
    trusted = len(TRUST) - TRUST.index(row.source) if row.source in TRUST else 0
    value: str = row.traits[trait]
    return {"name": (len(value), when), "email": (trusted, when), "city": (when, trusted)}[trait]


def test_parts_of_a_customer_add_up_to_it() -> None:
    """Totals and identifiers of two parts are those of the whole."""
    for seed in range(SEEDS):
        found = given(Random(seed))
        whole = folded(found)
        for name in found.heads:
            rest = {s: h for s, h in found.heads.items() if s != name}
            parts = [
                folded(found._replace(heads=each)) for each in (rest, {name: found.heads[name]})
            ]
            minor = sum(part.totals["EUR"].minor for part in parts if part.totals)
            assert minor == (whole.totals["EUR"].minor if whole.totals else 0)
            keys = {known.key for part in parts for known in part.identifiers}
            assert keys == {known.key for known in whole.identifiers}
