"""What the local cloud asks a role for, put right where it differs from AWS, and written down.

Loaded by `serve_cloud`, in the environment that holds MiniStack.
"""

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

BATCH: Final = "dynamodb:BatchExecuteStatement"
STATEMENT: Final = re.compile(
    r'\s*(INSERT|UPDATE|DELETE|SELECT)\b.*?"([^"]+)"', re.IGNORECASE | re.DOTALL
)
FIELD: Final = re.compile(r"'(\w+)': \?")
ASKED: Final = re.compile(r"(\w+) = \?")
PARTITION: Final = re.compile(r"\bpk = (:\w+)")
KEYS: Final = "dynamodb:LeadingKeys"
BY_ACTION: Final = "sluice:KeysByAction"
"""What a transaction's actions name, each by itself; no policy asks for it."""
MEMBERS: Final = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
                  "ConditionCheck": "ConditionCheckItem"}  # fmt: skip


def authorise_statements_as_aws_does() -> None:
    """Makes a batch need `PartiQLInsert` and so on, on the table of each statement.

    MiniStack asks for the call's own name, which is no action on AWS and belongs in no policy.
    """
    actions: Any = import_module("ministack.core.iam_actions")
    known = actions.dynamodb_transaction_checks

    def checks(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        if action != BATCH:
            found: list[tuple[str, str]] = known(action, body, region, account)
            return found
        return [
            (
                f"dynamodb:PartiQL{verb.title()}",
                f"arn:aws:dynamodb:{region}:{account}:table/{table}",
            )
            for verb, table in statements(body)
        ]

    actions.dynamodb_transaction_checks = checks


def statements(body: bytes) -> list[tuple[str, str]]:
    """Verb and table of each statement of a batch; nothing if one of them says neither."""
    found = [STATEMENT.match(each["Statement"]) for each in json.loads(body)["Statements"]]
    named = [(match[1], match[2]) for match in found if match]
    return named if len(named) == len(found) else []


def limit_partitions_as_aws_does() -> None:
    """Makes the condition `dynamodb:LeadingKeys` hold: MiniStack does not tell which they are.

    Of a transaction, an action is asked for with the keys that it is done to.
    """
    actions: Any = import_module("ministack.core.iam_actions")
    evaluator: Any = import_module("ministack.core.iam_evaluator")
    known, asked = actions.dynamodb_service_context, evaluator.enforce

    def context(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = known(body)
        keys = partitions(body)
        return found | {KEYS: keys, BY_ACTION: by_action(body)} if keys else found

    def enforce(access_key: str, action: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        given = dict(named.pop("service_context", None) or {})
        own = given.pop(BY_ACTION, {}).get(action)
        named["service_context"] = given | ({KEYS: own} if own else {})
        return asked(access_key, action, *rest, **named)

    actions.dynamodb_service_context = context
    evaluator.enforce = enforce


def by_action(body: bytes) -> dict[str, list[str]]:
    """Action → the partition keys that a transaction does it to."""
    found: dict[str, list[str]] = {}
    for item in json.loads(body).get("TransactItems", []):
        for member, request in item.items():
            key = request.get("Key") or request.get("Item") or {}
            if member in MEMBERS and "pk" in key:
                found.setdefault(f"dynamodb:{MEMBERS[member]}", []).append(key["pk"]["S"])
    return found


def partitions(body: bytes) -> list[str]:
    """The partition keys that a call names: of single items, batches, queries, transactions."""
    call = json.loads(body)
    named = [call, *map(_named, call.get("Statements", []))]
    named += [inner for item in call.get("TransactItems", []) for inner in item.values()]
    for requests in call.get("RequestItems", {}).values():
        if isinstance(requests, dict):
            named += [{"Key": key} for key in requests["Keys"]]
        else:
            named += [inner for request in requests for inner in request.values()]
    if match := PARTITION.search(call.get("KeyConditionExpression", "")):
        named.append({"Key": {"pk": call["ExpressionAttributeValues"][match[1]]}})
    keys = [each.get("Key") or each.get("Item") or {} for each in named]
    return [key["pk"]["S"] for key in keys if "pk" in key]


def _named(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The item of an `INSERT … VALUE {'pk': ?, …}`, or what an `… WHERE pk = ? AND …` asks for."""
    text = statement["Statement"]
    names = FIELD.findall(text) or ASKED.findall(text.partition(" WHERE ")[2])
    return {"Item": dict(zip(names, statement.get("Parameters", []), strict=False))}


def write_down(file: str) -> None:
    """Notes, a line each: who asked, for which action, on what, and whether it was denied."""
    evaluator: Any = import_module("ministack.core.iam_evaluator")
    known = evaluator.enforce

    def enforce(access_key: str, action: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        denied = known(access_key, action, *rest, **named)
        caller = evaluator._request_caller_arn.get()  # noqa: SLF001 - told nowhere else
        line = [caller, action, named.get("resource_arn", "*"), denied is not None]
        with Path(file).open("a") as lines:
            lines.write(json.dumps(line) + "\n")
        return denied

    evaluator.enforce = enforce
