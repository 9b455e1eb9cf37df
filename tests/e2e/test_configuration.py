"""Which systems there are is configuration: another address, another shop, nothing else."""

import json
from collections.abc import Iterator

import pytest

from adapters.table import Item, Key
from rules.resolution_items import HEAD, subject_from
from schemas.graph import SubjectHead
from tests.e2e import foreign
from tests.e2e.foreign import LetterServer
from tests.e2e.hub import Hub
from tests.e2e.standins import Standins
from tests.e2e.waiting import until


@pytest.fixture(scope="module")
def synced(spare: Hub) -> Iterator[dict[Key, Item]]:
    """The three sources of the second stage, read into an empty graph."""
    spare.empty()
    for name in spare.stage.config.sources:
        _ask(spare, name)
    until(lambda: _read_to_the_end(spare), "all sources are read", 180)
    yield spare.rows()
    spare.empty()


def _ask(hub: Hub, name: str) -> None:
    request = hub.api.post("operator", f"/v1/sources/{name}/sync", f"configuration-{name}")
    assert request["source"] == name


def _read_to_the_end(hub: Hub) -> bool:
    cursors = {key.pk for key in hub.rows() if key.sk.startswith("CURSOR#")}
    return not hub.waiting() and len(cursors) == len(hub.stage.config.sources)


def subjects(rows: dict[Key, Item], source: str) -> dict[str, SubjectHead]:
    heads = [subject_from(i) for k, i in rows.items() if k.pk.startswith("S#") and k.sk == HEAD]
    return {h.subject.id: h for h in heads if h.subject.source == source and h.seen}


def test_a_base_url_that_leads_elsewhere_is_read_from_there(
    synced: dict[Key, Item], letters: LetterServer
) -> None:
    found = subjects(synced, "letters")
    assert found.keys() == {member["id"] for member in foreign.MEMBERS}
    assert all(asked.startswith(foreign.PREFIX) for asked in letters.asked)


def test_what_an_unfamiliar_shape_says_is_understood(synced: dict[Key, Item]) -> None:
    rows = [json.loads(str(i["data"])) for k, i in synced.items() if k.sk.startswith("R#C#member")]
    traits = {row["id"]: row.get("traits", {}) for row in rows}
    elodie, _, kim = (traits[member["id"]] for member in foreign.MEMBERS)
    assert elodie["first_name"] == "Élodie"
    assert kim["phone"]
    links = subjects(synced, "letters")[foreign.MEMBERS[2]["id"]].links.values()
    assert {link.type for link in links} == {"email", "phone"}


def test_two_shops_of_one_vendor_are_two_sources(spare: Hub, synced: dict[Key, Item]) -> None:
    standins = Standins(
        spare.stage.config.sources["shopify-us"].base_url.removesuffix("/shopify-us"),
        foreign.SHOPS,
    )
    for shop in foreign.SHOPS:
        known = {c["id"].rsplit("/", 1)[1] for c in standins.company.shops[shop].customers}
        assert known <= subjects(synced, shop).keys()
        checkpoints = [k.sk for k in synced if k.pk == f"SRC#{shop}" and k.sk != "LEASE"]
        assert sorted(checkpoints) == ["CURSOR#customer", "CURSOR#order"]


def test_who_buys_in_both_shops_is_one_customer(spare: Hub, synced: dict[Key, Item]) -> None:
    # Nobody announces here, so the view is folded on the spot.
    ada = spare.api.get("agent", "/v1/context", {"email": "ada.byrne@example.com"})["customer"]
    assert set(ada["sources"]) == set(foreign.SHOPS)
    assert {worth["currency"] for worth in ada["value"]} == {"EUR", "USD"}
