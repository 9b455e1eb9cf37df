"""What a hub writes back, and what each vendor makes of it."""

import httpx
import pytest

from local.company.mailchimp import member_hash
from tests.conformance.standins.standins_world import World

MEMBERS = "/mailchimp/3.0/lists/a1b2c3d4e5/members"
CONSENT = """
mutation($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) {
    userErrors { field message }
    customer { defaultEmailAddress { marketingState marketingUpdatedAt } }
  }
}
"""


def member(world: World, method: str, key: str, **given: object) -> httpx.Response:
    body = given or None
    auth = world.mailchimp_auth()
    return world.http.request(method, f"{MEMBERS}/{key}", auth=auth, json=body)


def test_who_left_mailchimp_by_themselves_is_not_brought_back(world: World) -> None:
    dora = world.company.stories["dora"]["mailchimp"]
    said = member(world, "PUT", dora, email_address="dora.novak@example.net", status="subscribed")
    assert (said.status_code, said.json()["title"]) == (400, "Member In Compliance State")
    assert member(world, "PATCH", dora, status="pending").json()["status"] == "pending"


def test_an_upsert_leaves_the_status_of_who_is_there(world: World) -> None:
    dora = world.company.stories["dora"]["mailchimp"]
    said = member(world, "PUT", dora, email_address="x@example.net", status_if_new="subscribed")
    assert said.json()["status"] == "unsubscribed"


def test_an_upsert_adds_who_is_new_and_ignores_unknown_fields(world: World) -> None:
    email = "New.Person@example.com"
    fields = {"FNAME": "New", "SHOESIZE": "41"}
    said = member(
        world, "PUT", member_hash(email),
        email_address=email, status_if_new="subscribed", merge_fields=fields,
    ).json()  # fmt: skip
    assert said["id"] == member_hash(email.lower())
    assert said["merge_fields"]["FNAME"] == "New"
    assert "SHOESIZE" not in said["merge_fields"]


def test_who_was_deleted_for_good_cannot_be_imported_again(world: World) -> None:
    ada = world.company.stories["ada"]
    gone = member(world, "POST", f"{ada['mailchimp']}/actions/delete-permanent")
    assert gone.status_code == 204
    assert member(world, "GET", ada["mailchimp"]).status_code == 404
    again = member(world, "PUT", ada["mailchimp"], email_address=ada["email"], status="subscribed")
    assert again.json()["title"] == "Forgotten Email Not Subscribed"


def test_a_plain_delete_archives(world: World) -> None:
    ada = world.company.stories["ada"]["mailchimp"]
    assert member(world, "DELETE", ada).status_code == 204
    assert member(world, "GET", ada).json()["status"] == "archived"


def test_shopify_records_a_consent_with_its_time(world: World) -> None:
    given = {
        "customerId": f"gid://shopify/Customer/{world.company.stories['ada']['shopify-eu']}",
        "emailMarketingConsent": {
            "marketingState": "UNSUBSCRIBED",
            "consentUpdatedAt": "2026-11-01T00:00:00Z",
        },
    }
    said = world.graphql(CONSENT, None, input=given).json()["data"]
    made = said["customerEmailMarketingConsentUpdate"]
    assert made["userErrors"] == []
    assert made["customer"]["defaultEmailAddress"] == {
        "marketingState": "UNSUBSCRIBED",
        "marketingUpdatedAt": "2026-11-01T00:00:00Z",
    }


@pytest.mark.parametrize("customer, errors", [("ada", 0), ("nobody", 1)])
def test_shopify_takes_an_erasure_by_customer(world: World, customer: str, errors: int) -> None:
    number = world.company.stories.get(customer, {}).get("shopify-eu", "1")
    text = (
        "mutation($id: ID!) {customerRequestDataErasure(customerId: $id) "
        "{customerId userErrors {message}}}"
    )
    said = world.graphql(text, None, id=f"gid://shopify/Customer/{number}").json()["data"]
    assert len(said["customerRequestDataErasure"]["userErrors"]) == errors


def hubspot(world: World, method: str, path: str, **given: object) -> httpx.Response:
    headers, body = world.hubspot_headers(), given or None
    return world.http.request(method, f"/hubspot{path}", headers=headers, json=body)


def test_hubspot_upserts_by_address(world: World) -> None:
    one = {"id": "Ada.Byrne@example.com", "idProperty": "email", "properties": {"phone": "1"}}
    new = {"id": "new@example.com", "idProperty": "email", "properties": {"phone": "2"}}
    path = "/crm/v3/objects/contacts/batch/upsert"
    said = hubspot(world, "POST", path, inputs=[one, new]).json()["results"]
    assert [result["new"] for result in said] == [False, True]
    assert said[0]["id"] == world.company.stories["ada"]["hubspot"]


def test_hubspot_updates_by_address_or_id_and_knows_who_is_missing(world: World) -> None:
    ada = world.company.stories["ada"]
    path = f"/crm/v3/objects/contacts/{ada['email']}?idProperty=email"
    said = hubspot(world, "PATCH", path, properties={"city": "Leeds"})
    assert (said.status_code, said.json()["properties"]["city"]) == (200, "Leeds")
    missing = hubspot(world, "PATCH", "/crm/v3/objects/contacts/5", properties={})
    assert (missing.status_code, missing.json()["category"]) == (404, "OBJECT_NOT_FOUND")


def test_hubspot_forgets_for_good(world: World) -> None:
    key = world.company.stories["ada"]["hubspot"]
    assert (
        hubspot(world, "POST", "/crm/v3/objects/contacts/gdpr-delete", objectId=key).status_code
        == 204
    )
    assert hubspot(world, "GET", f"/crm/v3/objects/contacts/{key}").status_code == 404


def test_zendesk_deletes_softly_and_then_for_good(world: World) -> None:
    key, headers = world.company.stories["ada"]["zendesk"], world.zendesk_headers()
    path = f"/zendesk/api/v2/users/{key}.json"
    soft = world.http.delete(path, headers=headers).json()["user"]
    assert (soft["active"], soft["phone"]) == (False, "+12025550143")
    gone = world.http.delete(f"/zendesk/api/v2/deleted_users/{key}.json", headers=headers)
    assert gone.json()["deleted_user"]["phone"] is None


def test_another_portal_object_than_the_known_ones_is_missing(world: World) -> None:
    assert hubspot(world, "GET", "/crm/v3/objects/tickets").status_code == 404


def test_records_of_one_world_do_not_leak_into_another(world: World) -> None:
    world.company.mailchimp.members[0]["status"]
    key = world.company.mailchimp.members[0]["id"]
    before = dict(world.company.mailchimp.members[0])
    member(world, "DELETE", key)
    assert world.company.mailchimp.members[0] == before
