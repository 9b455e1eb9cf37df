"""The connectors read the stand-ins as they are: every record, by any page size."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from connectors import registry
from connectors.contract import Page, Response
from local.standins.secrets import SECRETS
from schemas.config import Source
from schemas.errors import BadRecord
from schemas.observation import Observation
from tests.conformance.standins.standins_world import NOW, World

LIST = {"list": "a1b2c3d4e5"}


def pages(
    world: World, source: str, kind: str, cursor: Mapping[str, str], size: int
) -> Iterator[Page]:
    """Drives a pull as the hub does, but without patience: nothing here may fail."""
    connector = registry.load(source.partition("-")[0])
    settings = {"page_size": size, "activity_page_size": size, **LIST}
    system = Source(connector="x", base_url=f"{world.server.url}/{source}", settings=settings)
    secret = SECRETS[source]["api"]
    ask, token = connector.token_request(secret), None
    if ask:
        got = world.http.request(ask.method, f"/{source}{ask.path}", json=ask.json, data=ask.form)
        token = connector.read_token(secret, _response(got)).value
    headers = connector.authorise(secret, token)
    pull, answer = connector.pull(system, kind, cursor, NOW), None
    while True:
        try:
            wanted = pull.send(answer)
        except StopIteration:
            return
        if isinstance(wanted, Page):
            answer = None
            yield wanted
        else:
            world.pass_time(1)
            answer = _response(
                world.http.request(
                    wanted.method,
                    f"/{source}{wanted.path}",
                    params=dict(wanted.query),
                    json=wanted.json,
                    headers=dict(headers),
                )
            )
            assert answer.status < 300 or answer.status in wanted.accept, answer.body


def _response(got: httpx.Response) -> Response:
    return Response(got.status_code, {k.lower(): v for k, v in got.headers.items()}, got.content)


def read(
    world: World, source: str, kind: str, size: int
) -> tuple[list[Observation], int, Mapping[str, str]]:
    """What a first pull makes: observations, how many records were set aside, the cursor."""
    connector = registry.load(source.partition("-")[0])
    system = Source(connector="x", base_url="http://x", settings={"country": "DE"})
    found, aside, cursor = [], 0, {}
    for page in pages(world, source, kind, {}, size):
        cursor = dict(page.cursor)
        for record in page.records:
            try:
                found.append(connector.normalise(source, system, kind, record))
            except BadRecord:
                aside += 1
    return found, aside, cursor


EXPECTED = [
    ("shopify-eu", "customer", 118, 0),
    ("shopify-eu", "order", 141, 1),
    ("mailchimp", "member", 186, 1),
    ("zendesk", "user", 53, 0),
    ("zendesk", "ticket", 40, 0),
    ("zendesk", "call", 15, 0),
    ("hubspot", "contact", 102, 1),
    ("hubspot", "deal", 28, 0),
]


@pytest.mark.parametrize("source, kind, good, aside", EXPECTED)
def test_every_record_is_read_by_pages_of_any_size(
    world: World, source: str, kind: str, good: int, aside: int
) -> None:
    large = read(world, source, kind, 200)
    assert (len({one.record.id for one in large[0]}), large[1]) == (good, aside)
    small = read(world, source, kind, 40)
    assert {one.record.id: one for one in small[0]} == {one.record.id: one for one in large[0]}


def test_a_second_pull_brings_only_what_changed(world: World) -> None:
    _, _, cursor = read(world, "shopify-eu", "customer", 50)
    again = pages(world, "shopify-eu", "customer", cursor, 50)
    assert sum(len(page.records) for page in again) < 5


def test_ada_is_joined_by_her_number(world: World) -> None:
    claims: dict[str, set[Any]] = {}
    for source, kind in (("shopify-eu", "customer"), ("hubspot", "contact"), ("zendesk", "user")):
        key = world.company.stories["ada"][source]
        found, _, _ = read(world, source, kind, 100)
        (ada,) = (one for one in found if one.subject.id == key)
        claims[source] = {claim.identifier.value for claim in ada.claims}
    assert all("+12025550143" in one for one in claims.values())


def test_doras_sources_disagree_about_her_consent(world: World) -> None:
    said = {}
    for source, kind in (("shopify-eu", "customer"), ("mailchimp", "member")):
        key = world.company.stories["dora"][source]
        found, _, _ = read(world, source, kind, 100)
        (dora,) = (one for one in found if one.subject.id == key)
        (said[source],) = (signal.state for signal in dora.consents if signal.channel == "email")
    assert said == {"shopify-eu": "granted", "mailchimp": "withdrawn"}
