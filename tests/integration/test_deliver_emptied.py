"""What a destination was told and nobody knows any more is sent empty, once."""

from collections.abc import Mapping

import pytest

from connectors.contract import Response
from rules.gate import Book
from schemas.errors import RetryLater
from schemas.policy import Policy
from tests.simulator.mailing import POLICY, Hub, address, key_of

ADA = address("ada")


@pytest.fixture
def hub() -> Hub:
    """Ada agreed to letters, and her first name is known."""
    hub = Hub()
    hub.says(key_of("ada"))
    return hub


def traits(hub: Hub) -> Mapping[str, str]:
    """What the mailing service was last told of Ada."""
    found: Mapping[str, str] = hub.service.people[ADA]["traits"]
    return found


def test_a_name_that_went_with_the_other_side_of_a_split_is_emptied_once(hub: Hub) -> None:
    hub.deliver(hub.knows("ada"))
    assert traits(hub)["first_name"] == "Ada"
    ada = hub.knows("ada", version=2, first_name="")
    hub.deliver(ada, 2)
    assert traits(hub) == {"email": ADA, "first_name": ""}
    hub.deliver(ada, 2)
    assert len(hub.service.calls) == 2
    hub.deliver(hub.knows("ada", version=4, first_name="Augusta"), 4)
    assert traits(hub) == {"email": ADA, "first_name": "Augusta"}


def test_what_was_never_told_is_left_as_the_destination_has_it(hub: Hub) -> None:
    hub.deliver(hub.knows("ada", first_name=""))
    assert traits(hub) == {"email": ADA}


def test_the_address_itself_is_never_emptied(hub: Hub) -> None:
    hub.deliver(hub.knows("ada"))
    hub.deliver(hub.knows("ada", version=2, email=""), 2)
    assert "email" not in traits(hub)


def test_what_may_have_arrived_is_emptied_too(hub: Hub) -> None:
    hub.service.answers = [Response(503, {"retry-after": "600"}, b"")]
    with pytest.raises(RetryLater):
        hub.deliver(hub.knows("ada"))
    hub.deliver(hub.knows("ada", version=2, first_name=""), 2)
    assert traits(hub)["first_name"] == ""


def test_a_withdrawal_in_between_forgets_nothing(hub: Hub) -> None:
    hub.deliver(hub.knows("ada"))
    hub.says(key_of("ada"), "withdrawn", days=1)
    hub.deliver(hub.knows("ada", version=2, first_name=""), 2)
    hub.says(key_of("ada"), days=2)
    hub.wait(3 * 86_400)
    hub.deliver(hub.knows("ada", version=3, first_name=""), 3)
    assert traits(hub)["first_name"] == ""


@pytest.mark.parametrize("at_once", [True, False])
def test_what_may_not_be_said_for_a_while_is_emptied_once_it_may(hub: Hub, at_once: bool) -> None:
    """Lost with the clearance or after it: of the cleared fields nothing changed since."""
    hub.deliver(hub.knows("ada"))
    rule = {"purpose": "offers", "channel": "email", "fields": ["email", "orders"]}
    narrow = Book("v2", Policy.model_validate(POLICY | {"destinations": {"letters": rule}}))
    if not at_once:
        hub.deliver(hub.knows("ada", version=2), 2, book=narrow)
    ada = hub.knows("ada", version=3, first_name="")
    hub.deliver(ada, 3, book=narrow)
    assert traits(hub) == {"email": ADA}
    for _ in range(2):
        hub.deliver(ada, 3)
        assert traits(hub) == {"email": ADA, "first_name": ""}
        assert len(hub.service.calls) == 3
