"""A list has a contact for each address: whom it knows by several is told about under each."""

import pytest

from adapters.customers import profile_key
from rules.resolution_items import island_from, island_item, island_key
from schemas.graph import IdentifierKey, Known, Node, Profile
from schemas.rows import Write
from tests.simulator.mailing import START, Hub, address, key_of

CONTACT = "letters:contact"


@pytest.fixture
def hub() -> Hub:
    return Hub()


def is_contact(hub: Hub, customer: str, s: str, *links: IdentifierKey) -> None:
    """A contact of the list, which is one of the customer's subjects."""
    island = island_from(hub.graph.get(island_key("g1")) or {})
    node = Node(created="2021", own=f"{CONTACT}#{s}", links=frozenset(links))
    nodes, labels = {**island.nodes, s: node}, {**island.labels, s: customer}
    after = island.model_copy(update={"nodes": nodes, "labels": labels})
    hub.graph.write(Write("put", island_key("g1"), island_item(after)))
    row = hub.graph.get(profile_key(customer)) or {}
    profile = Profile.model_validate_json(str(row["data"]))
    id_ = Known(key=f"{CONTACT}#{s}", type=CONTACT, value=s, source="letters", at=START)
    after_ = profile.model_copy(update={"identifiers": (*profile.identifiers, id_)})
    data = {**row, "data": after_.model_dump_json(exclude_defaults=True)}
    hub.graph.write(Write("put", profile_key(customer), data))


def subscriber(hub: Hub) -> str:
    """Somebody who is on the list by two addresses."""
    ada = hub.knows("ada", "ada.l", "unlisted")
    is_contact(hub, ada, "s-one", key_of("ada"))
    is_contact(hub, ada, "s-two", key_of("ada.l"))
    return ada


def test_each_contact_is_told_and_no_further_one_is_made(hub: Hub) -> None:
    ada = subscriber(hub)
    for name in ("ada", "ada.l", "unlisted"):
        hub.says(key_of(name))
    hub.deliver(ada)
    assert {*hub.service.people} == {address("ada"), address("ada.l")}
    hub.deliver(ada)
    assert len(hub.service.calls) == 2


def test_a_contact_is_told_only_what_its_own_address_permits(hub: Hub) -> None:
    ada = subscriber(hub)
    hub.says(key_of("ada"))
    hub.deliver(ada)
    assert [*hub.service.people] == [address("ada")]


def test_a_contact_that_was_never_written_to_hears_of_a_withdrawal(hub: Hub) -> None:
    ada = subscriber(hub)
    hub.says(key_of("ada"))
    hub.says(key_of("ada.l"), "withdrawn")
    hub.deliver(ada)
    assert hub.service.people[address("ada")]["status"] == "on"
    assert hub.service.people[address("ada.l")] == {"status": "off"}


def test_one_contact_with_two_addresses_is_told_under_one(hub: Hub) -> None:
    ada = hub.knows("ada", "ada.l")
    is_contact(hub, ada, "s-one", key_of("ada"), key_of("ada.l"))
    for name in ("ada", "ada.l"):
        hub.says(key_of(name))
    hub.deliver(ada)
    assert [*hub.service.people] == [address("ada")]
