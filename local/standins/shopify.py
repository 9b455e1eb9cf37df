"""A Shopify shop: OAuth client credentials and the GraphQL Admin API with its cost bucket."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from local.company.model import Shop
from local.standins.limits import Bucket
from local.standins.secrets import credentials
from local.standins.shopify_cost import cost
from local.standins.shopify_views import Views
from local.standins.system import System
from local.standins.tokens import Tokens
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

VERSION: Final = "2026-07"
TOKEN_SECONDS: Final = 86_399.0
"""Tokens of client credentials live for a day."""
BUCKET, RESTORE = 2000.0, 100.0
DEAREST: Final = 1000


@cache
def schema() -> GraphQLSchema:
    """The Admin API's schema, as far as the stand-in knows it."""
    return build_schema(Path(__file__).with_name("shopify.graphql").read_text())


class ShopifyShop(System):
    """One shop. Customers and orders are kept in the GraphQL shape."""

    tokens: Tokens

    def __init__(self, shop: Shop, clock: Clock) -> None:
        super().__init__(shop.name)
        self._secret = credentials(shop.name)["api"]
        self.tokens = Tokens("shpat_", TOKEN_SECONDS, clock)
        self.bucket = Bucket(BUCKET, RESTORE, clock)
        self.limits = [self.bucket]
        self._views = Views(shop.name, shop.currency, clock)
        self.adopt(
            {
                "customers": {record["id"]: record for record in shop.customers},
                "orders": {record["id"]: record for record in shop.orders},
            }
        )
        self._routes = (
            route("POST", r"/admin/oauth/access_token", self._token),
            route("POST", r"/admin/api/(20\d\d-\d\d)/graphql\.json", self._graphql),
        )

    def adopt(self, records: dict[str, dict[str, Any]]) -> None:
        """Take up records; the views read the very same ones."""
        super().adopt(records)
        self._views.customers = records["customers"]
        self._views.orders = records["orders"]

    def handle(self, request: Request) -> Response:
        """The shop's answer."""
        return dispatch(self._routes, request) or reply(404, {"errors": "Not Found"})

    def refuse(self, status: int, retry_after: int) -> Response:  # noqa: ARG002 - GraphQL has no Retry-After
        """Throttling is a GraphQL error in a 200."""
        if status == 429:
            return self._answer(_throttled(), 10, None)
        if status == 401:
            return _unauthorised()
        return reply(status, {"errors": "Internal Server Error"})

    def _token(self, request: Request) -> Response:
        given = request.fields()
        wanted = {**self._secret, "grant_type": "client_credentials"}
        if any(given.get(name) != value for name, value in wanted.items()):
            return reply(400, {"error": "invalid_client", "error_description": "Unknown client"})
        token, lifetime = self.tokens.issue(), int(self.tokens.seconds)
        scope = "read_customers,read_orders,write_customers"
        return reply(200, {"access_token": token, "scope": scope, "expires_in": lifetime})

    def _graphql(self, request: Request, _version: str) -> Response:
        if not self.tokens.valid(request.headers.get("x-shopify-access-token", "")):
            return _unauthorised()
        given = request.json()
        variables = given.get("variables") or {}
        try:
            document = parse(str(given.get("query", "")))
        except GraphQLError as error:
            return reply(200, {"errors": [error.formatted]})
        wrong = validate(schema(), document)
        if wrong:
            return reply(200, {"errors": [error.formatted for error in wrong]})
        return self._run(document, variables, request)

    def _run(self, document: DocumentNode, variables: Record, request: Request) -> Response:
        points = cost(document, variables)
        if points > DEAREST:
            message = f"Query cost is {points}, which exceeds the single query max cost limit"
            error = {"message": message, "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return self._answer({"errors": [error]}, points, None)
        if not self.bucket.take(points):
            return self._answer(_throttled(), points, None)
        root = {**self._views.query(), **self._views.mutation()}
        name = request.json().get("operationName")
        result = execute_sync(
            schema(), document, root, variable_values=variables, operation_name=name
        )
        return self._answer(dict(result.formatted), points, points, page=_page(result.data))

    def _answer(self, body: Record, requested: int, actual: int | None, page: str = "") -> Response:
        status = {
            "maximumAvailable": self.bucket.size,
            "currentlyAvailable": int(self.bucket.available()),
            "restoreRate": self.bucket.rate,
        }
        spent = {"requestedQueryCost": requested, "actualQueryCost": actual}
        body["extensions"] = {"cost": {**spent, "throttleStatus": status}}
        return reply(200, body, headers={"x-shopify-api-version": VERSION}, page=page)


def _page(data: Record | None) -> str:
    """The connection that the answer is a page of."""
    for name in ("customers", "orders"):
        if data and name in data:
            return name
    return ""


def _throttled() -> Record:
    extensions = {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"}
    return {"errors": [{"message": "Throttled", "extensions": extensions}]}


def _unauthorised() -> Response:
    text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return reply(401, {"errors": text})
