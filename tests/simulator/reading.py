"""Reads a simulated table back as a graph, and checks what must hold between its items."""

from collections.abc import Iterator

from rules.identity_evidence import carried
from rules.keys import Pepper
from rules.resolution_again import kept_from, spoken
from rules.resolution_case import out_since, said_at
from rules.resolution_crowds import held, standing
from rules.resolution_islands import Laws, usable
from rules.resolution_items import HEAD, identifier_from, island_from, subject_from
from rules.resolution_said import mark_of
from schemas.graph import Island, Review, SubjectHead
from schemas.policy import IdentityRules
from schemas.rows import Item
from tests.simulator.histories import PEPPER, RULES, START, Graph
from tests.simulator.store import MemoryTable


def graph_in(table: MemoryTable, rules: IdentityRules = RULES, pepper: Pepper = PEPPER) -> Graph:
    """What the table says; its records, as the rules read them."""
    labels: dict[str, str] = {}
    reviews: set[Review] = set()
    records = {}
    subjects = heads(table)
    for key, row in table.rows.items():
        if key.pk.startswith("G#"):
            island = island_from(row)
            labels |= island.labels
            reviews.update(island.reviews)
        if key.sk.startswith("R#"):
            records[key] = (
                str(row["ver"]),
                named_by(row, subjects, Laws(rules, pepper, str, lambda: START)),
            )
    totals = {
        (head.s, currency): (total.count, total.minor)
        for head in subjects.values()
        for currency, total in head.totals.items()
        if total.count
    }
    return Graph(labels, frozenset(reviews), records, totals)


def named_by(row: Item, subjects: dict[str, SubjectHead], laws: Laws) -> frozenset[str]:
    """What all versions of a record name, each read alone under the rules."""
    kept = kept_from(row)
    update: dict[str, object] = {"removed": {}, "erased_at": None, "current": {}}
    head = subjects[kept.row.s].model_copy(update=update)
    versions = [{"said": frozenset({text}), "now": mark_of(text)} for text in kept.row.said]
    each = (kept._replace(row=kept.row.model_copy(update=version)) for version in versions)
    return frozenset(key for one in each for key in spoken(head, [one], laws).links)


def heads(table: MemoryTable) -> dict[str, SubjectHead]:
    """Every subject's head."""
    found = (subject_from(r) for k, r in table.rows.items() if k.pk[:2] == "S#" and k.sk == HEAD)
    return {head.s: head for head in found}


def islands(table: MemoryTable) -> dict[str, Island]:
    """Every island."""
    found = (island_from(row) for key, row in table.rows.items() if key.pk.startswith("G#"))
    return {island.g: island for island in found}


def live(table: MemoryTable, g: str) -> str:
    """Where an island went."""
    every = islands(table)
    while every[g].into:
        g = str(every[g].into)
    return g


def broken_promises(
    table: MemoryTable,
    changing: tuple[str, ...] = (),
    rules: IdentityRules | None = RULES,
    pepper: Pepper = PEPPER,
) -> list[str]:
    """What is wrong between items, at any moment between two calls; empty when nothing is.

    Under no rules in particular, while some subjects follow the former and some the new.
    """
    subjects, every = heads(table), islands(table)
    laws = Laws(rules, pepper, str, lambda: START) if rules else None
    return [
        *_wrong_heads(table, subjects, every),
        *(_wrong_rows(table, subjects, changing, laws) if laws else ()),
        *_wrong_carriers(table, subjects),
        *_struck_out(table, every),
        *(problem for island in every.values() for problem in _wrong_island(island, subjects)),
    ]


def _wrong_heads(
    table: MemoryTable, subjects: dict[str, SubjectHead], every: dict[str, Island]
) -> Iterator[str]:
    for s, head in subjects.items():
        node = every[live(table, head.island)].nodes.get(s) if head.island else None
        if head.seen != (node is not None):
            yield f"{s} is seen {head.seen}, and is a node {node is not None}"
        if not head.parting <= head.crowded <= head.links.keys():
            yield f"{s} has too much of what it is not linked to"
        if node and node.links != standing(head):
            yield f"{s} has other links on its island"
        if node and node.crowded != head.crowded:
            yield f"{s} is crowded otherwise on its island"


def _wrong_rows(
    table: MemoryTable, subjects: dict[str, SubjectHead], changing: tuple[str, ...], laws: Laws
) -> Iterator[str]:
    for key, row in table.rows.items():
        if key.sk.startswith("R#") and not _is_out(row, subjects[key.pk[2:]]):
            missing = named_by(row, subjects, laws) - subjects[key.pk[2:]].links.keys()
            if {key for key in missing if not key.startswith(changing)} if changing else missing:
                yield f"{key} is there before the links {sorted(missing)}"


def _is_out(row: Item, head: SubjectHead) -> bool:
    """Whether it was taken out and counts for nothing, though it is still to be swept."""
    kept = kept_from(row)
    out = out_since(head, kept.r)
    return out is not None and said_at(kept.row.version, kept.row.occurred_at) <= out


def _wrong_carriers(table: MemoryTable, subjects: dict[str, SubjectHead]) -> Iterator[str]:
    for key, row in table.rows.items():
        if key.pk.startswith("I#") and key.sk == HEAD:
            cell = identifier_from(row)
            carriers = {s for s, head in subjects.items() if cell.key in held(head)}
            rows = {str(r["s"]) for k, r in table.rows.items() if k.pk.startswith(f"{key.pk}#")}
            if carriers != cell.members | rows:
                yield f"{cell.key} has other carriers"


def _struck_out(table: MemoryTable, every: dict[str, Island]) -> Iterator[str]:
    for key, row in table.rows.items():
        if key.pk.startswith("I#") and key.sk == HEAD:
            cell = identifier_from(row)
            if cell.island and usable(cell):
                island = every[live(table, cell.island)]
                if cell.key in island.unusable:
                    yield f"{cell.key} links its carriers, and not on their island"


def _wrong_island(island: Island, subjects: dict[str, SubjectHead]) -> Iterator[str]:
    if island.nodes.keys() - subjects.keys():
        yield f"{island.g} has nodes without a head"
    if island.labels.keys() != island.nodes.keys():
        yield f"{island.g} has nodes without a customer"
    if island.unusable - {key for node in island.nodes.values() for key in carried(node)}:
        yield f"{island.g} has strange unusable identifiers"
