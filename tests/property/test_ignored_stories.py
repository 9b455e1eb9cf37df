"""Stories of splits that rules about spelling came after: the sides stay apart at every moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from rules import resolution_verdicts
from rules.keys import of_identifier
from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_calls import Page, Steps
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_restating import Sweep
from rules.resolution_verdicts import judge
from schemas.graph import Verdict
from schemas.identifiers import Identifier, Subject
from schemas.policy import IdentifierRule, IdentityRules
from schemas.rows import Key
from tests.property.test_resolution import laws
from tests.property.test_resolution_rekeying import AFTER, BEGUN, whole
from tests.simulator.histories import PEPPER, START
from tests.simulator.reading import broken_promises, graph_in, islands
from tests.simulator.store import MemoryTable
from tests.simulator.stories import contact, subject_of
from tests.simulator.world import Slow, run_alone

STRICT = IdentityRules(types={"email": IdentifierRule(level=1), "phone": IdentifierRule(level=2)})
DOTLESS = STRICT.model_copy(update={"dotless_domains": ("example.com",)})
PAIRED = STRICT.model_copy(
    update={"types": {"phone+email": IdentifierRule(level=1), "phone": IdentifierRule(level=3)}}
)
PHONE = "+12025550107"
SHOP = Subject(source="shop", object="customer", id="1")
HELP = Subject(source="help", object="user", id="1")


def shop(*values: str) -> Received:
    return received(1, SHOP, *values)


def user(*values: str) -> Received:
    return received(2, HELP, *values)


def received(number: int, subject: Subject, *values: str) -> Received:
    """A contact's record, its values as received."""
    found = contact(number, subject, *values)
    claims = (c.model_copy(update={"raw": c.identifier.value}) for c in found.observation.claims)
    update = {"claims": tuple(claims)}
    return found._replace(observation=found.observation.model_copy(update=update))


@dataclass
class Ordered(MemoryTable):
    """A table that is gone through in an order of its own: here what begins so comes first."""

    first: str = ""

    def scan(self, after: Key | None, limit: int = 5) -> Page:
        page = super().scan(None, len(self.rows))
        items = sorted(page.items, key=lambda item: not str(item["pk"]).startswith(self.first))
        return Page(tuple(items), None)


class Graph:
    """A graph that is looked at after every call that changes it."""

    def __init__(self, rules: IdentityRules, *received: Received, first: str = "") -> None:
        self.graph, self.journal, self.laws = (
            Ordered(first=first),
            MemoryTable(),
            replace(laws(), rules=rules),
        )
        self.sweeps = 0
        self.run(resolve(received, self.laws))

    def run(self, steps: Steps[object], *, apart: bool = False) -> None:
        """To the end; `apart` the two must be after each call."""
        going = Slow(steps, self.graph, self.journal)
        while not going.ended:
            going.go(1)
            assert not apart or self.apart

    def ignore(self, received: Received, *values: str, type_: str = "email") -> None:
        """A person takes these links of a subject out."""
        found = (of_identifier(PEPPER, Identifier(type=type_, value=value)) for value in values)
        s = subject_of(received)
        said = [Verdict(kind="ignore", a=s, b=key, at=START, by="ann") for key in found]
        self.run(judge(said, self.laws))

    def sweep(self, rules: IdentityRules, *, last: bool) -> Steps[object]:
        former = (self.laws.rules,)
        self.laws = replace(self.laws, rules=rules)
        return _to_the_end(Sweep(f"v{self.sweeps}", START, last, former), self.laws)

    def adopt(self, rules: IdentityRules, *between: Received) -> None:
        """From here to there; between the sweeps records arrive."""
        self.sweeps += 1
        self.run(resolve(between, replace(self.laws, rules=rules)), apart=True)
        self.run(self.sweep(rules, last=False), apart=True)
        self.run(resolve(between, self.laws), apart=True)
        self.run(self.sweep(rules, last=True), apart=True)
        assert not broken_promises(self.graph, rules=rules, pepper=self.laws.pepper)

    @property
    def apart(self) -> bool:
        labels = graph_in(self.graph, self.laws.rules).labels
        return len(set(labels.values())) == len(labels)

    @property
    def said(self) -> set[tuple[str, str]]:
        every = islands(self.graph).values()
        return {(v.a, v.b) for island in every if not island.into for v in island.verdicts}


def _to_the_end(sweep: Sweep, made: Laws) -> Steps[object]:
    while not (yield from adopt(sweep, made)).done:
        pass
    return True


def test_a_split_holds_when_dots_come_to_mean_nothing() -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com"))
    assert not graph.apart
    graph.ignore(user(), "a.b@example.com")
    graph.adopt(DOTLESS)


def test_it_holds_for_a_record_that_the_new_rules_read_first() -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com"))
    graph.ignore(user(), "a.b@example.com")
    graph.adopt(DOTLESS, shop("ab@example.com"), user("ab@example.com"))


@pytest.mark.parametrize("said", [("a.b@example.com",), ("ab@example.com", "a.b@example.com")])
def test_a_split_holds_when_dots_begin_to_count_again(said: Sequence[str]) -> None:
    graph = Graph(DOTLESS, shop("a.b@example.com"), user(*said))
    graph.ignore(user(), "ab@example.com")
    graph.adopt(STRICT, user("a.b@example.com"))


def test_a_split_of_before_ignored_links_told_their_spellings_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = Graph(DOTLESS, shop("a.b@example.com"), user("a.b@example.com"))
    with monkeypatch.context() as patch:
        patch.setattr(resolution_verdicts, "bound", lambda verdict, *_: verdict)
        graph.ignore(user(), "ab@example.com")
    graph.adopt(STRICT)


def test_a_split_of_a_composite_holds() -> None:
    record = ("a.b@example.com", PHONE)
    graph = Graph(PAIRED, shop(*record), user(*record))
    graph.ignore(user(), f"{PHONE}|a.b@example.com", type_="phone+email")
    graph.ignore(user(), PHONE, type_="phone")
    assert graph.apart
    graph.adopt(PAIRED.model_copy(update={"dotless_domains": ("example.com",)}))


def test_going_back_to_the_former_rules_gives_the_former_customers() -> None:
    """Who was split off by one spelling alone keeps the other, which meant somebody else then."""
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com", "ab@example.com"))
    graph.ignore(user(), "a.b@example.com")
    before = graph.said
    graph.adopt(DOTLESS)
    assert graph.said > before
    graph.adopt(STRICT)
    assert graph.said == before


@pytest.mark.parametrize("first", ["G#", "S#", "I#"])
def test_there_and_back_again_a_split_holds_at_every_moment_and_leaves_no_trace(first: str) -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com"), first=first)
    graph.ignore(user(), "a.b@example.com")
    before = graph.said
    for rules in (DOTLESS, STRICT):
        graph.adopt(rules)
    assert graph.said == before


def test_a_split_of_before_another_pepper_holds_when_spelling_changes() -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com"))
    graph.ignore(user(), "a.b@example.com")
    for last in (False, True):
        graph.run(whole(replace(graph.laws, pepper=BEGUN), last=last), apart=True)
    graph.laws = replace(graph.laws, pepper=AFTER)
    graph.adopt(DOTLESS)


def test_where_two_addresses_become_one_it_is_out_if_one_of_them_was() -> None:
    record = ("a.b@example.com", "ab@example.com")
    graph = Graph(STRICT, shop(*record), user(*record))
    graph.ignore(user(), "a.b@example.com")
    assert not graph.apart
    for last in (False, True):
        graph.run(graph.sweep(DOTLESS, last=last))
    assert graph.apart


def test_another_address_of_the_same_person_is_not_taken_out_with_it() -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com", "ab@example.com"))
    graph.ignore(user(), "ab@example.com")
    assert not graph.apart


@pytest.mark.parametrize("calls", range(5))
def test_a_split_that_stands_still_while_the_new_rules_reach_its_side(calls: int) -> None:
    graph = Graph(STRICT, shop("a.b@example.com"), user("a.b@example.com"))
    s, key = (
        subject_of(user()),
        of_identifier(PEPPER, Identifier(type="email", value="a.b@example.com")),
    )
    said = Verdict(kind="ignore", a=s, b=key, at=START, by="ann")
    made = replace(graph.laws, rules=DOTLESS)
    slow = Slow(judge([said], made, (STRICT,)), graph.graph, graph.journal)
    slow.go(calls)
    graph.run(graph.sweep(DOTLESS, last=False))
    slow.go(-1)
    assert graph.apart
    graph.run(graph.sweep(DOTLESS, last=True), apart=True)


def test_who_is_taken_out_of_the_reckoning_is_so_once_the_record_comes_back() -> None:
    """The order of a split and of what its side says later is of no concern."""
    graph = Graph(STRICT, shop("a.b@example.com", "ab@example.com"), user("a.b@example.com"))
    graph.ignore(user(), "a.b@example.com")
    graph.adopt(DOTLESS)
    run_alone(resolve([user("ab@example.com")], graph.laws), graph.graph, graph.journal)
    assert graph.apart
