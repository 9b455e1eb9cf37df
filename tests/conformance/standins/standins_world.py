"""The stand-ins on a free loopback port, with a clock that only moves when a test says so."""

from datetime import UTC, datetime
from typing import Any

import httpx

from local.company.model import Company
from local.standins.control import Control
from local.standins.hub import Hub, build
from local.standins.secrets import SECRETS
from local.standins.server import Server

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class World:
    """The company, the stand-ins that hold it, and a client that may log in to each."""

    def __init__(self, company: Company) -> None:
        self.company, self.seconds = company, NOW.timestamp()
        self.hub = Hub(build(company, lambda: self.seconds), lambda: self.seconds)
        control = Control(self.hub, {"instance": "test"}, lambda: None)
        self.server = Server(0, self.hub, control)
        self.http = httpx.Client(base_url=self.server.url, timeout=10)

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds

    def control(self, control: str, /, **given: object) -> httpx.Response:
        return self.http.post(f"/_control/{control}", json=given)

    def fault(self, system: str, kind: str, **more: object) -> None:
        assert self.control("faults", system=system, kind=kind, **more).status_code == 201

    def writes(self, system: str) -> list[dict[str, Any]]:
        found = self.http.get("/_control/requests", params={"system": system, "writes": "1"})
        return list(found.json()["requests"])

    def shopify_login(self) -> dict[str, str]:
        given = {**SECRETS["shopify-eu"]["api"], "grant_type": "client_credentials"}
        token = self.http.post("/shopify-eu/admin/oauth/access_token", data=given).json()
        return {"x-shopify-access-token": token["access_token"]}

    def zendesk_login(self, **grant: str) -> httpx.Response:
        given = {**SECRETS["zendesk"]["api"], "grant_type": "client_credentials", **grant}
        return self.http.post("/zendesk/oauth/tokens", json=given)

    def zendesk_headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.zendesk_login().json()['access_token']}"}

    def hubspot_headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {SECRETS['hubspot']['api']['access_token']}"}

    def mailchimp_auth(self) -> tuple[str, str]:
        return "anyone", SECRETS["mailchimp"]["api"]["api_key"]

    def graphql(
        self, text: str, headers: dict[str, str] | None = None, /, **variables: object
    ) -> httpx.Response:
        return self.http.post(
            "/shopify-eu/admin/api/2026-07/graphql.json",
            json={"query": text, "variables": variables},
            headers=headers or self.shopify_login(),
        )
