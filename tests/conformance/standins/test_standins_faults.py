"""Faults come on demand, as often as was asked for, and then it goes right again."""

import httpx
import pytest

from tests.conformance.standins.standins_world import World

MEMBERS = "/mailchimp/3.0/lists/a1b2c3d4e5/members"
PAGE = "query($after: String) {customers(first: 10, after: $after) {pageInfo {endCursor}}}"


def test_a_status_comes_as_often_as_asked_for(world: World) -> None:
    world.fault("mailchimp", "500", count=2)
    codes = [world.http.get(MEMBERS, auth=world.mailchimp_auth()).status_code for _ in range(3)]
    assert codes == [500, 500, 200]


def test_429_is_each_vendors_own(world: World) -> None:
    for system in ("shopify-eu", "mailchimp", "zendesk", "hubspot", "webhook-sink"):
        world.fault(system, "429", retry_after=7, path="ing")
    ping = {name: world.http.get(f"/{name}/ping") for name in ("mailchimp", "zendesk", "hubspot")}
    assert ping["mailchimp"].headers["content-type"].startswith("application/problem+json")
    assert ping["zendesk"].headers["retry-after"] == "7"
    assert ping["hubspot"].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    shop = world.http.post("/shopify-eu/ping")
    assert (shop.status_code, shop.json()["errors"][0]["message"]) == (200, "Throttled")
    assert world.http.post("/webhook-sink/ping").headers["retry-after"] == "7"


def test_a_fault_can_be_meant_for_one_path(world: World) -> None:
    world.fault("mailchimp", "503", path="activity-feed")
    assert world.http.get(MEMBERS, auth=world.mailchimp_auth()).status_code == 200
    feed = f"{MEMBERS}/{world.company.stories['ada']['mailchimp']}/activity-feed"
    assert world.http.get(feed, auth=world.mailchimp_auth()).status_code == 503


def test_a_truncated_body_ends_before_its_length(world: World) -> None:
    world.fault("mailchimp", "truncated_body")
    with pytest.raises(httpx.RemoteProtocolError):
        world.http.get(MEMBERS, auth=world.mailchimp_auth())
    assert world.http.get(MEMBERS, auth=world.mailchimp_auth()).status_code == 200


def test_a_timeout_never_answers(world: World) -> None:
    world.fault("hubspot", "timeout", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        world.http.get("/hubspot/crm/v3/objects/deals", timeout=0.2)


def test_a_page_is_repeated_once_there_is_one(world: World) -> None:
    headers = world.shopify_login()
    world.fault("shopify-eu", "repeated_page", path="graphql")
    first = world.graphql(PAGE, headers).json()["data"]
    after = first["customers"]["pageInfo"]["endCursor"]
    assert world.graphql(PAGE, headers, after=after).json()["data"] == first
    assert world.graphql(PAGE, headers, after=after).json()["data"] != first


def test_mailchimps_offset_pages_repeat_too(world: World) -> None:
    world.fault("mailchimp", "repeated_page")
    ask = [{"count": 5, "offset": offset} for offset in (0, 5, 5)]
    pages = [world.http.get(MEMBERS, auth=world.mailchimp_auth(), params=one).json() for one in ask]
    assert pages[0] == pages[1] != pages[2]


def test_an_expired_token_is_refused_until_there_is_a_new_one(world: World) -> None:
    headers = world.shopify_login()
    world.fault("shopify-eu", "expired_token", path="graphql")
    codes = [world.graphql("{ shop { name } }", headers).status_code for _ in range(2)]
    assert codes == [401, 401]
    assert world.graphql("{ shop { name } }").status_code == 200


def test_an_unknown_kind_or_system_is_refused(world: World) -> None:
    assert world.control("faults", system="mailchimp", kind="earthquake").status_code == 400
    assert world.control("faults", system="fax", kind="500").status_code == 404


def test_a_reset_forgets_faults_and_what_was_received(world: World) -> None:
    world.fault("mailchimp", "500", count=9)
    world.http.get(MEMBERS)
    world.control("reset")
    assert world.http.get("/_control/faults").json() == []
    assert world.http.get("/_control/requests").json()["total"] == 0


def test_what_was_received_is_remembered_without_credentials(world: World) -> None:
    world.http.patch(f"{MEMBERS}/nobody", auth=world.mailchimp_auth(), json={"status": "cleaned"})
    (write,) = world.writes("mailchimp")
    assert (write["method"], write["status"]) == ("PATCH", 404)
    assert write["body"] == {"status": "cleaned"}
    assert "authorization" not in write["headers"]


def test_a_record_can_be_broken_on_purpose(world: World) -> None:
    record = {"id": "1", "properties": None, "archived": False, "updatedAt": "soon"}
    world.control("records", system="hubspot", kind="contacts", record=record)
    path = "/hubspot/crm/v3/objects/contacts/1"
    assert world.http.get(path, headers=world.hubspot_headers()).json()["properties"] is None


def test_health_tells_whose_instance_answers(world: World) -> None:
    said = world.http.get("/_control/health").json()
    assert (said["status"], said["instance"]) == ("ok", "test")
    assert "shopify-eu" in said["systems"]
