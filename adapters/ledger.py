"""The delivery ledger: what each destination was sent, and the lease under which it is sent.

The state of an identifier at a destination is a row of the destination's list, which carries the
lease too, so that two deliveries of one identifier never overlap, whoever its customer is now.
Each change of it is an entry under a subject: `S#<s>` / `D#<destination>#<identifier>#<number>`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.table import ABSENT, Condition, Conflict, Item, Key, Table, Write
from rules import listing
from schemas.decision import DeliveryRow
from schemas.errors import RetryLater
from schemas.graph import IdentifierKey, SubjectKey

LEASE: Final = timedelta(seconds=45)
COME_BACK: Final = 5.0
FREE: Final = Condition("attribute_not_exists(#until) OR #until < :now")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to deliver one identifier. `row` is its last state. `unclean`: whoever held the
    lease before never gave it back, so nobody knows what it sent.
    """

    key: Key
    holder: str
    identifier: IdentifierKey
    row: DeliveryRow | None
    unclean: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one destination."""

    table: Table
    destination: str

    def claim(self, identifier: IdentifierKey, holder: str, now: datetime) -> Claim:
        """The lease and the last state, in one write; `RetryLater` while somebody else has it."""
        key = self._place(identifier)
        item: Item = {"until": _ms(now + LEASE), "holder": holder}
        free = Condition(FREE.expression, {":now": _ms(now)})
        try:
            before = self.table.exchange(Write("update", key, item, condition=free))
        except Conflict as error:
            message = "another delivery of the same identifier is under way"
            raise RetryLater(message, COME_BACK) from error
        return Claim(key, holder, identifier, _row(before), "until" in before)

    def settle(self, claim: Claim, row: DeliveryRow, s: SubjectKey | None) -> DeliveryRow:
        """Enters what became of it under a subject, then gives the lease back with the new state.

        A repeat after a crash in between finds its own entry and adds none.
        """
        if s is not None:
            row = self._enter(row, s)
        item: Item = {
            "data": row.model_dump_json(exclude_defaults=True),
            "outcome": row.outcome,
            "reason": row.decision.reason,
            "customer": row.customer,
        }
        self._return(Write("put", claim.key, item, condition=_held_by(claim)))
        return row

    def release(self, claim: Claim) -> None:
        """Gives the lease back; the state is what it was, or none."""
        if claim.row is None:
            self._return(Write("delete", claim.key, condition=_held_by(claim)))
            return
        gone = ("until", "holder")
        self._return(Write("update", claim.key, remove=gone, condition=_held_by(claim)))

    def states(self, identifiers: Iterable[IdentifierKey]) -> dict[IdentifierKey, DeliveryRow]:
        """The states of those identifiers that have one; a moment old at most."""
        places = {self._place(each): each for each in identifiers}
        found = self.table.get_many(list(places), consistent=False) if places else {}
        rows = {places[key]: _row(item) for key, item in found.items()}
        return {identifier: row for identifier, row in rows.items() if row}

    def forget(self, identifier: IdentifierKey) -> None:
        """Takes a state off the list that says nothing any more; a lease on it is respected."""
        free = Condition("attribute_not_exists(#until)")
        try:
            self.table.write(Write("delete", self._place(identifier), condition=free))
        except Conflict:
            return

    def totals(self) -> Counter[tuple[str, str]]:
        """How many identifiers are in which (outcome, reason)."""
        partitions = listing.partitions(listing.deliveries(self.destination))
        rows = (row for pk in partitions for row in self.table.all(pk, consistent=False))
        return Counter((str(r["outcome"]), str(r["reason"])) for r in rows if "outcome" in r)

    def _enter(self, row: DeliveryRow, s: SubjectKey) -> DeliveryRow:
        while True:
            row = row.model_copy(update={"number": row.number + 1})
            key = entry_key(row, s)
            item: Item = {"data": row.model_dump_json(exclude_defaults=True)}
            try:
                self.table.write(Write("put", key, item, condition=ABSENT))
            except Conflict:
                found = self.table.get(key)
                if found and _same(_row(found), row):
                    return row
            else:
                return row

    def _return(self, write: Write) -> None:
        try:
            self.table.write(write)
        except Conflict as error:
            message = "the lease passed on to another delivery"
            raise RetryLater(message, COME_BACK) from error

    def _place(self, identifier: IdentifierKey) -> Key:
        return listing.place(listing.deliveries(self.destination), identifier)


def entry_key(row: DeliveryRow, s: SubjectKey) -> Key:
    """Where an entry of the ledger is."""
    return Key(f"S#{s}", f"D#{row.destination}#{row.identifier}#{row.number:06}")


def entries(table: Table, s: SubjectKey, destination: str = "") -> Iterator[DeliveryRow]:
    """What the ledger says about a subject, the oldest first for each identifier."""
    begins = f"D#{destination}#" if destination else "D#"
    for item in table.all(f"S#{s}", begins):
        row = _row(item)
        if row:
            yield row


def _row(item: Item) -> DeliveryRow | None:
    return DeliveryRow.model_validate_json(str(item["data"])) if "data" in item else None


def _held_by(claim: Claim) -> Condition:
    return Condition("#holder = :holder", {":holder": claim.holder})


def _same(one: DeliveryRow | None, other: DeliveryRow) -> bool:
    """Whether two entries say the same thing happened, at whatever moment."""
    return one is not None and _said(one) == _said(other)


def _said(row: DeliveryRow) -> tuple[object, ...]:
    decision = row.decision
    return (
        row.customer, row.outcome, row.digest, row.opted_out,
        decision.permitted, decision.reason, decision.policy, decision.fields, decision.evidence,
    )  # fmt: skip


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
