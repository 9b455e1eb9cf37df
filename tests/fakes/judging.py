"""What people decide about who is who, asked for over the API."""

import json
from typing import Any

from functions import evidence, operate


def post(path: str, role: str = "privacy", key: str = "k", **body: object) -> tuple[int, Any]:
    """As a caller that goes by the name of its role."""
    _, _, kind, *rest = path.split("/")
    route = f"POST /v1/{kind}/{{id}}/{rest[1]}" if len(rest) > 1 else f"POST {path}"
    claims = {"sub": role, "cognito:groups": f"[{role}]"}
    reply = evidence.handler(
        {
            "routeKey": route,
            "pathParameters": {"id": rest[0]} if len(rest) > 1 else {},
            "headers": {"Idempotency-Key": key},
            "body": json.dumps(body),
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    return reply["statusCode"], json.loads(reply["body"])


def reviews() -> list[Any]:
    """Those that are open."""
    claims = {"sub": "u-1", "cognito:groups": "[operator]"}
    reply = operate.handler(
        {
            "routeKey": "GET /v1/reviews",
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    items: list[Any] = json.loads(reply["body"])["items"]
    return items
