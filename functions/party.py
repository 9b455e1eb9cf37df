"""Whom a caller means: one customer, and the subject of it that the words point at."""

from typing import NamedTuple

from adapters.customers import Customers
from functions import wiring
from functions.caller import Access
from functions.finding import Found, address_keys, by_id, find, subject_named
from functions.noting import note
from functions.problem import NotServed
from functions.showing import telling
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


def party(text: str, allowed: Access) -> Party:
    """The one customer that a name, address, number, id or subject means; that it was looked up
    is written down first, whatever the answer is.
    """
    if not text:
        raise NotServed(400, "Say who: a name, an address, a number, an id or a subject.")
    kind, value = meant(text)
    if kind != "id":
        may_name(allowed, value if kind == "subject" else "")
    customers = Customers(wiring.graph())
    found = by_id(customers, value) if kind == "id" else find(customers, {kind: value})
    ids = [each.customer for each in found]
    note(allowed, ids)
    if not found:
        raise NotServed(404, f"Nobody is known by {_word(kind)}. Try another identifier.")
    if len(found) > 1:
        detail = f"{len(found)} customers are meant by {_word(kind)}: ask by one's id."
        raise NotServed(409, detail, customers=ids)
    return _pointed(found[0], kind, value)


def may_name(allowed: Access, subject: str) -> None:
    """403 for somebody who may read nobody, and who names a person by what they are known by: by
    anything but a `subject`, or by one whose id is made from an address.
    """
    if allowed.reads or (subject and not telling(*subject.split(":", 2)[:2])):
        return
    detail = (
        "Who may read nobody names customers by their id, and subjects of sources whose ids are "
        "not made from an address: find the id with ./sluice customer show."
    )
    raise NotServed(403, detail)


def _word(kind: str) -> str:
    """Which kind of word it was, never the word itself: answers are logged by others."""
    return f"this {kind}"


def _pointed(found: Found, kind: str, value: str) -> Party:
    whole = Party(found.customer, found.island, "")
    subjects = whole.subjects
    if kind == "subject":
        return whole._replace(subject=subject_named(value))
    if kind in {"phone", "email"}:
        asked, nodes = set(address_keys(kind, value)), found.island.nodes
        subjects = frozenset(s for s in subjects if asked & carried(nodes[s])) or subjects
    return whole._replace(subject=founder(subjects, found.island.nodes))
