"""What people took out of the reckoning stays out under any rules about spelling, at any moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

import pytest

from rules import keys
from rules.identity_claims import under as read_under
from rules.keys import Pepper
from rules.resolution_calls import Steps, read_many
from rules.resolution_case import Received, prepare
from rules.resolution_crowds import standing
from rules.resolution_islands import Laws
from rules.resolution_items import subject_from, subject_key
from rules.resolution_verdicts import judge
from schemas.graph import Verdict
from schemas.identifiers import Claim, Identifier
from schemas.policy import IdentityRules
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs
from tests.property.test_resolution_restated import (
    FIRST_SWEEP,
    LAST_SWEEP,
    names,
    observed,
    rules,
    swept,
    under,
)
from tests.simulator.histories import PEPPER, START, Graph, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World

Day = tuple[IdentityRules, ...]
"""The rules of a verdict's day: two, while new ones are being carried out."""
ADDRESSES = ("b.b", "bb", "bb+x", "b.b+x", "c")


@dataclass
class Split:
    """A person ignores one of a subject's links: whichever it has when first looked at."""

    s: str
    day: Day
    random: Random
    said: Verdict | None = None

    def steps(self, made: Laws) -> Steps[bool]:
        """Says so; again, after a crash, says the same."""
        if self.said is None:
            key = subject_key(self.s)
            found = (yield from read_many([key])).get(key)
            links = sorted(standing(subject_from(found))) if found else []
            if not links:
                return True  # all that it was linked by was of older versions
            link = self.random.choice(links)
            self.said = Verdict(kind="ignore", a=self.s, b=link, at=START, by="ann")
        yield from judge([self.said], made, self.day[:-1])
        return True


@dataclass
class Values:
    """Which value every key was made of, under any of the rules."""

    received: Sequence[Received]
    pepper: Pepper = PEPPER
    of: dict[str, Identifier] = field(default_factory=dict)

    def under(self, rules_: IdentityRules) -> dict[str, set[Identifier]]:
        """Subject → what it is linked by, under the rules."""
        found: dict[str, set[Identifier]] = {}
        for each in self.received:
            claims = read_under(each.observation, rules_).claims
            s = keys.of_subject(self.pepper, each.observation.subject)
            found.setdefault(s, set()).update(claim.identifier for claim in claims)
        self.of |= {keys.of_identifier(self.pepper, i): i for each in found.values() for i in each}
        return found


def out(
    splits: Iterable[Split],
    received: Sequence[Received],
    new: IdentityRules,
    pepper: Pepper = PEPPER,
) -> list[Verdict]:
    """What is ignored under the new rules: every link of a value that is one with what was."""
    values = Values(received, pepper)
    linked = values.under(new)
    found = []
    for split in splits:
        if split.said is None:
            continue
        for rules_ in split.day:
            values.under(rules_)
        was = values.of.get(split.said.b)
        found.append(split.said)
        found += [
            split.said.model_copy(update={"b": keys.of_identifier(pepper, now)})
            for now in linked[split.s]
            if was
            and was.type == now.type
            and loosest(was, split.day, new) == loosest(now, split.day, new)
        ]
    return found


def loosest(value: Identifier, day: Day, new: IdentityRules) -> list[str]:
    """Its parts, by all that does not count on either day."""
    every = (*day, new)
    tags, dots = any(r.plus_tags for r in every), any(r.dotless_domains for r in every)
    return [_spelled(part, tags=tags, dots=dots) for part in value.value.split("|")]


def _spelled(part: str, *, tags: bool, dots: bool) -> str:
    local, at, domain = part.partition("@")
    local = local.split("+")[0] if tags and at else local
    return (local.replace(".", "") if dots and at else local) + at + domain


def spelt(random: Random, received: Received) -> Received:
    """Few addresses, in several spellings."""

    def other(claim: Claim) -> Claim:
        if claim.identifier.type != "email":
            return claim
        value = f"{random.choice(ADDRESSES)}@example.com"
        return Claim(
            identifier=Identifier(type="email", value=value), raw=random.choice(("", value))
        )

    claims = tuple(map(other, received.observation.claims))
    return received._replace(observation=received.observation.model_copy(update={"claims": claims}))


def splits(random: Random, received: Iterable[Received], day: Day) -> list[Split]:
    """Some, of those who are observed by then."""
    linked = [each for each in received if prepare(each, PEPPER, day[-1]).links]
    subjects = sorted({prepare(each, PEPPER, day[-1]).s for each in linked})
    return [
        Split(s, day, random)
        for s in random.sample(subjects, min(len(subjects), random.randrange(4)))
    ]


def played(seed: int, at_once: int, faults: Faults) -> tuple[Graph, IdentityRules, MemoryTable]:
    """People split before new rules, while these are carried out, and between the two sweeps."""
    random = Random(seed)
    received = [spelt(random, each) for each in observed(random, 20)]
    fresh, old, new = names(), rules(random), rules(random)
    parts = [received[n::3] for n in range(3)]
    world = World(random, faults)
    world.run(jobs(batches(random, parts[0]), under(old, fresh)), at_once)
    said = splits(random, parts[0], (old,))
    work: list[Job] = [partial(each.steps, under(old, fresh)) for each in said]
    world.run(work, at_once)
    for part, sweep in zip(parts[1:], (FIRST_SWEEP, LAST_SWEEP), strict=True):
        made = under(new, fresh)
        more = splits(random, parts[0], (old, new))
        work = [*jobs(batches(random, part), made), partial(swept, sweep, made)]
        work += [partial(each.steps, made) for each in more]
        said += more
        random.shuffle(work)
        world.run(work, at_once)
    return expected(received, new, said=out(said, received, new)), new, world.graph


def right(seed: int, at_once: int, faults: Faults) -> bool:
    wanted, new, table = played(seed, at_once, faults)
    current = tuple(f"{name}#" for name, rule in new.types.items() if rule.current)
    return not broken_promises(table, current, new) and graph_in(table, new) == wanted


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.03, throttle=0.02, crash=0.03), id="eight, crashing"),
    ],
)
def test_what_was_taken_out_is_out_under_the_new_rules(at_once: int, faults: Faults) -> None:
    seeds = range(FIRST, FIRST + HISTORIES // 2)
    assert [seed for seed in seeds if not right(seed, at_once, faults)] == []
