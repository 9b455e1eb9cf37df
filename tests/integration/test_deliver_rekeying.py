"""An address is renamed: nobody is sent anything for that, and nothing that was said is lost.

The view, the island and the ledger each have it by its former name or by the new one.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from adapters.graph import Stores
from rules import delivery, keys
from rules.delivery import Person
from rules.identity_claims import canonical
from rules.keys import Pepper
from rules.rekeying_ledger import is_ledger, move
from rules.resolution_islands import Laws
from schemas.graph import Known
from schemas.identifiers import Identifier
from schemas.policy import IdentityRules
from schemas.rows import key_of as place_of
from tests.simulator.histories import RULES
from tests.simulator.mailing import PEPPER, START, Hub, address, key_of
from tests.simulator.port import MemoryPort

SECOND = Pepper(b"another pepper for tests", 2)
AWARE = replace(PEPPER, coming=SECOND)
BEGUN = replace(PEPPER, coming=SECOND, begun=True)
AFTER = replace(PEPPER, later=(SECOND,))
ADA = address("ada")

Name = Callable[[str], str]


def new(key: str) -> str:
    return keys.renewed(BEGUN, key)


def states() -> Iterator[object]:
    """Before the sweep and beside it anything may have either name; after it the view alone."""
    names: dict[str, Name] = {"former": str, "new": new}
    for stage, pepper in (("aware", AWARE), ("begun", BEGUN)):
        for view, island, ledger in product(names, names, names):
            told = f"{stage}, view {view}, island {island}, ledger {ledger}"
            yield pytest.param((pepper, names[view], names[island], names[ledger]), id=told)
    for view, name in names.items():
        yield pytest.param((AFTER, name, new, new), id=f"after, view {view}")


@pytest.fixture(params=list(states()))
def moves(request: pytest.FixtureRequest) -> Callable[[Hub], None]:
    """Puts a hub into one of the mixed states; its views and islands are to be written anew."""
    pepper, view, island, ledger = request.param

    def move_(hub: Hub) -> None:
        hub.pepper, hub.in_view, hub.on_island = pepper, view, island
        if ledger is new:
            sweep(hub)

    return move_


def sweep(hub: Hub) -> None:
    assert isinstance(hub.graph, MemoryPort)
    laws = Laws(RULES, BEGUN, lambda: "", hub.now)
    stores = Stores(hub.graph, hub.journal, hub.wait, lambda: 0.0)
    for item in list(hub.graph.memory.rows.values()):
        if is_ledger(place_of(item)):
            stores.run(move(item, laws))


def says(hub: Hub, name: str, state: str, days: int = 0) -> None:
    """Under both names, as all that is said while either may be looked under."""
    for key in (key_of(name), new(key_of(name))):
        hub.says(key, state, days)


def outcomes(hub: Hub, name: str) -> list[tuple[str, int]]:
    rows = sorted(hub.ledger(name), key=lambda row: row.number)
    return [(row.outcome, row.number) for row in rows]


def test_who_was_told_hears_nothing_until_something_changes(moves: Callable[[Hub], None]) -> None:
    hub = Hub()
    says(hub, "ada", "granted")
    hub.deliver(hub.knows("ada"))
    moves(hub)
    ada = hub.knows("ada", version=2)
    hub.deliver(ada, 2)
    assert len(hub.service.calls) == 1
    says(hub, "ada", "withdrawn", days=1)
    hub.deliver(ada, 2)
    hub.deliver(ada, 2)
    assert [status for _, status, _ in hub.service.calls] == ["on", "off"]
    assert outcomes(hub, "ada") == [("sent", 1), ("withheld", 2)]


def test_who_opted_out_stays_so(moves: Callable[[Hub], None]) -> None:
    hub = Hub()
    says(hub, "ada", "granted")
    ada = hub.knows("ada")
    hub.deliver(ada)
    says(hub, "ada", "withdrawn", days=1)
    hub.deliver(ada)
    moves(hub)
    hub.deliver(hub.knows("ada", version=2), 2)
    assert [status for _, status, _ in hub.service.calls] == ["on", "off"]
    assert hub.totals() == {("withheld", "opted_out"): 1}


def test_an_address_used_before_still_answers_to_consent(moves: Callable[[Hub], None]) -> None:
    hub = Hub()
    says(hub, "ada", "granted")
    hub.deliver(hub.knows("ada", "ada.l"))
    moves(hub)
    ada = hub.knows("ada", "ada.l", version=2, email=address("ada.l"))
    says(hub, "ada", "withdrawn", days=1)
    hub.deliver(ada, 2)
    assert hub.service.people == {ADA: {"status": "off"}}


def test_who_had_no_address_is_off_the_list_when_one_is_known(
    moves: Callable[[Hub], None],
) -> None:
    hub = Hub()
    nobody = hub.knows("no one")
    hub.deliver(nobody)
    moves(hub)
    says(hub, "ada", "granted")
    hub.knows("no one", "ada", version=2, email=ADA)
    hub.deliver(nobody, 2)
    assert list(hub.service.people) == [ADA]
    assert hub.totals() == {("sent", "granted"): 1}


def test_of_two_addresses_the_same_is_used(moves: Callable[[Hub], None]) -> None:
    """Neither is preferred: their order is by names, and not by those that change."""
    names = tuple(f"ada{n}" for n in range(8))
    hub = Hub()
    for name in names:
        says(hub, name, "granted")
    hub.deliver(hub.knows(*names, email=""))
    moves(hub)
    hub.deliver(hub.knows(*names, version=2, email=""), 2)
    assert len(hub.service.people) == 1


def person(pepper_key: str, *also: str) -> Person:
    """Ada by these keys in her view, each as if of another source; her island has the new one."""
    hub = Hub(on_island=lambda _key: new(pepper_key))
    hub.knows("ada")
    found = hub.office().reader.person(keys.of_customer(PEPPER, "s-ada"), 0)
    assert found
    known = tuple(
        Known(key=key, type="email", value="Ada+News@example.com", source=source, at=START)
        for source, key in zip("ba", (pepper_key, *also), strict=False)
    )
    return Person(found.profile.model_copy(update={"identifiers": known}), found.island)


def test_a_view_that_has_both_names_has_one_address() -> None:
    key = keys.of_identifier(PEPPER, Identifier(type="email", value="ada+news@example.com"))
    (found,) = delivery.addressees(person(key, new(key)), "email", BEGUN)
    assert (found.key, found.addresses) == (key, frozenset({new(key)}))
    assert found.speaking == {new(key), "s-ada"}


def test_carriers_come_to_the_new_name_one_after_another_and_all_speak() -> None:
    key = key_of("ada")
    found = person(key)
    (node,) = found.island.nodes.values()
    nodes = {"s-ada": node, "s-ben": node.model_copy(update={"links": frozenset({key})})}
    labels = dict.fromkeys(nodes, found.profile.customer)
    island = found.island.model_copy(update={"nodes": nodes, "labels": labels})
    (addressee,) = delivery.addressees(Person(found.profile, island), "email", BEGUN)
    assert addressee.speaking == {key, new(key), "s-ada", "s-ben"}
    assert addressee.addresses == {key, new(key)}


@pytest.mark.parametrize("tags", [False, True])
def test_the_former_name_is_found_from_the_value_under_whichever_rule(tags: bool) -> None:
    rules = IdentityRules(types={}, plus_tags=tags)
    said = Identifier(type="email", value="ada+news@example.com")
    key = keys.of_identifier(PEPPER, canonical(said, rules))
    found = person(key)
    view = tuple(each.model_copy(update={"key": new(key)}) for each in found.profile.identifiers)
    found = Person(found.profile.model_copy(update={"identifiers": view}), found.island)
    (addressee,) = delivery.addressees(found, "email", BEGUN)
    assert (addressee.key, addressee.addresses) == (key, frozenset({new(key)}))


def test_while_keys_stay_an_ordinary_delivery_costs_what_it_did() -> None:
    hub = Hub()
    says(hub, "ada", "granted")
    hub.deliver(hub.knows("ada"))
    assert hub.graph.units.write == 3.0
    hub.pepper = BEGUN
    says(hub, "ben", "granted")
    hub.graph.units.write = 0.0
    hub.deliver(hub.knows("ben", into="g2"))
    assert hub.graph.units.write <= 10.0, "two transactions of two, and one write"


def test_what_was_sent_meanwhile_is_not_forgotten() -> None:
    """Somebody saw that nothing was sent yet; then it was."""
    hub = Hub()
    ada = hub.knows("ada")
    hub.deliver(ada)
    seen = hub.state("ada")
    assert seen
    says(hub, "ada", "granted")
    hub.deliver(ada)
    hub.office().ledger.forget(seen)
    assert hub.totals() == {("sent", "granted"): 1}
    now = hub.state("ada")
    assert now
    hub.office().ledger.forget(now)
    assert hub.totals() == {}
