"""Reads synthesised templates in the words of the tests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any
Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """The resources of a stack by their logical ids."""

    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Template":
        """The template in a file."""
        content = json.loads(path.read_text())
        return cls(content["Resources"], content.get("Outputs", {}))

    def of(self, kind: str) -> dict[str, Properties]:
        """The properties of every resource of a type, `AWS::SQS::Queue` say."""
        return {
            name: each.get("Properties", {})
            for name, each in self.resources.items()
            if each["Type"] == kind
        }

    def functions(self) -> dict[str, Properties]:
        """Functions by what they are called here: `receive`, `pull-shopify-eu`."""
        found = self.of("AWS::Lambda::Function").values()
        return {each["Environment"]["Variables"]["SLUICE_FUNCTION"]: each for each in found}

    def function_ids(self) -> dict[str, str]:
        """Logical id → what the function is called."""
        return {
            name: each["Environment"]["Variables"]["SLUICE_FUNCTION"]
            for name, each in self.of("AWS::Lambda::Function").items()
        }

    def grants(self, function: str) -> list["Grant"]:
        """What a function's role allows, statement by statement."""
        role = points_to(self.functions()[function]["Role"])
        return [
            Grant.read(statement)
            for policy in self.of("AWS::IAM::Policy").values()
            if role in [points_to(each) for each in policy["Roles"]]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def able_to(self, action: str, on: str = "") -> set[str]:
        """The functions that may do this on a resource whose name contains `on`."""
        return {
            function
            for function in self.functions()
            for grant in self.grants(function)
            if action in grant.actions and any(on in each for each in grant.resources)
        }


@dataclass(frozen=True)
class Grant:
    """A statement of a role's policy."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]

    @classmethod
    def read(cls, statement: Mapping[str, Any]) -> "Grant":
        """From the policy document."""
        assert statement["Effect"] == "Allow"
        return cls(
            tuple(_listed(statement["Action"])),
            tuple(text(each) for each in _listed(statement["Resource"])),
            statement.get("Condition", {}),
        )


def _listed(value: Json) -> Iterator[Json]:
    yield from value if isinstance(value, list) else [value]


def points_to(value: Json) -> str:
    """The logical id (or export) that a value refers to; a plain string is itself."""
    match value:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)} | {"Fn::ImportValue": str(name)}:
            return name
        case str():
            return value
    message = f"not a reference: {value}"
    raise AssertionError(message)


def text(value: Json) -> str:
    """A value as text, references as `${name}`."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(joint), list(parts)]}:
            return joint.join(text(part) for part in parts)
        case dict():
            return f"${{{points_to(value)}}}"
    return str(value)
