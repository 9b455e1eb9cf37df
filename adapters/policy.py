"""The policy in force: adopted as a version by its hash, not by a deploy."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from adapters.table import ABSENT, Conflict, Key, Table, Write
from rules.normalise import NORMALISER as TODAY
from rules.policy import version_of
from schemas.errors import Misconfigured
from schemas.policy import Policy

CURRENT = Key("POLICY", "CURRENT")
NORMALISER = Key("POLICY", "NORMALISER")
KEPT_SECONDS = 60.0


@dataclass(slots=True)
class PolicyShelf:
    """Reads the current policy at most once a minute."""

    table: Table
    clock: Callable[[], float]
    _held: tuple[float, str, Policy] | None = field(default=None)

    def current(self) -> tuple[str, Policy]:
        """Version and policy; without one nothing may run, so it is `Misconfigured`."""
        if self._held is None or self.clock() - self._held[0] > KEPT_SECONDS:
            self._held = (self.clock(), *read(self.table))
        return self._held[1], self._held[2]


def read(table: Table) -> tuple[str, Policy]:
    """The policy in force, strongly consistent."""
    pointer = table.get(CURRENT)
    row = table.get(Key("POLICY", str(pointer["hash"]))) if pointer else None
    if not row:
        raise Misconfigured("no policy is adopted: ./sluice policy adopt policy.yaml")
    policy = Policy.model_validate_json(str(row["data"]))
    return str(row["sk"]), policy


def several(table: Table, versions: Iterable[str]) -> tuple[Policy, ...]:
    """Policies that were in force once; each is kept under its version for good."""
    places = [Key("POLICY", version) for version in dict.fromkeys(versions)]
    found = table.get_many(places)
    return tuple(Policy.model_validate_json(str(found[place]["data"])) for place in places)


def normaliser(table: Table) -> str:
    """Which normaliser read what is in the graph, to the last record."""
    row = table.get(NORMALISER)
    return str(row["version"]) if row else "1"


def normalised(table: Table, version: str) -> None:
    """All of the graph follows this normaliser."""
    table.write(Write("put", NORMALISER, {"version": version}))


def first(table: Table, policy: Policy, at: str) -> str:
    """The version in force; this policy's where none was."""
    try:
        return read(table)[0]
    except Misconfigured:
        normalised(table, TODAY)  # first: without a policy nothing was read yet
        return adopt(table, policy, at)


def adopt(table: Table, policy: Policy, at: str) -> str:
    """Keeps the policy under its hash and makes it the one in force; repeats are harmless."""
    version = version_of(policy)
    body = {"data": policy.model_dump_json(exclude_defaults=True), "at": at}
    with suppress(Conflict):
        table.write(Write("put", Key("POLICY", version), body, condition=ABSENT))
    table.write(Write("put", CURRENT, {"hash": version, "at": at}))
    return version
