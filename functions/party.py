"""Whom a caller means: one customer, and the subject of it that the words point at."""

from typing import NamedTuple

from adapters.customers import Customers
from functions import wiring
from functions.finding import Found, address_key, by_id, find, subject_named
from functions.problem import NotServed
from rules.identity import founder
from rules.identity_evidence import carried
from rules.meaning import meant
from schemas.graph import CustomerId, Island, SubjectKey


class Party(NamedTuple):
    """`subject` is who carries what was asked by; else the customer's founder."""

    customer: CustomerId
    island: Island
    subject: SubjectKey

    @property
    def subjects(self) -> frozenset[SubjectKey]:
        """All subjects of the customer."""
        labels = self.island.labels.items()
        return frozenset(s for s, label in labels if label == self.customer)


def party(text: str) -> Party:
    """The one customer that a name, address, number, id or subject means."""
    if not text:
        raise NotServed(400, "Say who: a name, an address, a number, an id or a subject.")
    kind, value = meant(text)
    customers = Customers(wiring.graph())
    found = by_id(customers, value) if kind == "id" else find(customers, {kind: value})
    if not found:
        raise NotServed(404, f"Nobody is known by {_word(kind)}. Try another identifier.")
    if len(found) > 1:
        ids = [each.customer for each in found]
        detail = f"{len(found)} customers are meant by {_word(kind)}: ask by one's id."
        raise NotServed(409, detail, customers=ids)
    return _pointed(found[0], kind, value)


def _word(kind: str) -> str:
    """Which kind of word it was, never the word itself: answers are logged by others."""
    return f"this {kind}"


def _pointed(found: Found, kind: str, value: str) -> Party:
    whole = Party(found.customer, found.island, "")
    subjects = whole.subjects
    if kind == "subject":
        return whole._replace(subject=subject_named(value))
    if kind in {"phone", "email"}:
        key = address_key(kind, value)
        nodes = found.island.nodes
        subjects = frozenset(s for s in subjects if key in carried(nodes[s])) or subjects
    return whole._replace(subject=founder(subjects, found.island.nodes))
