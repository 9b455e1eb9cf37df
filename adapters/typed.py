"""Items and writes in DynamoDB's typed JSON, and back."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from schemas.rows import Item, Key, Value, Write


def encode_value(value: Value) -> dict[str, Any]:
    """A value in DynamoDB's typed JSON."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": b64encode(value).decode()}
        case frozenset():
            return {"SS": sorted(value)}
        case str():
            return {"S": value}


def decode_value(typed: Mapping[str, Any]) -> Value:
    """A value from DynamoDB's typed JSON."""
    ((kind, value),) = typed.items()
    match kind:
        case "N":
            return int(value)
        case "B":
            return b64decode(value)
        case "SS":
            return frozenset(value)
        case _:
            return bool(value) if kind == "BOOL" else str(value)


def encode(item: Item) -> dict[str, Any]:
    """An item in DynamoDB's typed JSON; empty sets are left out, as DynamoDB has none."""
    return {name: encode_value(value) for name, value in item.items() if value != frozenset()}


def decode(raw: Mapping[str, Any]) -> Item:
    """An item from DynamoDB's typed JSON (as stream records carry it, too)."""
    return {name: decode_value(value) for name, value in raw.items()}


def encode_key(key: Key) -> dict[str, Any]:
    """A key in DynamoDB's typed JSON."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def write_payload(write: Write) -> dict[str, Any]:
    """The body of a write, for a call of its own or within a transaction."""
    names: dict[str, str] = {}
    values: dict[str, Value] = {}
    payload: dict[str, Any] = {}
    if write.kind == "put":
        payload["Item"] = encode({**write.item, "pk": write.key.pk, "sk": write.key.sk})
    else:
        payload["Key"] = encode_key(write.key)
    if write.kind == "update":
        payload["UpdateExpression"] = _update_expression(write, names, values)
    if write.condition:
        payload["ConditionExpression"] = write.condition.expression
        names |= _names_in(write.condition.expression)
        values |= write.condition.values
    if names:
        payload["ExpressionAttributeNames"] = names
    if values:
        payload["ExpressionAttributeValues"] = {k: encode_value(v) for k, v in values.items()}
    return payload


def batch_entry(write: Write) -> dict[str, Any]:
    """A put or a delete in a batch, where none can have a condition."""
    if write.kind == "put":
        return {"PutRequest": {"Item": write_payload(write)["Item"]}}
    return {"DeleteRequest": {"Key": encode_key(write.key)}}


def _names_in(expression: str) -> dict[str, str]:
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def _update_expression(write: Write, names: dict[str, str], values: dict[str, Value]) -> str:
    parts = []
    for verb, items, joint in (("SET", write.item, " = "), ("ADD", write.add, " ")):
        terms = []
        for name, value in items.items():
            place = f"{len(names)}"
            names[f"#n{place}"] = name
            values[f":n{place}"] = value
            terms.append(f"#n{place}{joint}:n{place}")
        if terms:
            parts.append(f"{verb} {', '.join(terms)}")
    if write.remove:
        gone = {f"#r{index}": name for index, name in enumerate(write.remove)}
        names |= gone
        parts.append(f"REMOVE {', '.join(gone)}")
    return " ".join(parts)


def key_condition(pk: str, begins: str, until: str = "") -> dict[str, Any]:
    """The rows of a partition whose sort key begins so, or is not beyond `until`."""
    values: dict[str, Any] = {":pk": {"S": pk}}
    expression = "pk = :pk"
    if begins:
        expression += " AND begins_with(sk, :sk)"
        values[":sk"] = {"S": begins}
    elif until:
        expression += " AND sk <= :sk"
        values[":sk"] = {"S": until}
    return {"KeyConditionExpression": expression, "ExpressionAttributeValues": values}


def insertion(table: str, item: Item) -> dict[str, Any]:
    """A PartiQL statement that puts an item unless it exists."""
    typed = encode(item)
    fields = ", ".join(f"'{name}': ?" for name in typed)
    return {
        "Statement": f'INSERT INTO "{table}" VALUE {{{fields}}}',
        "Parameters": list(typed.values()),
    }


def removal(table: str, name: str, key: Key, version: int) -> dict[str, Any]:
    """A PartiQL statement that takes an attribute off an item that is still at a version."""
    return {
        "Statement": f'UPDATE "{table}" REMOVE {name} WHERE pk = ? AND sk = ? AND v = ?',
        "Parameters": [{"S": key.pk}, {"S": key.sk}, {"N": str(version)}],
    }
