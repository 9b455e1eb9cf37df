"""A table's rows and writes as values, so that rules can say what to store without storing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Value = str | int | bytes | bool | frozenset[str]
Item = Mapping[str, Value]


class Key(NamedTuple):
    """A row's place."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression; `#name` stands for the attribute `name`."""

    expression: str
    values: Mapping[str, Value] = field(default_factory=dict)


ABSENT: Final = Condition("attribute_not_exists(#pk)")
PRESENT: Final = Condition("attribute_exists(#pk)")


def version_is(version: int) -> Condition:
    """The item is still the one that was read; 0 means that there was none."""
    return Condition("#v = :seen", {":seen": version}) if version else ABSENT


@dataclass(frozen=True, slots=True)
class Write:
    """One write. An `update` sets, removes and adds (numbers, or members of string sets)."""

    kind: Literal["put", "update", "delete", "check"]
    key: Key
    item: Item = field(default_factory=dict)
    add: Item = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: Condition | None = None


class Conflict(Exception):
    """Something moved since it was read. Nothing of the write or transaction took effect.

    `failed` are the positions whose conditions did not hold, when the engine said so.
    """

    def __init__(self, failed: tuple[int, ...] = ()) -> None:
        super().__init__("conflict")
        self.failed = failed


def key_of(item: Item) -> Key:
    """Where an item is."""
    return Key(str(item["pk"]), str(item["sk"]))
