"""Each vendor says in its own way that it is too much, and that a token is no longer good."""

from concurrent.futures import ThreadPoolExecutor, as_completed

from local.standins.secrets import ZENDESK_REFRESH
from tests.conformance.standins.standins_world import World

SHOP = "{ shop { name } }"
CALLS = "/zendesk/api/v2/channels/voice/stats/incremental/calls.json?start_time=0"
DAY = 86_400


def test_shopify_throttles_inside_a_200_until_the_bucket_has_refilled(world: World) -> None:
    headers = world.shopify_login()
    query = "{ customers(first: 250) { nodes { id defaultAddress { city } } } }"
    said = world.graphql(query, headers)
    while "errors" not in said.json():
        said = world.graphql(query, headers)
    assert said.status_code == 200
    assert said.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = said.json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] > cost["throttleStatus"]["currentlyAvailable"]
    world.pass_time(cost["requestedQueryCost"] / cost["throttleStatus"]["restoreRate"])
    assert "data" in world.graphql(query, headers).json()


def test_shopify_refuses_a_query_that_costs_too_much(world: World) -> None:
    inner = "orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id } } } }"
    said = world.graphql(f"{{ customers(first: 250) {{ nodes {{ id {inner} }} }} }}").json()
    assert said["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_a_shops_token_lives_for_a_day(world: World) -> None:
    headers = world.shopify_login()
    world.pass_time(DAY - 10)
    assert world.graphql(SHOP, headers).status_code == 200
    world.pass_time(20)
    assert world.graphql(SHOP, headers).status_code == 401
    assert world.graphql(SHOP).status_code == 200


def test_the_lifetime_of_tokens_can_be_shortened(world: World) -> None:
    world.control("settings", system="shopify-eu", token_seconds=5)
    headers = world.shopify_login()
    world.pass_time(6)
    assert world.graphql(SHOP, headers).status_code == 401


def test_a_wrong_client_secret_gets_no_token(world: World) -> None:
    given = {"client_id": "x", "client_secret": "y", "grant_type": "client_credentials"}
    said = world.http.post("/shopify-eu/admin/oauth/access_token", json=given)
    assert said.status_code == 400


def test_zendesk_says_when_to_come_back(world: World) -> None:
    headers = world.zendesk_headers()
    answers = [world.http.get(CALLS, headers=headers) for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    world.pass_time(int(answers[-1].headers["retry-after"]))
    assert world.http.get(CALLS, headers=headers).status_code == 200


def test_zendesk_shows_what_is_left(world: World) -> None:
    path = "/zendesk/api/v2/incremental/users/cursor?start_time=0"
    said = world.http.get(path, headers=world.zendesk_headers())
    assert said.headers["x-rate-limit-remaining"] == "399"
    assert said.headers["zendesk-ratelimit-incremental-exports-cursor"].startswith("total=20;")


def test_zendesk_exports_nothing_of_the_last_minute(world: World) -> None:
    path = "/zendesk/api/v2/incremental/users/cursor"
    start = str(int(world.seconds) - 30)
    said = world.http.get(path, params={"start_time": start}, headers=world.zendesk_headers())
    assert said.status_code == 400


def test_a_refresh_token_of_zendesk_is_good_for_one_use(world: World) -> None:
    grant = {"grant_type": "refresh_token", "refresh_token": ZENDESK_REFRESH}
    first = world.zendesk_login(**grant)
    assert first.status_code == 200
    assert world.zendesk_login(**grant).status_code == 400
    grant["refresh_token"] = first.json()["refresh_token"]
    assert world.zendesk_login(**grant).status_code == 200
    old = {"authorization": f"Bearer {first.json()['access_token']}"}
    assert world.http.get(CALLS, headers=old).status_code == 401


def test_hubspot_names_the_policy_that_was_broken(world: World) -> None:
    path, headers = "/hubspot/crm/v3/objects/contacts/search", world.hubspot_headers()
    answers = [world.http.post(path, json={}, headers=headers) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[-1].json()["policyName"] == "SECONDLY"
    assert "x-hubspot-ratelimit-max" not in answers[-1].headers
    world.pass_time(1.1)
    assert world.http.post(path, json={}, headers=headers).status_code == 200


def test_hubspot_shows_its_limits_outside_of_searches(world: World) -> None:
    path = "/hubspot/crm/v3/objects/contacts"
    said = world.http.get(path, headers=world.hubspot_headers())
    assert said.headers["x-hubspot-ratelimit-remaining"] == "189"


def test_mailchimp_refuses_the_eleventh_at_one_time(world: World) -> None:
    world.fault("mailchimp", "slow", count=10, seconds=5)

    def ask(_: int) -> int:
        return world.http.get("/mailchimp/3.0/ping", auth=world.mailchimp_auth()).status_code

    with ThreadPoolExecutor(11) as pool:
        waiting = [pool.submit(ask, number) for number in range(11)]
        first = next(as_completed(waiting, timeout=10)).result()
        world.control("reset")
    assert first == 429
    assert sorted(one.result() for one in waiting) == [200] * 10 + [429]


def test_wrong_credentials_are_refused_everywhere(world: World) -> None:
    wrong = {"authorization": "Bearer guessed", "x-shopify-access-token": "guessed"}
    for path in ("mailchimp/3.0/ping", "zendesk/api/v2/users/1", "hubspot/crm/v3/objects/deals"):
        assert world.http.get(f"/{path}", headers=wrong).status_code == 401
    assert world.graphql(SHOP, wrong).status_code == 401
