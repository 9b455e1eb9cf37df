"""The stage that a change of the pepper is at: one row, and what every process holds of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.secrets import Secrets
from adapters.table import ABSENT, Condition, Key, Table, Write
from rules.keys import Pepper
from rules.peppers import pepper
from schemas.errors import Misconfigured
from schemas.rekeying import RekeyView

PLACE: Final = Key("POLICY", "REKEY")
SECRET: Final = ("pepper", "graph")
KEPT_SECONDS: Final = 60.0


def read(table: Table) -> RekeyView | None:
    """How far it is; none where there was never another pepper. Strongly consistent."""
    row = table.get(PLACE)
    return RekeyView.model_validate_json(str(row["data"])) if row else None


def keep(
    table: Table, before: RekeyView | None, after: RekeyView, beside: Sequence[Write] = ()
) -> None:
    """`Conflict` when another has taken it further than `before`, or what is `beside` fails."""
    condition = unchanged(before).condition
    put = Write("put", PLACE, {"data": after.model_dump_json()}, condition=condition)
    if beside:
        table.transact([put, *beside])
    else:
        table.write(put)


def unchanged(view: RekeyView | None) -> Write:
    """A check that it is as far as it was."""
    said = view and view.model_dump_json()
    same = Condition("#data = :data", {":data": said}) if said else ABSENT
    return Write("check", PLACE, condition=same)


def held(secrets: Secrets, made: Callable[[Mapping[str, str]], Pepper]) -> Pepper:
    """What is made of the secret, which is read again when it lacks what was added just now."""
    try:
        return made(secrets.get(*SECRET))
    except Misconfigured:
        secrets.forget(*SECRET)
        return made(secrets.get(*SECRET))


@dataclass(slots=True)
class PepperShelf:
    """Reads the stage at most once a minute, as the policy is read: so two processes are never
    more than one stage apart.
    """

    table: Table
    secrets: Secrets
    clock: Callable[[], float]
    _kept: tuple[float, Pepper] | None = field(default=None)

    def current(self) -> Pepper:
        """The peppers in use."""
        if self._kept is None or self.clock() - self._kept[0] > KEPT_SECONDS:
            asked, view = self.clock(), read(self.table)
            self._kept = (asked, held(self.secrets, lambda found: pepper(found, view)))
        return self._kept[1]
