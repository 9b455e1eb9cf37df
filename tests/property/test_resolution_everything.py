"""All that can happen to a graph in one history, against the page read a second time."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from rules import keys
from rules.identity import Marks
from rules.resolution_case import Received, prepare
from schemas.graph import Verdict
from schemas.policy import IdentifierRule, IdentityRules
from tests.oracle import identity as oracle
from tests.oracle.observed import world_of
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_adoption import adopted, changed
from tests.property.test_resolution_removal import starts
from tests.simulator.deeds import in_force, judged, marked, marks, verdicts
from tests.simulator.histories import PEPPER, RULES, START, Graph, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import Removal, admitted, histories, removals
from tests.simulator.world import Faults, Job, World

COMPOSITE = {"phone+surname": IdentifierRule(level=3, limit=3)}


def with_composite(rules: IdentityRules, *, current: bool) -> IdentityRules:
    """The same, and a type composed of a phone and a surname; of addresses perhaps the newest."""
    types = {**rules.types, **COMPOSITE}
    types["email"] = types["email"].model_copy(update={"current": current})
    return rules.model_copy(update={"types": types})


@dataclass(frozen=True)
class Story:
    """What is observed, taken out, said, marked, and which rules are adopted in the end."""

    old: list[Received]
    new: list[Received]
    removed: list[Removal]
    said: list[Verdict]
    marked: dict[str, tuple[tuple[bool | None, bool | None], ...]]
    rules: IdentityRules

    @property
    def left(self) -> list[Received]:
        """What the graph is a function of."""
        return [*admitted(self.old, self.removed), *self.new]

    @property
    def marks(self) -> Marks:
        """Those that stand."""
        return in_force(self.marked)


def told(random: Random, *, current: bool = False) -> Story:
    """People speak only of who is never taken out: else it would matter when they did."""
    old, new = histories(random, 16)
    removed = removals(random, old)
    gone = {removal.s for removal in removed}
    staying = [each for each in [*old, *new] if prepare(each, PEPPER, RULES).s not in gone]
    said = [*verdicts(random, staying), *kept_apart(random, staying)] if staying else []
    chosen = marks(random, old)
    return Story(old, new, removed, said, chosen, with_composite(changed(random), current=current))


def kept_apart(random: Random, received: list[Received]) -> list[Verdict]:
    """Two who share something, said to be two people; none when nobody shares anything."""
    carriers: dict[str, set[str]] = defaultdict(set)
    for case in (prepare(each, PEPPER, RULES) for each in received):
        for key in case.links:
            carriers[key].add(case.s)
    shared = [sorted(found) for _, found in sorted(carriers.items()) if len(found) > 1]
    if not shared or random.random() < 0.5:
        return []
    a, b = random.sample(random.choice(shared), 2)
    return [Verdict(kind="never", a=a, b=b, at=START + timedelta(hours=5), by="ann")]


def played(seed: int, *, current: bool) -> tuple[Story, World]:
    """Two to eight workers at each of three stages; what a stage began, it ends."""
    random = Random(seed)
    story, before = told(random, current=current), laws()
    then = replace(before, rules=with_composite(RULES, current=current))
    finally_ = replace(before, rules=story.rules)
    world = World(random, Faults(conflict=0.04, throttle=0.03, crash=0.04))
    late = [each for each in story.old if random.random() < 0.3]
    decided: list[Job] = [
        *(partial(judged, [verdict], then) for verdict in story.said),
        *(partial(marked, key, values, then) for key, values in story.marked.items()),
    ]
    stages: tuple[list[Job], ...] = (
        [*jobs(batches(random, story.old), then), *starts(story.removed, then, last=False)],
        [*jobs(batches(random, [*story.new, *late]), then),
         *starts(story.removed, then, last=True), *decided],
        [*jobs(batches(random, story.new), finally_), partial(adopted, finally_)],
    )  # fmt: skip
    for work in stages:
        random.shuffle(work)
        world.run(work, random.randint(2, 8))
    return story, world


def told_by_the_oracle(story: Story) -> tuple[oracle.Customers, oracle.Refused, set[str]]:
    """Customers, reviews, and the customers' ids."""
    observations = [each.observation for each in story.left]
    given = world_of(observations, story.rules, PEPPER, story.said, story.marks)
    customers, refused = oracle.solve(given)
    ids = {keys.of_customer(PEPPER, oracle.founder(given, each)) for each in customers}
    return customers, refused, ids


def told_by(found: Graph) -> tuple[oracle.Customers, oracle.Refused, set[str]]:
    """The same of what is in the table."""
    by_label: dict[str, set[str]] = {}
    for s, label in found.labels.items():
        by_label.setdefault(label, set()).add(s)
    refused = frozenset((r.identifier, r.subjects, r.reason) for r in found.reviews)
    return frozenset(map(frozenset, by_label.values())), refused, set(by_label)


@pytest.mark.parametrize(
    "current, changing",
    [pytest.param(False, (), id="all that was said"), pytest.param(True, ("email#",), id="newest")],
)
def test_whatever_happens_the_graph_is_what_the_page_says_of_what_is_left(
    current: bool, changing: tuple[str, ...]
) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 6):
        story, world = played(seed, current=current)
        found = graph_in(world.graph, story.rules)
        assert not broken_promises(world.graph, changing, story.rules), f"seed {seed}"
        assert told_by(found) == told_by_the_oracle(story), f"seed {seed}"
        wanted = expected(story.left, story.rules, said=story.said, marks=story.marks)
        assert found == wanted, f"seed {seed}"


def test_the_stories_have_all_that_they_should() -> None:
    stories = [told(Random(seed)) for seed in range(100)]
    left = [each.observation for story in stories for each in story.left]
    kinds = {verdict.kind for story in stories for verdict in story.said}
    assert kinds == {"always", "never", "ignore"}
    assert any(observation.merged for observation in left)
    assert any(story.marks.blocked for story in stories)
    assert any(story.marks.trusted for story in stories)
    refused = [review for story in stories for review in told_by_the_oracle(story)[1]]
    assert {reason for _, _, reason in refused} == {
        "unique", "never", "component", "scope", "too_large", "crowded",
    }  # fmt: skip
    assert "phone+surname" in {key.partition("#")[0] for key, _, _ in refused}


def test_which_of_two_versions_is_the_newer_does_not_depend_on_the_rules() -> None:
    """Else versions that a source numbered alike would change places with the rules."""
    others = with_composite(RULES.model_copy(update={"plus_tags": True}), current=True)
    for each in histories(Random(1), 40)[0]:
        assert prepare(each, PEPPER, RULES).order == prepare(each, PEPPER, others).order
