"""The resolver on a real engine: the graph that the function gives, at the units promised."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import pytest

from adapters.graph import Stores
from adapters.table import Table, decode
from rules.resolution import Report, resolve
from rules.resolution_adoption import adopt
from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_marks import mark
from rules.resolution_removal import erase
from rules.resolution_restating import Sweep
from rules.resolution_verdicts import judge
from schemas.errors import RetryLater
from schemas.graph import Verdict
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record
from schemas.policy import IdentifierRule, IdentityRules
from tests.property.test_resolution import batches
from tests.simulator.deeds import in_force, judged, marked, marks, verdicts
from tests.simulator.engine import Spent, another_writer, made_stores, spent
from tests.simulator.histories import PEPPER, RULES, START, crowd, expected, history
from tests.simulator.meter import Meter
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.removals import admitted, histories, removals
from tests.simulator.store import MemoryTable
from tests.simulator.stories import family, guests, merges, two_people

WRITERS = 4
COMMON = IdentityRules(
    types={"email": IdentifierRule(level=1), "phone": IdentifierRule(level=2)},
)
CALL = Interaction(kind="call", title="Asked about the lamp")
ORDER = Interaction(kind="order", title="Lamp", amount=Money(minor=1240, currency="EUR"))


@pytest.fixture
def stores(engine: str) -> Iterator[Stores]:
    with made_stores(engine, f"t{secrets.token_hex(6)}") as made:
        yield made


def laws(rules: IdentityRules) -> Laws:
    return Laws(rules, PEPPER, lambda: secrets.token_hex(12), lambda: START)


def rows_of(table: Table) -> MemoryTable:
    copy = MemoryTable()
    answer = table.aws.call("dynamodb", "Scan", {"TableName": table.name})
    assert "LastEvaluatedKey" not in answer
    copy.insert_many(decode(raw) for raw in answer["Items"])
    return copy


def work_off(stores: Stores, queue: list[list[Received]], failures: list[BaseException]) -> None:
    with another_writer(stores) as own:
        while queue:
            try:
                batch = queue.pop()
                if not resolved(own, batch):
                    queue.append(batch)
            except IndexError:
                return
            except Exception as error:  # noqa: BLE001 - told to the test, which is another thread
                failures.append(error)
                return


def in_threads(work: Callable[[], None], many: int) -> None:
    writers = [threading.Thread(target=work) for _ in range(many)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)


def resolved(stores: Stores, batch: list[Received]) -> bool:
    with suppress(RetryLater):
        return not stores.run(resolve(batch, laws(RULES))).later
    return False


@pytest.mark.parametrize("seed", range(6))
def test_concurrent_writers_reach_the_graph_of_the_whole_set(stores: Stores, seed: int) -> None:
    random = Random(seed)
    received = history(random, most=20)
    queue = batches(random, received)
    failures: list[BaseException] = []
    in_threads(partial(work_off, stores, queue, failures), WRITERS)
    assert not failures
    table = rows_of(stores.graph)
    assert not broken_promises(table)
    assert graph_in(table) == expected(received)


@pytest.mark.parametrize("seed", range(3))
def test_removals_verdicts_marks_and_new_rules_work_on_the_engine(
    stores: Stores, seed: int
) -> None:
    random = Random(seed)
    old, new = histories(random, 16)
    removed = removals(random, old)
    left = [*admitted(old, removed), *new]
    made = laws(RULES)
    stores.run(resolve(old, made))
    for last in (False, True):
        for each in removed:
            stores.run(each.steps(made, last=last))
    stores.run(resolve([*old, *new], made))
    said_, chosen = verdicts(random, left), marks(random, left)
    stores.run(judge(said_, made))
    for key, values in chosen.items():
        stores.run(marked(key, values, made))
    tighter = RULES.model_copy(update={"scope_cap": 4})
    for last in (False, True):
        sweep = Sweep("tighter", START, last)
        while not stores.run(adopt(sweep, laws(tighter))).done:
            pass
    table = rows_of(stores.graph)
    assert not broken_promises(table)
    wanted = expected(left, tighter, said=said_, marks=in_force(chosen))
    assert graph_in(table) == wanted


def test_a_crowd_is_trusted_on_the_engine_while_some_leave(stores: Stores) -> None:
    received = crowd(Random(1), 12)
    made = laws(RULES)
    stores.run(resolve(received, made))
    key, gone = next(iter(prepare(received[0], PEPPER, RULES).links)), received[:9]
    stores.run(mark(key, made, trusted=True))
    stores.run(mark(key, made, trusted=False))
    for each in gone:
        stores.run(erase(prepare(each, PEPPER, RULES).s, START, made))
    table = rows_of(stores.graph)
    assert not broken_promises(table)
    assert graph_in(table) == expected(received[9:])


@pytest.mark.parametrize(
    "received, told",
    [
        pytest.param(guests(40), [], id="junk"),
        pytest.param(family() * 3, [], id="family"),
        pytest.param(two_people(), merges(two_people(), 16), id="merges"),
    ],
)
def test_histories_that_people_complain_of_end_well_with_eight_writers(
    stores: Stores, received: list[Received], told: list[Verdict]
) -> None:
    made = laws(RULES)
    work: list[Callable[[], Steps[Any]]] = [partial(judged, [each], made) for each in told]
    work += [partial(resolve, [each], made) for each in received]

    def write() -> None:
        with another_writer(stores) as own, suppress(IndexError):
            while True:
                job = work.pop()
                try:
                    if getattr(own.run(job()), "later", None):
                        work.insert(0, job)
                except RetryLater:
                    work.insert(0, job)

    in_threads(write, 8)
    table = rows_of(stores.graph)
    assert not broken_promises(table)
    assert graph_in(table) == expected(received, said=told)


def said(
    id_: str,
    *values: str,
    record: str = "1",
    version: str = "1",
    interaction: Interaction | None = None,
    source: str = "shop",
) -> Received:
    claims = tuple(
        Claim(identifier=Identifier(type="email" if "@" in v else "phone", value=v), raw=v)
        for v in values
    )
    observation = Observation(
        subject=Subject(source=source, object="customer", id=id_, created_at=START),
        record=Record(
            kind="order" if interaction else "customer",
            id=record,
            version=version,
            occurred_at=START,
        ),
        claims=claims,
        traits={} if interaction else {"name": "Ada Example", "city": "London"},
        interaction=interaction,
    )
    return Received(observation, START)


def units(stores: Stores, *received: Received) -> Spent:
    """What the engine counted; the meter of the benchmark must say the same of the writes."""
    meter = Meter(graph=rows_of(stores.graph))
    meter.run(_start(received))
    found = spent(stores, partial(_start, received))
    assert found.write == meter.write
    return found


def _start(received: Sequence[Received]) -> Steps[Report]:
    return resolve(received, laws(COMMON))


def test_events_cost_the_units_that_were_promised(stores: Stores) -> None:
    """Writes only: this engine counts no reads of BatchGetItem."""
    ada, tel = "ada@example.com", "+12025550143"
    assert units(stores, said("1", ada, tel)).write <= 9
    assert units(stores, said("1", ada, record="7", interaction=CALL)).write <= 1
    assert units(stores, said("1", ada, tel, version="2")).write <= 1
    assert units(stores, said("1", ada, record="8", interaction=ORDER)).write <= 4
    units(stores, said("2", "bea@example.com", "+12025550144", source="help"))
    units(stores, said("3", "cem@example.com", "+12025550145", source="crm"))
    joining = said("4", "bea@example.com", "+12025550145", source="mail")
    assert units(stores, joining).write <= 12
