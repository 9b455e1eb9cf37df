"""A list has a contact for each address: whom it knows by several is told about under each."""

import pytest

from adapters.customers import profile_key
from rules.resolution_items import island_from, island_item, island_key
from schemas.graph import IdentifierKey, Known, Profile, Verdict
from schemas.rows import Write
from tests.simulator.mailing import START, Hub, address, key_of

CONTACT = "letters:contact"


@pytest.fixture
def hub() -> Hub:
    return Hub()


def is_contact(hub: Hub, customer: str, s: str, *links: IdentifierKey) -> None:
    """A contact of the list, which is one of the customer's subjects."""
    hub.also(customer, s, CONTACT, *links)
    row = hub.graph.get(profile_key(customer)) or {}
    profile = Profile.model_validate_json(str(row["data"]))
    id_ = Known(key=f"{CONTACT}#{s}", type=CONTACT, value=s, source="letters", at=START)
    after = profile.model_copy(update={"identifiers": (*profile.identifiers, id_)})
    data = {**row, "data": after.model_dump_json(exclude_defaults=True)}
    hub.graph.write(Write("put", profile_key(customer), data))


def subscriber(hub: Hub) -> str:
    """Two who are on the list, and were written to, turn out to be one person."""
    for name in ("ada", "ada.l"):
        hub.says(key_of(name))
        hub.deliver(hub.knows(name, into=f"g-{name}"))
    ada = hub.knows("ada", "ada.l", "unlisted", version=2, last_name="Lovelace")
    is_contact(hub, ada, "s-one", key_of("ada"))
    is_contact(hub, ada, "s-two", key_of("ada.l"))
    return ada


def test_each_contact_is_told_and_no_further_one_is_made(hub: Hub) -> None:
    ada = subscriber(hub)
    hub.says(key_of("unlisted"))
    hub.deliver(ada)
    assert {*hub.service.people} == {address("ada"), address("ada.l")}
    assert {each["traits"]["first_name"] for each in hub.service.people.values()} == {"Ada"}
    before = len(hub.service.calls)
    hub.deliver(ada)
    assert len(hub.service.calls) == before


def test_a_contact_is_told_only_what_its_own_address_permits(hub: Hub) -> None:
    ada = subscriber(hub)
    hub.says(key_of("ada.l"), "withdrawn", days=1)
    hub.deliver(ada)
    assert hub.service.people[address("ada")]["status"] == "on"
    assert hub.service.people[address("ada.l")] == {"status": "off"}


def found_on_the_list(hub: Hub) -> str:
    """Somebody who is on the list by two addresses, of whom it was never told anything."""
    ada = hub.knows("ada", "ada.l")
    is_contact(hub, ada, "s-one", key_of("ada"))
    is_contact(hub, ada, "s-two", key_of("ada.l"))
    hub.says(key_of("ada"))
    return ada


def test_a_contact_that_was_never_written_to_is_not_made_anew(hub: Hub) -> None:
    """It may have been deleted there since."""
    ada = found_on_the_list(hub)
    hub.says(key_of("ada.l"))
    hub.deliver(ada)
    assert [*hub.service.people] == [address("ada")]


def test_a_contact_that_was_never_written_to_hears_of_a_withdrawal(hub: Hub) -> None:
    ada = found_on_the_list(hub)
    hub.says(key_of("ada.l"), "withdrawn")
    hub.deliver(ada)
    assert hub.service.people[address("ada")]["status"] == "on"
    assert hub.service.people[address("ada.l")] == {"status": "off"}


def test_two_that_the_list_made_one_are_one_contact(hub: Hub) -> None:
    """Whoever changes their address there is not put on the list under the former one again."""
    ada = subscriber(hub)
    island = island_from(hub.graph.get(island_key("g1")) or {})
    alias = Verdict(kind="alias", a="s-one", b="s-two", at=START, by="letters")
    after = island.model_copy(update={"verdicts": (alias,)})
    hub.graph.write(Write("put", island_key("g1"), island_item(after)))
    before = len(hub.service.calls)
    hub.deliver(ada)
    assert {name for name, *_ in hub.service.calls[before:]} == {address("ada")}


def test_one_contact_with_two_addresses_is_told_under_one(hub: Hub) -> None:
    ada = hub.knows("ada", "ada.l")
    is_contact(hub, ada, "s-one", key_of("ada"), key_of("ada.l"))
    for name in ("ada", "ada.l"):
        hub.says(key_of(name))
    hub.deliver(ada)
    assert [*hub.service.people] == [address("ada")]
