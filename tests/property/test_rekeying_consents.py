"""What was said about an address holds at every moment while keys come to another pepper."""

from collections.abc import Iterable
from functools import partial
from random import Random

import pytest

from rules import keys, resolution, resolution_renaming
from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.identifiers import Identifier
from schemas.observation import ConsentSignal
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs
from tests.property.test_resolution_rekeying import (
    AWARE,
    BEGUN,
    STAGES,
    SWEPT,
    new,
    sweeps,
    whole,
)
from tests.property.test_resolution_restated import clock, names
from tests.simulator.histories import PEPPER, RULES, START, history
from tests.simulator.reading import islands
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, World, run_alone

ADDRESSES = tuple(Identifier(type="email", value=f"{name}@example.com") for name in "abc")


def speaking(random: Random, received: Received) -> Received:
    """Now and then a word about an address that the record's subject need not carry."""
    signals = tuple(
        ConsentSignal(
            purpose="offers", state="withdrawn", effective_at=START, identifier=each,
            method=f"m{random.randrange(99)}",
        )
        for each in ADDRESSES
        if random.random() < 0.15
    )  # fmt: skip
    observation = received.observation.model_copy(update={"consents": signals})
    return received._replace(observation=observation)


def signals_of(received: Iterable[Received]) -> list[ConsentSignal]:
    return [signal for each in received for signal in each.observation.consents]


def unheard(said: Iterable[ConsentSignal], graph: MemoryTable, journal: MemoryTable) -> list[str]:
    """What a reader misses, who looks under the name that is on an island."""
    linked = {k for i in islands(graph).values() for node in i.nodes.values() for k in node.links}
    missed = []
    for signal in said:
        assert signal.identifier
        old = keys.of_identifier(PEPPER, signal.identifier)
        for name in linked & {old, new(old)}:
            for table in (graph, journal):
                rows = table.query(f"I#{name}", "K#")
                if not any(f'"{signal.method}"' in str(row["data"]) for row in rows):
                    missed.append(f"{name} {signal.method}")
    return missed


@pytest.mark.parametrize("many", [False, True], ids=["together", "a few at a time"])
def test_it_holds_after_any_call(many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if many:
        monkeypatch.setattr(resolution_renaming, "TOGETHER", 1)
    for seed in range(FIRST, FIRST + HISTORIES // 60):
        random = Random(seed)
        received, fresh = [speaking(random, each) for each in history(random, 10)], names()
        graph, journal = MemoryTable(), MemoryTable()
        for until in range(400):
            graph, journal = MemoryTable(), MemoryTable()
            run_alone(resolve(received, Laws(RULES, PEPPER, fresh, clock)), graph, journal)
            ended = run_alone(whole(Laws(RULES, BEGUN, fresh, clock)), graph, journal, until)
            assert not unheard(signals_of(received), graph, journal), f"seed {seed}, call {until}"
            if ended:
                break
        run_alone(whole(Laws(RULES, BEGUN, fresh, clock), last=True), graph, journal)
        assert not unheard(signals_of(received), graph, journal), f"seed {seed}"
        assert not left(graph) + left(journal), f"seed {seed}"


def left(table: MemoryTable) -> list[str]:
    """Consents that are under a former key yet."""
    places = {key.pk for key in table.rows if key.pk.startswith("I#") and key.sk.startswith("K#")}
    return sorted(pk for pk in places if keys.made_with(pk[2:]) < 2)


def missed_in(seed: int) -> list[str]:
    random = Random(seed)
    received = [speaking(random, each) for each in history(random, 24)]
    world, fresh, missed = World(random, Faults(conflict=0.02, crash=0.03)), names(), []
    for stage, peppers in enumerate(STAGES):
        work = [
            job
            for batch in batches(random, received[stage :: len(STAGES)])
            for job in jobs([batch], Laws(RULES, random.choice(peppers), fresh, clock))
        ]
        if stage in SWEPT:
            work += sweeps(Laws(RULES, BEGUN, fresh, clock), last=SWEPT[stage])
        random.shuffle(work)
        world.run(work, 8)
        told = [each for n in range(stage + 1) for each in received[n :: len(STAGES)]]
        missed += unheard(signals_of(told), world.graph, world.journal)
    return missed + left(world.graph) + left(world.journal)


def test_it_holds_whichever_processes_write() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 3):
        assert not missed_in(seed), f"seed {seed}"


def test_a_new_name_needs_what_was_said_under_the_former(monkeypatch: pytest.MonkeyPatch) -> None:
    def idle(_wanted: Iterable[str], _pepper: keys.Pepper) -> Steps[None]:
        yield from ()

    monkeypatch.setattr(resolution, "bring_consents", idle)
    assert any(missed_in(seed) for seed in range(HISTORIES))


def mixed(seed: int) -> list[str]:
    """Some know the coming name, some take it already."""
    random, fresh = Random(seed), names()
    received = [speaking(random, each) for each in history(random, 8)]
    graph, journal = MemoryTable(), MemoryTable()
    for each in received:
        pepper = random.choice((AWARE, BEGUN))
        run_alone(resolve([each], Laws(RULES, pepper, fresh, clock)), graph, journal)
    return unheard(signals_of(received), graph, journal)


def test_both_names_are_told_while_either_is_looked_under(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(mixed(seed) for seed in range(FIRST, FIRST + HISTORIES))

    def one(pepper: keys.Pepper, identifier: Identifier) -> tuple[str, ...]:
        key = keys.of_identifier(pepper, identifier)
        return (keys.renewed(pepper, key) if pepper.begun else key,)

    monkeypatch.setattr(keys, "told_of", one)
    assert any(mixed(seed) for seed in range(HISTORIES))


def test_what_is_renamed_brings_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def idle(_wanted: Iterable[str], _pepper: keys.Pepper) -> Steps[None]:
        yield from ()

    monkeypatch.setattr(resolution_renaming, "bring_consents", idle)
    with pytest.raises(AssertionError):
        partial(test_it_holds_after_any_call, many=False)(monkeypatch=monkeypatch)
