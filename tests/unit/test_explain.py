"""Why two subjects are one customer, and why not."""

from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree

from rules.explain import Explanation, explain
from rules.explain_views import svg, text
from rules.identity import partition
from schemas.graph import Island, Link, Node, SubjectHead, Verdict
from schemas.identifiers import Subject
from schemas.policy import IdentifierRule, IdentityRules

RULES = IdentityRules(types={"email": IdentifierRule(level=1), "phone": IdentifierRule(level=2)})
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = {"shop": "customer", "crm": "contact", "help": "user"}


class Company:
    """An island in the making: subjects named `<source>-<id>`, with values as identifiers."""

    def __init__(self) -> None:
        self.heads: dict[str, SubjectHead] = {}
        self.verdicts: list[Verdict] = []
        self.unusable: frozenset[str] = frozenset()
        self.rules = RULES

    def has(self, name: str, **values: str) -> None:
        source, _, number = name.partition("-")
        links = {
            f"{type_}#{value}": Link(
                type=type_, value=value, source=source, record=f"contact:{number}", at=NEW_YEAR
            )
            for type_, value in values.items()
        }
        subject = Subject(source=source, object=SOURCES[source], id=number, created_at=NEW_YEAR)
        self.heads[name] = SubjectHead(s=name, subject=subject, version=1, island="g", links=links)

    def hears(
        self,
        kind: Literal["always", "never", "ignore"],
        a: str,
        b: str,
        day: int = 1,
        by: str = "anna",
    ) -> None:
        at = NEW_YEAR.replace(day=day)
        self.verdicts.append(Verdict(kind=kind, a=a, b=b, at=at, by=by, why="asked both"))

    def why(self, a: str, b: str) -> Explanation:
        nodes = {
            s: Node(
                created="1",
                own=f"{head.subject.source}:{head.subject.object}#{s}",
                links=frozenset(head.links) - head.crowded,
                crowded=head.crowded,
            )
            for s, head in self.heads.items()
        }
        verdicts = tuple(self.verdicts)
        found = partition(nodes, self.unusable, verdicts, self.rules)
        island = Island(
            g="g", version=1, nodes=nodes, reviews=found.reviews, verdicts=verdicts,
            unusable=self.unusable,
        )  # fmt: skip
        return explain(a, b, island, self.heads, self.rules)


def drawn(found: Explanation) -> str:
    """All words of the drawing."""
    return " ".join(ElementTree.fromstring(svg(found)).itertext())  # noqa: S314


def family() -> Company:
    company = Company()
    company.has("shop-1", email="ada@example.com")
    company.has("crm-7", email="ada@example.com", phone="+12025550143")
    company.has("help-3", phone="+12025550143")
    return company


def test_the_shortest_chain_is_told_with_values_source_and_time() -> None:
    found = family().why("shop-1", "help-3")
    assert found.together
    assert [(s.left, s.type, s.value, s.right) for s in found.chain] == [
        ("shop:customer:1", "email", "ada@example.com", "crm:contact:7"),
        ("crm:contact:7", "phone", "+12025550143", "help:user:3"),
    ]
    assert [(e.source, e.at) for e in found.chain[0].evidence] == [
        ("shop", NEW_YEAR), ("crm", NEW_YEAR),
    ]  # fmt: skip


def test_a_shared_phone_that_would_join_two_shop_customers_is_told_as_the_obstacle() -> None:
    company = family()
    company.has("shop-2", phone="+12025550143")
    found = company.why("shop-1", "shop-2")
    assert not found.together
    assert [(o.reason, o.type, o.value) for o in found.obstacles] == [
        ("unique", "phone", "+12025550143")
    ]
    assert "two ids of shop:customer" in text(found)


def test_two_values_of_a_unique_type_are_told_as_values_and_not_as_ids() -> None:
    company = Company()
    unique = {"email": IdentifierRule(level=1, unique=True), "phone": IdentifierRule(level=2)}
    company.rules = IdentityRules(types=unique)
    company.has("shop-1", email="ada@example.com", phone="+12025550143")
    company.has("crm-7", email="bea@example.com", phone="+12025550143")
    found = company.why("shop-1", "crm-7")
    assert "two values of email, of which a person has one" in text(found)


def test_a_verdict_is_told_with_its_author() -> None:
    company = family()
    company.hears("never", "shop-1", "crm-7")
    found = company.why("shop-1", "crm-7")
    assert found.obstacles[0].reason == "never"
    assert "anna asked both 2026-01-01" in text(found)


def test_a_merge_by_hand_is_a_link_of_the_chain() -> None:
    company = family()
    company.has("shop-9")
    company.hears("always", "help-3", "shop-9")
    assert not company.why("shop-1", "shop-9").together  # two customers of the shop
    company.has("crm-8")
    company.has("help-8")
    company.hears("always", "crm-8", "help-8")
    found = company.why("crm-8", "help-8")
    assert [(s.type, s.evidence[0].source) for s in found.chain] == [("always", "anna")]


def test_of_what_was_said_of_two_only_what_stands_is_cited() -> None:
    company = Company()
    company.has("crm-8", email="ada@example.com")
    company.has("help-8", email="ada@example.com")
    for day in range(1, 7):
        company.hears("never", "crm-8", "help-8", day, f"n{day}")
        company.hears("always", "crm-8", "help-8", day + 7, f"a{day}")
    (step,) = company.why("crm-8", "help-8").chain
    assert [(step.type, each.source) for each in step.evidence] == [("always", "a6")]
    assert "a6 asked both 2026-01-13" in drawn(company.why("crm-8", "help-8"))
    company.hears("never", "crm-8", "help-8", 20, "n7")
    first, second = company.why("crm-8", "help-8").obstacles
    assert (first.reason, first.type) == ("never", "email"), "as the list of reviews has it"
    assert (second.reason, [each.source for each in second.evidence]) == ("never", ["n7"])


def test_given_a_link_that_was_split_off_then_who_did_it_and_when_is_told_first() -> None:
    company = family()
    for number in range(5):
        company.has(f"crm-{number}", phone="+12025550143")
    company.hears("ignore", "help-3", "phone#+12025550143", 2, "bert")
    company.hears("ignore", "help-3", "phone#+12025550143", 3, "anna")
    company.hears("ignore", "crm-9", "phone#+12025550143", 4, "carl")
    found = company.why("crm-7", "help-3")
    obstacle = found.obstacles[-1]
    assert (obstacle.reason, obstacle.detail) == ("ignored", "asked both")
    assert [each.source for each in obstacle.evidence][:2] == ["anna", "crm"]
    assert obstacle.evidence[0].at == NEW_YEAR.replace(day=3)
    for told in (text(found), drawn(found)):
        assert "someone took it out of the reckoning: asked both" in told
        assert "anna asked both 2026-01-03" in told


def test_the_reason_of_a_review_comes_first_and_the_others_that_hold_after_it() -> None:
    company = Company()
    company.has("shop-1", phone="+12025550143")
    company.has("shop-2", phone="+12025550143")
    company.hears("never", "shop-1", "shop-2")
    found = company.why("shop-1", "shop-2")
    assert [(each.reason, each.type) for each in found.obstacles] == [
        ("unique", "phone"), ("never", ""),
    ]  # fmt: skip


def test_what_everybody_has_and_what_was_taken_out_join_nobody() -> None:
    company = family()
    company.unusable = frozenset({"email#ada@example.com"})
    assert company.why("shop-1", "crm-7").obstacles[0].reason == "unusable"
    company = family()
    company.hears("ignore", "help-3", "phone#+12025550143")
    assert company.why("crm-7", "help-3").obstacles[0].reason == "ignored"


def test_given_a_subject_with_too_much_of_a_type_then_that_is_what_keeps_them_apart() -> None:
    company = family()
    head = company.heads["crm-7"]
    many = frozenset(head.links)
    company.heads["crm-7"] = head.model_copy(update={"crowded": many})
    found = company.why("shop-1", "crm-7")
    assert [each.reason for each in found.obstacles if each.type == "email"] == ["crowded"]
    assert "more of this type than a person has" in text(found)


def test_strangers_have_nothing_in_common() -> None:
    company = family()
    company.has("shop-5", email="eve@example.com")
    assert "nothing in common" in text(company.why("shop-1", "shop-5"))


def test_the_drawing_is_a_document_that_shows_both_ends_and_escapes_values() -> None:
    company = family()
    company.has("help-9", email="<b>&@example.com")
    company.has("crm-9", email="<b>&@example.com")
    for pair in (("shop-1", "help-3"), ("shop-1", "help-9"), ("help-9", "crm-9")):
        found = company.why(*pair)
        words = "".join(ElementTree.fromstring(svg(found)).itertext())  # noqa: S314
        assert found.a in words
        assert found.b in words


def test_what_a_customer_wrote_neither_spoils_the_drawing_nor_acts_on_the_terminal() -> None:
    company = Company()
    for name in ("shop-1", "crm-1"):
        company.has(name, email="\x1b[31m\x00\u202e<script>" + "x" * 900)
    found = company.why("shop-1", "crm-1")
    drawn = ElementTree.fromstring(svg(found))  # noqa: S314
    assert max(len(line) for line in drawn.itertext()) <= 80
    assert drawn.find(".//{*}script") is None
    assert all(line.isprintable() for line in text(found).splitlines())


def test_the_drawing_names_all_that_keeps_two_apart() -> None:
    company = family()
    company.hears("never", "shop-1", "crm-7")
    words = "".join(ElementTree.fromstring(svg(company.why("shop-1", "crm-7"))).itertext())  # noqa: S314
    assert "someone said they are not the same: asked both" in words
    assert "ada@example.com" in words


def test_a_subject_is_one_with_itself() -> None:
    assert text(family().why("shop-1", "shop-1")) == "shop:customer:1 is one subject"
