"""A table that really holds so many customers: their rows, made in bulk by the project's codecs.

`tests/property/test_resolution_units.py` holds them to the rows that the resolver writes.
"""

import gzip
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from adapters.graph import Stores
from adapters.table import Table, encode
from local.install import ROOT
from local.programs import LocalError
from rules import keys
from rules.identity import created
from rules.resolution_case import prepare, record_row
from rules.resolution_islands import computed
from rules.resolution_items import identifier_key, island_key, record_item, subject_key
from rules.resolution_view import Draft, Model, View
from schemas.graph import IdentifierHead, Island, Node, SubjectHead
from schemas.rows import Key
from tests.bench import dynoxide
from tests.bench.events import LAWS, contact
from tests.simulator.engine import aws_at
from tests.simulator.store import Row

GRAPH, JOURNAL = "graph", "journal"
PART: Final = 25_000
"""Customers of one file of rows."""
ROOM: Final = 6_000
"""Bytes of disk that a customer takes while the table is made: its rows, and the database."""


@contextmanager
def holding(customers: int) -> Iterator[Stores]:
    """An engine whose table holds the first so many people, each with the contact that was told."""
    home = ROOT / ".sluice"
    home.mkdir(exist_ok=True)
    if shutil.disk_usage(home).free < customers * ROOM:
        raise LocalError(f"{home} has less than {customers * ROOM >> 20} MB free: make room.")
    with tempfile.TemporaryDirectory(dir=home, prefix="bench-") as place:
        rows, database = Path(place) / "rows", Path(place) / "table.db"
        started = time.monotonic()
        _export(rows, customers, started)
        dynoxide.load(rows, (GRAPH, JOURNAL), database)
        shutil.rmtree(rows)
        _tell(f"{customers:,} customers are in the table", started)
        with dynoxide.serving(database) as endpoint:
            aws = aws_at(endpoint)
            yield Stores(Table(aws, GRAPH), Table(aws, JOURNAL), aws.pause, aws.jitter)


def _export(into: Path, customers: int, started: float) -> None:
    """Files as DynamoDB exports a table."""
    for name in (GRAPH, JOURNAL):
        (into / name / "data").mkdir(parents=True)
    gzip.open(into / JOURNAL / "data" / "0.json.gz", "wb").close()
    parts = range(0, customers, PART)
    with ProcessPoolExecutor() as workers:
        done = workers.map(partial(_export_part, into / GRAPH / "data", customers), parts)
        for number, _ in enumerate(done, start=1):
            _tell(f"{min(number * PART, customers):,} of {customers:,} customers made", started)


def _export_part(into: Path, customers: int, start: int) -> None:
    with gzip.open(into / f"{start}.json.gz", "wt", compresslevel=1) as file:
        for n in range(start, min(start + PART, customers)):
            for item in rows_of(n, f"{n:024x}").values():
                file.write(json.dumps({"Item": encode(item)}) + "\n")


def rows_of(n: int, g: str) -> dict[Key, Row]:
    """What the resolver writes for a person of whom nothing was known, on an island `g`."""
    case = prepare(contact(n), LAWS.pepper, LAWS.rules)
    s, subject = case.s, case.observation.subject
    links = dict(case.links)
    node = Node(created=created(subject), own=keys.of_own(subject, s), links=frozenset(links))
    models: dict[Key, Model] = {
        subject_key(s): SubjectHead(s=s, subject=subject, version=0, island=g, links=links),
        island_key(g): computed(Island(g=g, version=0, nodes={s: node}), LAWS),
    }
    for key in links:
        cell = IdentifierHead(key=key, version=0, members=frozenset({s}), island=g)
        models[identifier_key(key)] = cell
    view = View()
    view.learn(models, {})
    draft = Draft(view)
    for model in models.values():
        draft.put(model)
    writes, _ = draft.commit()
    items = {write.key: write.item for write in writes}
    items[case.row_key] = record_item(record_row(case), case.order)
    return {key: {"pk": key.pk, "sk": key.sk, **item} for key, item in items.items()}


def _tell(what: str, started: float) -> None:
    sys.stderr.write(f"resolve   {what}, {time.monotonic() - started:.0f} s\n")
    sys.stderr.flush()
