"""A connector is one file and one registry line, or a dotted module of one's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from connectors.registry import REGISTRY, load, named
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured
from tests.contract.connector_driving import answer, pages
from tests.contract.connector_suite import ADA, NOW, connector_suite

FIFTH = '''
"""A tiny phone book."""

from connectors import records
from connectors.contract import Page, Request, Spec
from connectors.paging import ask, content, items
from schemas.identifiers import Subject
from schemas.observation import Observation, Record

SPEC = Spec(name="phonebook", title="Phone book", kinds=("person",), objects=("person",))


def pull(system, kind, cursor, now):
    body = content((yield from ask(Request("GET", "/people"))))
    yield Page(kind, tuple(items(body, "people")), {"since": records.version(now)})


def person(source, system, raw):
    name = records.key(raw.get("id"))
    at = records.needed(raw.get("changed"), "time")
    return Observation(
        subject=Subject(source=source, object="person", id=name),
        record=Record(kind="person", id=name, version=records.version(at), occurred_at=at),
        claims=records.claims(records.phone(raw.get("phone"), "US")),
    )


def normalise(source, system, kind, record):
    return records.made({"person": person}, (source, system), kind, record)
'''


@pytest.fixture
def phonebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Somebody else's module: nothing of Sluice knows it."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "phonebook.py").write_text(FIFTH)
    (tmp_path / "acme" / "broken.py").write_text("SPEC = 1")
    monkeypatch.syspath_prepend(tmp_path)
    return "acme.phonebook"


def test_a_fifth_connector_is_one_module(phonebook: str) -> None:
    book = load(phonebook)
    system = Source(connector=phonebook, base_url="https://book.example")
    row = {"id": 1, "changed": "2026-11-01T00:00:00Z", "phone": "(202) 555-0143"}

    read = pages(book.pull(system, "person", {}, NOW), lambda _: answer({"people": [row]}))

    found = book.normalise("book", system, "person", read[0].records[0])
    assert found.claims[0].identifier.value == "+12025550143"
    assert book.authorise({"token": "t"}, None) == {"authorization": "Bearer t"}
    with pytest.raises(BadRecord):
        book.normalise("book", system, "person", {"id": 2})


def test_a_fifth_connector_keeps_the_contract_with_one_line(phonebook: str) -> None:
    samples = {"person": [{"id": 1, "changed": "2026-11-01T00:00:00Z"}]}
    suite = connector_suite(phonebook, samples=samples)
    ran = 0
    for name in dir(suite):
        if name.startswith("test_") and not hasattr(getattr(suite, name), "pytestmark"):
            getattr(suite(), name)()
            ran += 1
    assert ran > 8


def test_what_it_leaves_out_is_refused_with_what_to_do(phonebook: str) -> None:
    system = Source(connector=phonebook, base_url="https://book.example")
    with pytest.raises(Misconfigured, match="no push"):
        load(phonebook).push(system, ADA)


def test_every_registered_name_loads_and_says_its_own_name() -> None:
    for name in REGISTRY:
        assert load(name).SPEC.name == name


def test_loading_one_connector_loads_no_other() -> None:
    program = (
        "import sys; from connectors.registry import load; load('webhook');"
        "loaded = [m for m in sys.modules if m.startswith('connectors.')];"
        "sys.exit(any('shopify' in m or 'zendesk' in m for m in loaded))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603 - its own
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["shopfy", "no.such.module", "acme.nothing", "schemas.config"])
def test_an_unknown_name_is_answered_with_the_names_there_are(name: str, phonebook: str) -> None:
    with pytest.raises(Misconfigured):
        load(name)
    with pytest.raises(Misconfigured, match=r"hubspot, mailchimp, shopify, webhook, zendesk"):
        load("shopfy")


def test_a_module_without_facts_is_no_connector(phonebook: str) -> None:
    with pytest.raises(Misconfigured, match="SPEC"):
        load("acme.broken")


def test_a_name_registered_twice_is_refused() -> None:
    with pytest.raises(Misconfigured, match="twice"):
        named([("shopify", "connectors.shopify"), ("shopify", "acme.shopify")])
