"""The delivery ledger: what each destination was sent, and the lease under which it is sent.

The state of an identifier at a destination is a row of the destination's list, which carries the
lease too, so that two deliveries of one identifier never overlap, whoever its customer is now.
Each change of it is an entry under a subject.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.leases import ATTEMPTS, COME_BACK, LEASE, Lease, Leases, Names
from adapters.table import ABSENT, Condition, Conflict, Item, Key, Table, Write
from rules import listing
from rules.keys import Pepper
from rules.ledger_rows import ENTRIES, data_of, entry_key, named, row_from
from schemas.decision import DeliveryRow
from schemas.errors import RetryLater
from schemas.graph import IdentifierKey, SubjectKey

__all__ = ["COME_BACK", "LEASE", "Claim", "Ledger", "entries", "entry_key", "totals"]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to deliver one identifier. `row` is its last state. `unclean`: whoever held the
    lease before never gave it back, so nobody knows what it sent.
    """

    key: Key
    holder: str
    identifier: IdentifierKey
    """The name that the state has."""
    entered: Names
    """Its names: the one to enter what became of it under, then the other, if there is one."""
    row: DeliveryRow | None
    unclean: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one destination."""

    table: Table
    destination: str
    pepper: Pepper

    def claim(self, identifier: IdentifierKey, holder: str, now: datetime) -> Claim:
        """The lease and the last state, in one write; `RetryLater` while somebody else has it."""
        name, names, before = self._leases.take(identifier, Lease(holder, now))
        place, entered = self._leases.place(name), self._entering(names, name)
        return Claim(place, holder, name, entered, row_from(before), "until" in before)

    def settle(self, claim: Claim, row: DeliveryRow, s: SubjectKey | None) -> DeliveryRow:
        """Enters what became of it under a subject, then gives the lease back with the new state.

        A repeat after a crash in between finds its own entry and adds none.
        """
        if s is not None:
            row = self._enter(row, s, claim.entered)
        item: Item = {
            "data": data_of(row),
            "outcome": row.outcome,
            "reason": row.decision.reason,
            "customer": row.customer,
        }
        self._return(claim, Write("put", claim.key, item, condition=_held_by(claim)))
        return row

    def release(self, claim: Claim) -> None:
        """Gives the lease back; the state is what it was, or none."""
        if claim.row is None:
            self._return(claim, Write("delete", claim.key, condition=_held_by(claim)))
            return
        gone = ("until", "holder")
        self._return(claim, Write("update", claim.key, remove=gone, condition=_held_by(claim)))

    def states(self, identifiers: Iterable[IdentifierKey]) -> dict[IdentifierKey, DeliveryRow]:
        """The states of those identifiers that have one; a moment old at most."""
        names = {each: self._leases.names(each) for each in identifiers}
        found = self._leases.read(names.values())
        rows = {each: row_from(found[n]) for each in names for n in names[each] if n in found}
        return {identifier: row for identifier, row in rows.items() if row}

    def forget(self, seen: DeliveryRow) -> None:
        """Takes a state off the list that says nothing any more, unless it changed since."""
        same = Condition("attribute_not_exists(#until) AND #data = :data", {":data": data_of(seen)})
        try:
            self.table.write(Write("delete", self._leases.place(seen.identifier), condition=same))
        except Conflict:
            return

    @property
    def _leases(self) -> Leases:
        return Leases(self.table, self.destination, self.pepper)

    def _entering(self, names: Names, there: IdentifierKey) -> Names:
        """No entry gets a former name once the sweep may have gone by its subject."""
        first = names[-1] if self.pepper.begun else there
        return first, *(name for name in names if name != first)

    def _enter(self, row: DeliveryRow, s: SubjectKey, names: Names) -> DeliveryRow:
        """Its number is the next that is free under all names."""
        while True:
            row = row.model_copy(update={"number": row.number + 1})
            found = self._entered([named(row, name) for name in names], s)
            if found is None or _said(found) == _said(row):
                return row

    def _entered(self, rows: Sequence[DeliveryRow], s: SubjectKey) -> DeliveryRow | None:
        """Enters the first, unless any of them is there; answered by what is."""
        places = [entry_key(row, s) for row in rows]
        put = Write("put", places[0], {"data": data_of(rows[0])}, condition=ABSENT)
        checks = [Write("check", place, condition=ABSENT) for place in places[1:]]
        for _ in range(ATTEMPTS):
            try:
                self._put(put, checks)
            except Conflict:
                for item in self.table.get_many(places).values():
                    return row_from(item)
            else:
                return None
        raise RetryLater("others keep writing the same entry", COME_BACK)

    def _put(self, put: Write, checks: Sequence[Write]) -> None:
        """One that depends on nothing else needs no transaction, which costs twice."""
        if checks:
            self.table.transact([put, *checks])
        else:
            self.table.write(put)

    def _return(self, claim: Claim, write: Write) -> None:
        """A move of the row that fails for the lease may be in the way while it does."""
        for _ in range(ATTEMPTS):
            try:
                self.table.write(write)
            except Conflict:
                if (self.table.get(claim.key) or {}).get("holder") != claim.holder:
                    break
            else:
                return
        raise RetryLater("the lease passed on to another delivery", COME_BACK)


def entries(table: Table, s: SubjectKey, destination: str = "") -> Iterator[DeliveryRow]:
    """What the ledger says about a subject, the oldest first for each name of an identifier."""
    begins = f"{ENTRIES}{destination}#" if destination else ENTRIES
    for item in table.all(f"S#{s}", begins):
        row = row_from(item)
        if row:
            yield row


def totals(table: Table, destination: str) -> Counter[tuple[str, str]]:
    """How many identifiers are in which (outcome, reason)."""
    partitions = listing.partitions(listing.deliveries(destination))
    rows = (row for pk in partitions for row in table.all(pk, consistent=False))
    return Counter((str(r["outcome"]), str(r["reason"])) for r in rows if "outcome" in r)


def _held_by(claim: Claim) -> Condition:
    return Condition("#holder = :holder", {":holder": claim.holder})


def _said(row: DeliveryRow) -> tuple[object, ...]:
    """What happened, at whatever moment."""
    decision = row.decision
    return (
        row.customer, row.outcome, row.digest, row.opted_out,
        decision.permitted, decision.reason, decision.policy, decision.fields, decision.evidence,
    )  # fmt: skip
