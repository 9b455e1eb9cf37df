"""The folded view of a customer."""

from datetime import UTC, datetime
from random import Random

import pytest

from rules.keys import Pepper
from rules.profile import changed, fold
from schemas.graph import Island, Link, Node, Profile, RecordRow, Review, SubjectHead, Total
from schemas.identifiers import Subject
from schemas.policy import IdentityRules

PEPPER = Pepper(b"pepper")
RULES = IdentityRules(
    types={},
    survivorship={"name": "complete", "email": "trusted"},
    trust=("crm", "shop"),
)
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def head(s: str, source: str, minor: int, erased: datetime | None = None) -> SubjectHead:
    link = Link(
        type="email", value="Ada@example.com", source=source, record=f"contact:{s}", at=JANUARY
    )
    return SubjectHead(
        s=s,
        subject=Subject(source=source, object="contact", id=s, created_at=JANUARY),
        version=1,
        island="g",
        links={"email#1": link},
        totals={"EUR": Total(count=1, minor=minor)},
        erased_at=erased,
    )


def row(s: str, source: str, version: str, *, deleted: bool = False, **traits: str) -> RecordRow:
    content = {"s": s, "source": source, "kind": "contact", "id": s, "version": version}
    return RecordRow.model_validate(
        {**content, "occurred_at": JANUARY, "traits": traits, "deleted": deleted}
    )


def island(**labels: str) -> Island:
    nodes = {s: Node(created="1", own=f"own:c#{s}", links=frozenset()) for s in labels}
    return Island(g="g", version=7, nodes=nodes, labels=labels)


def of(*rows: RecordRow, heads: dict[str, SubjectHead] | None = None) -> Profile:
    heads = heads or {"a": head("a", "shop", 100), "b": head("b", "crm", 50)}
    records = {s: tuple(r for r in rows if r.s == s) for s in heads}
    return fold(island(a="c1", b="c1", z="c2"), heads, records, "c1", RULES)


SHOP = row(
    "a", "shop", "2026-05-01T00:00:00Z", city="Ulm", name="Ada Byron", email="ada@example.com"
)
CRM = row("b", "crm", "2026-01-01T00:00:00Z", city="Bonn", name="Ada", email="ab@example.com")


def test_each_trait_survives_by_its_own_rule_and_says_where_it_is_from() -> None:
    traits = of(SHOP, CRM).traits
    assert (traits["city"].value, traits["city"].source) == ("Ulm", "shop")  # the newest
    assert (traits["email"].value, traits["email"].source) == ("ab@example.com", "crm")  # trusted
    assert traits["name"].value == "Ada Byron"  # the most complete
    assert (traits["city"].record, traits["city"].at) == ("contact:a", MAY)


def test_a_numbered_version_is_no_time() -> None:
    numbered = row("a", "shop", "0000002026", city="Ulm")
    assert of(numbered).traits["city"].at == JANUARY


def test_folding_neither_depends_on_order_nor_on_repetition() -> None:
    versions = [
        row("a", "shop", f"2026-0{n}-01T00:00:00Z", city=city, name=name)
        for n, city, name in ((1, "Ulm", "Ada"), (3, "Bonn", "Eva"), (3, "Kiel", "Eve"))
    ]
    rows = [SHOP, CRM, *versions]
    expected = of(*rows)
    for seed in range(50):
        shuffled = [*rows, *Random(seed).choices(rows, k=3)]
        Random(seed).shuffle(shuffled)
        assert of(*shuffled) == expected


def test_money_adds_up_and_identifiers_are_listed_once_with_their_first_evidence() -> None:
    profile = of(SHOP, CRM)
    assert profile.totals == {"EUR": Total(count=2, minor=150)}
    listed = [(known.type, known.value, known.source) for known in profile.identifiers]
    assert ("email", "Ada@example.com", "crm") in listed
    assert ("crm:contact", "b", "crm") in listed
    assert len(listed) == 3


def test_a_deleted_record_says_nothing_and_an_erased_subject_is_not_there() -> None:
    gone = row("a", "shop", "2026-06-01T00:00:00Z", deleted=True)
    assert of(SHOP, gone, CRM).traits["city"].value == "Bonn"
    heads = {"a": head("a", "shop", 100, erased=MAY), "b": head("b", "crm", 50)}
    assert of(SHOP, CRM, heads=heads).subjects == {"b": "crm:contact:b"}


def test_a_customer_without_subjects_is_gone() -> None:
    profile = fold(island(a="c2"), {}, {}, "c1", RULES)
    assert (profile.gone, profile.subjects, profile.traits) == (True, {}, {})


def test_open_reviews_are_counted() -> None:
    review = Review(identifier="phone#1", subjects=frozenset({"a", "z"}), reason="unique")
    with_review = island(a="c1", z="c2").model_copy(update={"reviews": (review,)})
    heads = {"a": head("a", "shop", 1)}
    assert fold(with_review, heads, {}, "c1", RULES).reviews == 1


def test_what_changed_is_told_by_name_and_provenance_alone_is_no_change() -> None:
    before = of(SHOP, CRM)
    assert changed(None, before, PEPPER) == (
        "city", "email", "identifiers", "name", "orders", "subjects", "value",
    )  # fmt: skip
    assert changed(before, before.model_copy(update={"version": 9}), PEPPER) == ()
    moved = row("a", "shop", "2026-07-01T00:00:00Z", city="Kiel", email="x@example.com")
    assert changed(before, of(moved, CRM), PEPPER) == ("city", "name")
    again = row("a", "shop", "2026-07-01T00:00:00Z", city="Ulm", name="Ada Byron")
    assert changed(before, of(again, CRM), PEPPER) == ()
    richer = of(SHOP, CRM, heads={"a": head("a", "shop", 101), "b": head("b", "crm", 50)})
    assert changed(before, richer, PEPPER) == ("value",)


def test_an_unknown_trait_is_refused_by_the_model() -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        row("a", "shop", "1", shoe_size="42")
