"""Every example of docs/identity.md, run against the policy of this repository."""

import re
from pathlib import Path

import pytest
import yaml

from rules import normalise
from rules.identity import Marks, evident, founder, is_junk, partition, unusable
from rules.identity_evidence import carried
from schemas.graph import Node, Verdict
from schemas.identifiers import Identifier
from schemas.policy import IdentifierRule, IdentityRules, Policy

ROOT = Path(__file__).parents[2]
OBJECTS = {"shop": "customer", "crm": "contact", "help": "user", "call": "line", "mail": "member"}
PAGE = (ROOT / "docs" / "identity.md").read_text()
BLOCKS = re.findall(r"```identity\n(.*?)```", PAGE, re.DOTALL)


class Example:
    """An example's lines: what is given, and the customers and reviews that it claims."""

    def __init__(self, lines: str) -> None:
        policy = Policy.model_validate(yaml.safe_load((ROOT / "policy.yaml").read_text()))
        self.rules = policy.identity
        self.nodes: dict[str, Node] = {}
        self.verdicts: list[Verdict] = []
        self.marked: dict[str, set[str]] = {"block": set(), "trust": set()}
        self.customers: list[tuple[str, ...]] = []
        self.reviews: set[tuple[str, str]] = set()
        for line in filter(None, lines.splitlines()):
            word, *rest = line.split()
            getattr(self, f"read_{word}", self.read_subject)(word, *rest)

    def read_subject(self, word: str, created: str = "", *pairs: str) -> None:
        assert word.partition(":")[0] in OBJECTS, word
        links = frozenset(key(pair) for pair in pairs)
        self.nodes[word] = Node(created=created, own=own(word), links=links)

    def read_customer(self, _: str, *subjects: str) -> None:
        self.customers.append(subjects)

    def read_review(self, _: str, pair: str, reason: str) -> None:
        self.reviews.add((key(pair) if "=" in pair else pair, reason))

    def read_always(self, kind: str, a: str, b: str, year: str) -> None:
        content = {"kind": kind, "a": a, "b": b, "at": f"{year}-01-01T00:00:00Z", "by": "anna"}
        self.verdicts.append(Verdict.model_validate(content))

    read_never = read_alias = read_always

    def read_ignore(self, kind: str, s: str, pair: str) -> None:
        self.read_always(kind, s, key(pair), "2026")

    def read_trust(self, word: str, pair: str) -> None:
        self.marked[word].add(key(pair))

    read_block = read_trust

    def read_cap(self, _: str, cap: str) -> None:
        self.rules = self.rules.model_copy(update={"scope_cap": int(cap)})

    def read_rule(self, _: str, type_: str, *settings: str) -> None:
        types = {name: rule for name, rule in self.rules.types.items() if name != type_}
        if settings != ("off",):
            given = dict(setting.split("=") for setting in settings)
            content = {k: yaml.safe_load(v) for k, v in given.items()}
            types[type_] = IdentifierRule.model_validate({"level": 0, **content})
        self.rules = self.rules.model_copy(update={"types": types})

    def marks(self) -> Marks:
        keys = {k for node in self.nodes.values() for k in carried(node)}
        junk = frozenset(k for k in keys if is_junk(identifier(k), self.rules))
        blocked, trusted = frozenset(self.marked["block"]), frozenset(self.marked["trust"])
        return Marks(blocked=blocked, trusted=trusted, junk=junk)


def own(word: str) -> str:
    source, _, number = word.partition(":")
    return f"{source}:{OBJECTS[source]}#{number}"


def key(pair: str) -> str:
    """`email=Ada@example.com` as an identifier; here the value itself stands for its hash."""
    type_, _, raw = pair.partition("=")
    found = {"email": normalise.email(raw), "phone": normalise.phone(raw, "US")}.get(type_)
    return f"{type_}#{found.value if found else raw}"


def identifier(key_: str) -> Identifier:
    type_, _, value = key_.partition("#")
    return Identifier(type=type_, value=value)


@pytest.mark.parametrize("lines", BLOCKS, ids=range(len(BLOCKS)))
def test_the_example_comes_out_as_the_page_says(lines: str) -> None:
    example = Example(lines)
    marks = example.marks()
    nodes = evident(example.nodes, example.rules, marks.junk)
    dead = unusable(nodes, example.rules, marks)
    found = partition(nodes, dead, example.verdicts, example.rules)
    assert {frozenset(c) for c in example.customers} == set(found.customers)
    for customer in example.customers:
        assert founder(customer, example.nodes) == customer[0]
    told = {(shown(review.identifier), review.reason) for review in found.reviews}
    assert told == example.reviews


def shown(key_: str) -> str:
    """A pair's pseudo identifier by its kind alone."""
    return key_.partition("#")[0] if key_.startswith("always#") else key_


def test_the_page_shows_a_score_of_examples_and_the_limits_of_the_policy() -> None:
    assert len(BLOCKS) >= 20
    rules = IdentityRules.model_validate(
        yaml.safe_load((ROOT / "policy.yaml").read_text())["identity"]
    )
    assert f"e-mail {rules.types['email'].limit}, phone {rules.types['phone'].limit}" in PAGE
    assert f"e-mail {rules.types['email'].level}, phone {rules.types['phone'].level}" in PAGE
    assert f"| {rules.scope_cap} |" in PAGE
    assert {rule.per_subject for rule in rules.types.values()} == {16}
    assert "links it by none of them | 16 |" in PAGE
