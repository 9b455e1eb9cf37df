"""Contacts that a list has for each address come back as people, unless a rule says otherwise."""

from pathlib import Path
from typing import Any

import yaml

from connectors.registry import load
from rules.keys import Pepper
from rules.resolution import resolve
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.config import Source
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Observation, Record
from schemas.policy import IdentifierRule, IdentityRules, Policy
from tests.simulator.histories import START
from tests.simulator.reading import islands
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

ROOT = Path(__file__).parents[2]
PEOPLE = Policy.model_validate(yaml.safe_load((ROOT / "policy.yaml").read_text())).identity
OPEN = {**PEOPLE.types, "mailchimp:member": IdentifierRule(level=0, unique=False)}
ADDRESSES = PEOPLE.model_copy(update={"types": OPEN})
MAILCHIMP = load("mailchimp")
LIST = Source(connector="mailchimp", base_url="https://mailchimp.example/")
OLD, NEW = "ada@example.com", "ada@example.org"


def member(number: int, address: str) -> Received:
    """As the list shows what was made there for an address."""
    raw: dict[str, Any] = {
        "id": f"{number}" * 32,
        "email_address": address,
        "status": "subscribed",
        "timestamp_opt": "2026-01-02T00:00:00+00:00",
        "last_changed": "2026-01-02T00:00:00+00:00",
    }
    return Received(MAILCHIMP.normalise("mailchimp", LIST, "member", raw), START)


def contact(source: str, number: int, *addresses: str) -> Received:
    subject = Subject(source=source, object="customer", id="1", created_at=START)
    record = Record(kind="contact", id="1", version=f"{number}", occurred_at=START)
    claims = tuple(Claim(identifier=Identifier(type="email", value=a)) for a in addresses)
    return Received(Observation(subject=subject, record=record, claims=claims), START)


def customers(rules: IdentityRules, *received: Received) -> int:
    names = iter(range(99))
    laws = Laws(rules, Pepper(b"p" * 32), lambda: f"g{next(names)}", lambda: START)
    table = MemoryTable()
    for each in received:
        run_alone(resolve([each], laws), table, MemoryTable())
    return len({label for island in islands(table).values() for label in island.labels.values()})


def test_two_customers_who_were_each_written_to_the_list_can_still_become_one() -> None:
    written = (member(1, OLD), member(2, NEW))
    known = (contact("shop", 1, OLD), contact("crm", 1, NEW), *written)
    one = contact("shop", 2, NEW)
    assert customers(ADDRESSES, *known) == customers(PEOPLE, *known) == 2
    assert customers(ADDRESSES, *known, one) == 1
    assert customers(PEOPLE, *known, one) > 1


def test_whoever_reads_the_list_under_two_addresses_can_be_one_customer() -> None:
    reader = (contact("shop", 1, OLD, NEW), member(1, OLD), member(2, NEW))
    assert customers(ADDRESSES, *reader) == 1
    assert customers(PEOPLE, *reader) > 1
