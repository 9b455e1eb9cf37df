"""Views on a real engine: stored with the rows beside them, and noted as told, each by version."""

import secrets
from collections.abc import Iterator

import pytest

from adapters.customers import Customers, KeptView
from adapters.table import Conflict
from rules import finding, listing
from rules.keys import Pepper
from schemas.graph import Profile
from tests.simulator.engine import made_stores

PEPPER = Pepper(b"p" * 32)
UNTOLD = frozenset({"name", "subjects"})


@pytest.fixture
def customers(engine: str) -> Iterator[Customers]:
    with made_stores(engine, f"t{secrets.token_hex(6)}") as stores:
        yield Customers(stores.graph)


def view(customer: str, version: int) -> Profile:
    return Profile(customer=customer, version=version, island="g1", island_version=1)


def test_a_view_and_its_place_in_the_list_are_stored_together_or_not_at_all(
    customers: Customers,
) -> None:
    new = view("ada", 1)
    customers.store(KeptView(new, UNTOLD), 0, finding.rows(PEPPER, None, new))
    place = listing.place(listing.CUSTOMERS, "ada")
    assert customers.table.get(place) is not None
    ended = new.model_copy(update={"gone": True, "version": 8})
    with pytest.raises(Conflict):
        customers.store(KeptView(ended), 7, finding.rows(PEPPER, new, ended))
    assert customers.table.get(place) is not None
    assert customers.look(customers=["ada"]).views == {"ada": KeptView(new, UNTOLD)}


def test_only_the_version_that_was_told_is_noted_as_told(customers: Customers) -> None:
    names = [f"c{number:02}" for number in range(30)]
    for name in names:
        customers.store(KeptView(view(name, 1), UNTOLD), 0, ())
    customers.store(KeptView(view("c07", 2), UNTOLD), 1, ())
    customers.told(view(name, 1) for name in names)
    views = customers.look(customers=names).views
    assert {name for name, kept in views.items() if kept and kept.untold} == {"c07"}
