"""Rules about a value itself reach what is there, as if all had been observed under them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from random import Random

import pytest

from rules import keys, normalise, resolution_adoption
from rules.identity_claims import canonical
from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_calls import Steps
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from rules.resolution_restating import Sweep
from rules.resolution_rows import MOST_SAID
from schemas.errors import RetryLater
from schemas.identifiers import Claim, Identifier
from schemas.observation import ConsentSignal
from schemas.policy import IdentifierRule, IdentityRules
from schemas.rows import Key
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs
from tests.property.test_resolution_mutants import identifiers, islands, none, subjects
from tests.simulator.histories import PEPPER, RULES, START, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, Slow, World, run_alone

FIRST_SWEEP, LAST_SWEEP = Sweep("v2", START), Sweep("v2", START, last=True)
ADDRESSES = ("a", "a+x", "a+y", "b.b", "bb", "junk", "junk+z", "c")
CHANGING = ("email#", "phone#", "phone+surname#", "cookie#", "shop:customer#")


def rules(random: Random) -> IdentityRules:
    """Any rules about values, over the same few types."""
    types = {
        "email": IdentifierRule(
            level=1,
            limit=random.choice((2, 3, 5)),
            junk=random.choice(((), ("junk@.*",), ("junk.*", "c@.*"))),
            current=random.random() < 0.3,
        ),
        "phone": IdentifierRule(
            level=2, limit=random.choice((2, 3)), junk=random.choice(((), (r"\+12025550101",)))
        ),
        "phone+surname": IdentifierRule(level=2, limit=3, current=random.random() < 0.3),
        "email+phone": IdentifierRule(level=1, limit=3),
        "cookie": IdentifierRule(level=3, limit=random.choice((2, 4))),
        "shop:customer": IdentifierRule(level=0, limit=3),
        "help:user": IdentifierRule(level=0, unique=random.random() < 0.5),
    }
    kept = random.sample(sorted(types), random.randint(2, len(types)))
    return IdentityRules(
        types={name: types[name] for name in kept},
        scope_cap=6,
        plus_tags=random.random() < 0.5,
        dotless_domains=random.choice(((), ("example.com",))),
    )


def valued(random: Random, received: Received) -> Received:
    """Addresses whose spelling rules decide about, and names that composites are made of."""
    observation = received.observation
    claims = tuple(
        Claim(identifier=Identifier(type="email", value=f"{random.choice(ADDRESSES)}@example.com"))
        if claim.identifier.type == "email"
        else claim
        for claim in observation.claims
    )
    traits = {"last_name": random.choice(("Kim", "Lee"))} if random.random() < 0.7 else {}
    update = {"claims": claims, "traits": traits}
    return received._replace(observation=observation.model_copy(update=update))


def speaking(random: Random, received: Received) -> Received:
    """Now and then what a record says about consent for one of its addresses."""
    observation = received.observation
    about = [c.identifier for c in observation.claims if c.identifier.type in ("email", "phone")]
    signals = tuple(
        ConsentSignal(
            purpose="offers",
            state=random.choice(("granted", "withdrawn")),
            effective_at=START,
            identifier=each,
        )
        for each in about
        if random.random() < 0.5
    )
    return received._replace(observation=observation.model_copy(update={"consents": signals}))


def observed(random: Random, most: int = 14) -> list[Received]:
    return [valued(random, each) for each in history(random, most)]


def under(rules_: IdentityRules, islands_: Callable[[], str]) -> Laws:
    return Laws(rules_, PEPPER, islands_, clock)


def clock() -> datetime:
    return START


def names() -> Callable[[], str]:
    numbers = count()
    return lambda: f"g{next(numbers)}"


def swept(sweep: Sweep, made: Laws) -> Steps[bool]:
    """One page, as one turn of the background work; what is left comes again."""
    progress = yield from adopt(sweep, made)
    if not progress.done:
        raise RetryLater("more pages")
    return True


def to_the_end(sweep: Sweep, made: Laws) -> Steps[bool]:
    while not (yield from adopt(sweep, made)).done:
        pass
    return True


def whole(made: Laws) -> Steps[bool]:
    for sweep in (FIRST_SWEEP, LAST_SWEEP):
        yield from to_the_end(sweep, made)
    return True


def played(
    seed: int, at_once: int, faults: Faults, forgets: Callable[[Key], bool] = none
) -> tuple[list[Received], IdentityRules, MemoryTable]:
    """The first sweep beside resolvers, and when these have ended the last beside others."""
    random = Random(seed)
    received = observed(random, 20)
    fresh, old, new = names(), rules(random), rules(random)
    parts = [received[n::3] for n in range(3)]
    world = World(random, faults, MemoryTable(forgets=forgets))
    world.run(jobs(batches(random, parts[0]), under(old, fresh)), at_once)
    for part, sweep in zip(parts[1:], (FIRST_SWEEP, LAST_SWEEP), strict=True):
        work: list[Job] = jobs(batches(random, part), under(new, fresh))
        work.append(partial(swept, sweep, under(new, fresh)))
        random.shuffle(work)
        world.run(work, at_once)
    return received, new, world.graph


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.03, throttle=0.02, crash=0.03), id="eight, crashing"),
    ],
)
def test_after_the_last_sweep_the_graph_is_that_of_the_new_rules(
    at_once: int, faults: Faults
) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 2):
        received, new, table = played(seed, at_once, faults)
        assert not broken_promises(table, _current(new), new), f"seed {seed}"
        assert graph_in(table, new) == expected(received, new), f"seed {seed}"


def _current(rules_: IdentityRules) -> tuple[str, ...]:
    return tuple(f"{name}#" for name, rule in rules_.types.items() if rule.current)


def goes_wrong(seed: int, forgets: Callable[[Key], bool] = none) -> bool:
    try:
        received, new, table = played(seed, 8, Faults(crash=0.03), forgets)
        broken = broken_promises(table, _current(new), new)
        return bool(broken) or graph_in(table, new) != expected(received, new)
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize("forgets", [subjects, identifiers, islands])
def test_without_its_condition_some_history_goes_wrong(forgets: Callable[[Key], bool]) -> None:
    assert any(goes_wrong(seed, forgets) for seed in range(HISTORIES))


def held_up(seed: int, calls: int, *, hasty: bool) -> bool:
    """Whether it ends right when a resolver stands still after so many calls during the sweeps."""
    random = Random(seed)
    received, fresh = observed(random, 10), names()
    old, new = under(rules(random), fresh), under(rules(random), fresh)
    graph, journal = MemoryTable(), MemoryTable()
    run_alone(resolve(received[1:], old), graph, journal)
    slow = Slow(resolve(received[:1], new), graph, journal)
    slow.go(calls)
    for sweep in (FIRST_SWEEP, LAST_SWEEP):
        if sweep.last and not hasty:
            slow.go(-1)
        run_alone(to_the_end(sweep, new), graph, journal)
    slow.go(-1)
    return graph_in(graph, new.rules) == expected(received, new.rules) and not broken_promises(
        graph, _current(new.rules), new.rules
    )


def test_a_resolver_may_stand_still_anywhere_during_the_first_sweep() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 10):
        assert all(held_up(seed, calls, hasty=False) for calls in range(8)), f"seed {seed}"


def test_the_last_sweep_waits_until_those_who_ran_have_ended() -> None:
    """Else it takes away what was linked for a record whose row comes afterwards."""
    seeds = range(30)
    assert not all(held_up(seed, calls, hasty=True) for seed in seeds for calls in range(8))


def test_without_reading_records_again_some_history_goes_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def idle(s: str, sweep: Sweep, made: Laws) -> Steps[None]:
        yield from ()

    monkeypatch.setattr(resolution_adoption, "restate", idle)
    assert sum(goes_wrong(seed) for seed in range(40)) > 10, "not only some rare one"


def test_a_crash_after_any_call_loses_nothing_of_the_sweeps() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 60):
        random = Random(seed)
        received, fresh = observed(random, 10), names()
        old, new = under(rules(random), fresh), under(rules(random), fresh)
        for crash_at in range(0, 300, 3):
            graph, journal = MemoryTable(), MemoryTable()
            run_alone(resolve(received, old), graph, journal)
            finished = run_alone(whole(new), graph, journal, crash_at)
            assert not broken_promises(graph, rules=None), f"seed {seed}, call {crash_at}"
            run_alone(whole(new), graph, journal)
            wanted = expected(received, new.rules)
            assert graph_in(graph, new.rules) == wanted, f"seed {seed}, call {crash_at}"
            if finished:
                break


def test_what_is_removed_meanwhile_stays_out() -> None:
    """Removals beside the first sweep, their last calls beside the last one."""
    for seed in range(FIRST, FIRST + HISTORIES // 4):
        random = Random(seed)
        told, later = histories(random, 12)
        first, second = ([valued(random, each) for each in part] for part in (told, later))
        removed = removals(random, first)
        fresh, old, new = names(), rules(random), rules(random)
        world = World(random, Faults(conflict=0.03, crash=0.03))
        world.run(jobs(batches(random, first), under(old, fresh)), 8)
        made = under(new, fresh)
        for sweep in (FIRST_SWEEP, LAST_SWEEP):
            work: list[Job] = [partial(each.steps, made, last=sweep.last) for each in removed]
            work.append(partial(swept, sweep, made))
            if sweep.last:
                work += jobs(batches(random, second), made)
            random.shuffle(work)
            world.run(work, 8)
        assert not broken_promises(world.graph, _current(new), new), f"seed {seed}"
        wanted = expected([*admitted(first, removed), *second], new)
        assert graph_in(world.graph, new) == wanted, f"seed {seed}"


def lost(seed: int, *, carried: bool) -> list[ConsentSignal]:
    """What was said about an address and is not under the key that it has by the new rules."""
    random = Random(seed)
    received = [speaking(random, each) for each in observed(random, 10)]
    fresh, old, new = names(), rules(random), rules(random)
    world = World(random, Faults(conflict=0.03, crash=0.03))
    world.run(jobs(batches(random, received), under(old, fresh)), 8)
    for sweep in (FIRST_SWEEP, LAST_SWEEP):
        told = replace(sweep, former=(old,) if carried else ())
        world.run([partial(swept, told, under(new, fresh))])
    lossy = old.plus_tags or bool(old.dotless_domains)
    said = [signal for each in received for signal in each.observation.consents]
    withdrawn = [signal for signal in said if signal.state == "withdrawn"]
    wanted = withdrawn if lossy else said
    return [
        *(signal for signal in wanted if not heard(signal, world.graph, new)),
        *(signal for signal in withdrawn if not heard(signal, world.journal, new)),
    ]


def test_what_was_said_about_an_address_holds_under_its_new_key() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 3):
        assert not lost(seed, carried=True), f"seed {seed}"


def test_without_being_carried_some_of_it_would_be_lost() -> None:
    assert any(lost(seed, carried=False) for seed in range(HISTORIES // 3))


def heard(signal: ConsentSignal, table: MemoryTable, rules_: IdentityRules) -> bool:
    """Whether it is there, under the key that its address has by the rules."""
    assert signal.identifier
    key = keys.of_identifier(PEPPER, canonical(signal.identifier, rules_))
    rows = [row for place, row in table.rows.items() if place.pk == f"I#{key}"]
    return any(f'"state":"{signal.state}"' in str(row["data"]) for row in rows)


def test_a_new_normaliser_reads_what_was_received_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here one that makes one of two spellings that were kept apart, and nothing of a third."""

    def bolder(raw: str) -> Identifier | None:
        if raw.strip().lower().startswith("d"):
            return None
        return Identifier(type="email", value=raw.strip().lower().replace("_", "."))

    def read(received: Received) -> Received:
        claims = tuple(
            c.model_copy(update={"identifier": now})
            for c in received.observation.claims
            if (now := bolder(c.raw) if c.identifier.type == "email" else c.identifier)
        )
        update = {"claims": claims}
        return received._replace(observation=received.observation.model_copy(update=update))

    for seed in range(FIRST, FIRST + HISTORIES // 6):
        random = Random(seed)
        received, made = history(random), under(RULES, names())
        received = [spelled(random, each) for each in received]
        graph, journal = MemoryTable(), MemoryTable()
        run_alone(resolve(received, made), graph, journal)
        with monkeypatch.context() as patch:
            patch.setattr(normalise, "NORMALISER", "next")
            patch.setattr(normalise, "email", bolder)
            run_alone(whole(made), graph, journal)
            again = [read(each) for each in received]
            assert graph_in(graph).labels == expected(again).labels, f"seed {seed}"


def spelled(random: Random, received: Received) -> Received:
    """By one of few spellings; a guest, who is nobody without an address, by one that stays one."""
    spellings = ["a_b@example.com", "a.b@example.com", "c@example.com", "d@example.com"]
    if received.observation.subject.own is None:
        spellings.pop()
    claims = tuple(
        Claim(identifier=Identifier(type="email", value=value), raw=value.upper())
        if claim.identifier.type == "email"
        else claim
        for claim in received.observation.claims
        for value in (random.choice(spellings),)
    )
    return received._replace(observation=received.observation.model_copy(update={"claims": claims}))


def test_a_record_that_changes_without_end_stays_small_and_keeps_what_identifies() -> None:
    """Beyond some two dozen versions it forgets which identifiers were said together, no more."""
    made, graph, journal = under(RULES, names()), MemoryTable(), MemoryTable()
    first, received = history(Random(3))[0], []
    for number in range(120):
        claims = tuple(
            Claim(identifier=Identifier(type="cookie", value=f"{name}{number % 40}"))
            for name in "ab"
        )
        record = first.observation.record.model_copy(update={"version": f"{number:04}"})
        update = {"record": record, "claims": claims, "merged": (), "deleted": False}
        observation = first.observation.model_copy(update=update)
        received.append(first._replace(observation=observation))
    for each in received:
        run_alone(resolve([each], made), graph, journal)
    (row,) = [row for key, row in graph.rows.items() if key.sk.startswith("R#")]
    assert len(row["said"]) <= 81 + MOST_SAID  # type: ignore[arg-type]
    types = {**RULES.types, "cookie": IdentifierRule(level=3, limit=3)}
    new = RULES.model_copy(update={"types": types})
    run_alone(whole(under(new, names())), graph, journal)
    assert graph_in(graph, new) == expected(received, new)
