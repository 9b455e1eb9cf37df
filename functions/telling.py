"""One identifier at one destination, under its lease: decide, send or not, enter it."""

from dataclasses import dataclass, replace
from typing import Final

from adapters.ledger import LEASE, Claim
from connectors.contract import Outcome, Push, Upsert
from functions.fence import HOLDS_SECONDS, Changed, Fence
from functions.office import Errand, Office
from functions.turn import Turn
from rules import delivery, emptying, gate
from rules.delivery import Addressee, Content, Person
from schemas.decision import BINDING, Decision, DeliveryRow, Reason
from schemas.errors import BadRecord, Misconfigured, RetryLater

MARGIN_SECONDS: Final = 20.0
"""The end of the lease, kept for the request that was begun last."""
ATTEMPTS: Final = 3
NOTHING: Final = Content({}, {}, ())


@dataclass(frozen=True, slots=True)
class Telling:
    """`upsert` is false where only withdrawals are to be passed on; `barred` says why there is no
    identifier that the destination could use.
    """

    office: Office
    errand: Errand
    addressee: Addressee
    upsert: bool = True
    barred: Reason | None = None

    def run(self, person: Person, issued: float) -> bool:
        """Under the lease, as it is now. Whether the destination's list had the identifier.

        `issued` is the monotonic time at which the island was read.
        """
        office = self.office
        lease_until = office.clock() + LEASE.total_seconds() - MARGIN_SECONDS
        claim = office.ledger.claim(self.addressee.key, office.token(), office.now())
        if self._stands(claim):
            office.ledger.release(claim)
            return True
        turn: Turn | None = None
        try:
            for _ in range(ATTEMPTS):
                until = min(issued + HOLDS_SECONDS, lease_until)
                fence = Fence(office.clock, self._anew, self._decide(person), until, lease_until)
                turn = Turn(claim, person, fence)
                if self._acted(turn):
                    return claim.row is not None
                claim = replace(claim, unclean=turn.unclean)
                issued, person = office.clock(), self._person()
            raise _restless()
        except (RetryLater, Misconfigured) as error:
            self._put_off(claim, turn, error)
            raise

    def _stands(self, claim: Claim) -> bool:
        """Whether it was refused, and nothing changed that could lift that."""
        row, policy = claim.row, self.office.book.version
        if row is None or claim.unclean or self.errand.decisive:
            return False
        return delivery.stands(row, policy)

    def _person(self) -> Person:
        person = self.office.reader.person(self.errand.customer, self.errand.version)
        if person is None:
            message = "the customer was merged or erased meanwhile"
            raise RetryLater(message, 1.0)
        return person

    def _anew(self) -> Decision:
        return self._decide(self._person())

    def _decide(self, person: Person) -> Decision:
        office = self.office
        if self.barred:
            rule = office.book.policy.destinations.get(office.name)
            purpose = rule.purpose if rule else ""
            return gate.deny(office.book, self.barred, office.now(), purpose)
        scopes = delivery.scopes(self.addressee, office.reader.said(person, self.addressee))
        return gate.decide(office.book, office.name, scopes, delivery.EVERYTHING, office.now())

    def _acted(self, turn: Turn) -> bool:
        """False when the decision changed before it could be acted on."""
        try:
            if not turn.decision.permitted:
                self._withhold(turn)
            elif self.upsert:
                self._tell(turn)
            else:
                self.office.ledger.release(turn.claim)
        except Changed:
            return False
        return True

    def _tell(self, turn: Turn) -> None:
        """Sends the cleared fields, unless the destination has just them already."""
        office, row = self.office, turn.claim.row
        what = self._content(turn)
        whole = emptying.emptied(what, turn.told, turn.decision, self.addressee)
        digest = delivery.digest(office.pepper, what.traits, what.facts, what.external_ids)
        live = office.destination.mode == "live"
        done, empties = "sent" if live else "shadow", live and whole != what
        same = row is not None and (row.outcome, row.digest) == (done, digest)
        if same and not empties and not turn.claim.unclean:
            office.ledger.release(turn.claim)
            return
        if not live:
            self._enter(turn, outcome="shadow", digest=digest, held=turn.held)
            return
        push = office.connector.push(office.destination, self._change(turn, whole))
        outcome = self._push(push, turn.fence)
        sent = outcome.status == "sent"
        there = emptying.fields_there(what, turn.told, turn.decision)
        self._enter(
            turn,
            outcome=outcome.status,
            evidence=outcome.evidence,
            digest=digest if sent else "",
            held=sent or turn.held,
            stopped=turn.stopped and not sent,
            told=there if sent else turn.told,
        )

    def _content(self, turn: Turn) -> Content:
        own = self.office.own_sources
        return delivery.content(turn.person, self.addressee, turn.decision, own)

    def _withhold(self, turn: Turn) -> None:
        """Sends nothing; a destination that holds the person is told to stop."""
        office, row = self.office, turn.claim.row
        if self._must_stop(turn):
            change = self._change(turn, NOTHING)
            push = office.connector.opt_out(office.destination, change)
            outcome = self._push(push, turn.fence)
            if outcome.status == "rejected":
                message = f"{office.name} refuses an opt-out ({outcome.evidence})"
                raise Misconfigured(message)
            ours, said = outcome.status == "sent" or turn.stopped, outcome.evidence
            self._enter(turn, outcome="withheld", evidence=said, opted_out=True, stopped=ours)
        elif (
            row
            and row.outcome == "withheld"
            and _alike(row.decision, turn.decision)
            and (not turn.claim.unclean)
        ):
            office.ledger.release(turn.claim)
        else:
            stopped = row is not None and row.opted_out
            self._enter(turn, outcome="withheld", held=turn.held, opted_out=stopped)

    def _must_stop(self, turn: Turn) -> bool:
        """What was sent is called back; an opt-out also where the system knows the person itself,
        unless it was there that the person opted out. Who was stopped for a reason of our own is
        stopped once more when they say so themselves.
        """
        office, row = self.office, turn.claim.row
        if office.destination.mode != "live" or self.barred or _stopped(row, turn.decision):
            return False
        if turn.held:
            return True
        own = delivery.external_ids(turn.person, self.addressee, office.own_sources)
        said = {each.partition(":")[0] for each in turn.decision.evidence}
        there = bool(own) or turn.stopped
        return there and turn.decision.reason in BINDING and not said & office.own_sources

    def _push(self, push: Push, fence: Fence) -> Outcome:
        try:
            return self.office.http.push(push, fence)
        except BadRecord as error:
            return Outcome("rejected", error.reason)

    def _change(self, turn: Turn, what: Content) -> Upsert:
        office, number = self.office, turn.claim.row.number if turn.claim.row else 0
        said = (office.name, self.addressee.identifier, what.traits, what.facts, number)
        known = delivery.external_ids(turn.person, self.addressee, office.own_sources)
        return Upsert(
            identifier=self.addressee.identifier,
            traits=what.traits,
            facts=what.facts,
            customer=self.errand.customer,
            version=turn.person.profile.version,
            external_ids=known,
            idempotency_key=delivery.digest(office.pepper, *said),
            consented_at=turn.decision.consented_at,
            reason=turn.decision.reason,
            stopped=turn.stopped,
            at=self.errand.at,
        )

    def _row(self, turn: Turn, **fields: object) -> DeliveryRow:
        base = DeliveryRow(
            destination=self.office.name,
            customer=self.errand.customer,
            identifier=turn.claim.identifier,
            version=turn.person.profile.version,
            decision=turn.decision,
            outcome="withheld",
            told=turn.told,
            stopped=turn.stopped,
            number=turn.claim.row.number if turn.claim.row else 0,
            at=self.office.now(),
        )
        return base.model_copy(update=fields)

    def _enter(self, turn: Turn, **fields: object) -> None:
        s = delivery.founder(turn.person, self.office.pepper)
        self.office.ledger.settle(turn.claim, self._row(turn, **fields), s)

    def _put_off(self, claim: Claim, turn: Turn | None, error: RetryLater | Misconfigured) -> None:
        """Nothing went out: as it was. Something may have: the next attempt must know."""
        if not (turn.unclean if turn else claim.unclean):
            self.office.ledger.release(claim)
        elif turn:
            attempts = (claim.row.attempts if claim.row else 0) + 1
            said = {*turn.told, *emptying.fields_in(self._content(turn))}
            row = self._row(turn, outcome="retrying", held=True, attempts=attempts,
                            stopped=turn.stopped or not turn.decision.permitted,
                            told=tuple(sorted(said)), evidence=type(error).__name__)  # fmt: skip
            self.office.ledger.settle(claim, row, None)


def _restless() -> RetryLater:
    return RetryLater("what was said changes faster than it can be passed on", 1.0)


def _stopped(row: DeliveryRow | None, decision: Decision) -> bool:
    """Whether the destination was told to stop, and for no weaker reason than now."""
    if row is None or not row.opted_out:
        return False
    return row.decision.reason in BINDING or decision.reason not in BINDING


def _alike(one: Decision, other: Decision) -> bool:
    """Whether the same was decided, for the same reasons."""
    return (one.reason, one.policy, one.evidence) == (other.reason, other.policy, other.evidence)
