"""Two customers carry one address: whoever the destination's contact of it is not, is not written
there."""

import pytest

from rules import keys
from schemas.graph import IdentifierKey
from tests.simulator.mailing import PEPPER, Hub, address, key_of

CONTACT = "letters:contact"


@pytest.fixture
def hub() -> Hub:
    return Hub()


def carries(hub: Hub, own: str, s: str, *links: IdentifierKey) -> str:
    """A subject in the island of everybody, of a customer of its own; answers with its id."""
    customer = keys.of_customer(PEPPER, s)
    hub.also(customer, s, own, *links)
    return customer


def test_what_was_split_off_is_not_written_onto_the_contact_of_the_other_side(hub: Hub) -> None:
    ada = hub.knows("ada")
    carries(hub, CONTACT, "s-ben", key_of("ada"))
    hub.says(key_of("ada"))
    hub.deliver(ada)
    assert hub.service.calls == []
    assert hub.outcomes("ada") == [("withheld", "not_theirs")]


def test_another_address_that_is_nobody_elses_there_is_used(hub: Hub) -> None:
    ada = hub.knows("ada", "ada.l")
    carries(hub, CONTACT, "s-ben", key_of("ada"))
    for name in ("ada", "ada.l"):
        hub.says(key_of(name))
    hub.deliver(ada)
    assert list(hub.service.people) == [address("ada.l")]


@pytest.mark.parametrize("own", ["shop:customer", "elsewhere:contact"])
def test_who_else_carries_it_at_other_systems_changes_nothing(hub: Hub, own: str) -> None:
    ada = hub.knows("ada")
    carries(hub, own, "s-ben", key_of("ada"))
    hub.says(key_of("ada"))
    hub.deliver(ada)
    assert list(hub.service.people) == [address("ada")]


def test_a_contact_of_their_own_with_the_address_is_theirs_whoever_else_has_one(hub: Hub) -> None:
    ada = hub.knows("ada")
    carries(hub, CONTACT, "s-ben", key_of("ada"))
    hub.says(key_of("ada"))
    hub.deliver(ada, own_sources=frozenset({"letters", "shop"}))
    assert list(hub.service.people) == [address("ada")]


def test_what_was_sent_before_the_split_is_still_called_back(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    carries(hub, CONTACT, "s-ben", key_of("ada"))
    hub.deliver(ada)
    assert len(hub.service.calls) == 1
    hub.says(key_of("ada"), "withdrawn", days=1)
    hub.deliver(ada)
    assert hub.service.people[address("ada")] == {"status": "off"}
