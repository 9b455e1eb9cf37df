"""Each vendor's way of paging gives every record, once."""

from typing import Any

from tests.conformance.standins.standins_world import World

CUSTOMERS = """
query($after: String, $query: String, $first: Int!) {
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id updatedAt email emailMarketingConsent { marketingState } }
  }
}
"""


def all_customers(world: World, search: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, more, headers = None, True, world.shopify_login()
    while more:
        said = world.graphql(CUSTOMERS, headers, after=after, query=search, first=25).json()
        page = said["data"]["customers"]
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def test_a_shops_customers_come_oldest_change_first(world: World) -> None:
    found = all_customers(world)
    assert len({one["id"] for one in found}) == len(found) == 118
    assert [one["updatedAt"] for one in found] == sorted(one["updatedAt"] for one in found)


def test_a_search_by_time_leaves_out_what_is_older(world: World) -> None:
    middle = all_customers(world)[60]["updatedAt"]
    newer = all_customers(world, f"updated_at:>='{middle}'")
    assert newer
    assert all(one["updatedAt"] >= middle for one in newer)
    assert len(newer) < 118


def test_a_field_that_the_schema_lacks_is_an_error(world: World) -> None:
    said = world.graphql("{ customers(first: 1) { nodes { shoeSize } } }").json()
    assert "shoeSize" in said["errors"][0]["message"]


def test_an_order_shows_its_lines_and_its_customer(world: World) -> None:
    query = "{orders(first: 250) {nodes {customer {email} lineItems(first: 8) {nodes {title}}}}}"
    orders = world.graphql(query).json()["data"]["orders"]["nodes"]
    assert len(orders) == len(world.company.shops["shopify-eu"].orders)
    assert all(order["lineItems"]["nodes"] for order in orders)
    assert any(order["customer"] is None for order in orders)


def test_mailchimp_counts_all_and_gives_a_slice(world: World) -> None:
    path, auth = "/mailchimp/3.0/lists/a1b2c3d4e5/members", world.mailchimp_auth()
    seen: list[str] = []
    said: dict[str, Any] = {}
    for offset in range(0, 200, 50):
        said = world.http.get(path, auth=auth, params={"count": 50, "offset": offset}).json()
        seen += [member["id"] for member in said["members"]]
    assert said["total_items"] == len(seen) == len(set(seen)) == 187


def test_mailchimp_gives_what_changed_since(world: World) -> None:
    path, auth = "/mailchimp/3.0/lists/a1b2c3d4e5/members", world.mailchimp_auth()
    since = "2026-11-15T00:00:00+00:00"
    query = {"since_last_changed": since, "count": "1000", "sort_field": "last_changed"}
    changed = world.http.get(path, auth=auth, params=query).json()["members"]
    times = [member["last_changed"] for member in changed]
    assert 0 < len(times) < 187
    assert times == sorted(times)
    assert times[0] > since


def test_zendesk_cursors_go_to_the_end_of_the_stream(world: World) -> None:
    headers, query = world.zendesk_headers(), {"start_time": "0", "per_page": "20"}
    seen: list[int] = []
    while True:
        path = "/zendesk/api/v2/incremental/users/cursor.json"
        said = world.http.get(path, params=query, headers=headers).json()
        seen += [user["id"] for user in said["users"]]
        if said["end_of_stream"]:
            break
        query = {"cursor": said["after_cursor"], "per_page": "20"}
    assert len(seen) == len(set(seen)) == len(world.company.zendesk.users)
    last = world.http.get(path, params={"cursor": said["after_cursor"]}, headers=headers).json()
    assert (last["users"], last["after_cursor"], last["end_of_stream"]) == ([], None, True)


def test_talks_next_page_is_never_null(world: World) -> None:
    headers = world.zendesk_headers()
    path = "/zendesk/api/v2/channels/voice/stats/incremental/calls.json?start_time=0"
    said = world.http.get(path, headers=headers).json()
    assert said["count"] == len(world.company.zendesk.calls)
    after = world.http.get(said["next_page"], headers=headers).json()
    assert after["count"] == 0
    assert after["next_page"]


def test_hubspot_lists_by_id_and_searches_by_time(world: World) -> None:
    headers, after, listed = world.hubspot_headers(), "0", []
    while after:
        query = {"limit": "40", "after": after, "properties": "email,phone"}
        path = "/hubspot/crm/v3/objects/contacts"
        said = world.http.get(path, params=query, headers=headers).json()
        listed += [one["id"] for one in said["results"]]
        after = said.get("paging", {}).get("next", {}).get("after")
    bound = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"}
    wanted = {"filterGroups": [{"filters": [bound]}], "limit": 200}
    found = world.http.post(
        "/hubspot/crm/v3/objects/contacts/search", json=wanted, headers=headers
    ).json()
    assert {one["id"] for one in found["results"]} == set(listed)
    assert found["total"] == len(listed) == 103


def test_hubspot_refuses_to_search_beyond_ten_thousand(world: World) -> None:
    said = world.http.post(
        "/hubspot/crm/v3/objects/contacts/search",
        json={"limit": 200, "after": "9900"},
        headers=world.hubspot_headers(),
    )
    assert (said.status_code, said.json()["category"]) == (400, "VALIDATION_ERROR")


def test_a_deal_names_its_contacts(world: World) -> None:
    said = world.http.get(
        "/hubspot/crm/v3/objects/deals",
        params={"associations": "contacts", "limit": 100},
        headers=world.hubspot_headers(),
    ).json()
    assert all(deal["associations"]["contacts"]["results"] for deal in said["results"])


def test_a_contact_answers_to_the_id_it_had_before_a_merge(world: World) -> None:
    merged = next(
        contact
        for contact in world.company.hubspot.contacts
        if (contact["properties"] or {}).get("hs_merged_object_ids")
    )
    former = merged["properties"]["hs_merged_object_ids"]
    path = f"/hubspot/crm/v3/objects/contacts/{former}"
    assert world.http.get(path, headers=world.hubspot_headers()).json()["id"] == merged["id"]
