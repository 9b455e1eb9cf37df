"""One attempt at telling a destination something: what was decided, and what it had from us."""

from dataclasses import dataclass

from adapters.ledger import Claim
from functions.fence import Fence
from rules.delivery import Person
from schemas.decision import Decision


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision and what it is acted on with."""

    claim: Claim
    person: Person
    fence: Fence

    @property
    def decision(self) -> Decision:
        """What was decided."""
        return self.fence.decision

    @property
    def unclean(self) -> bool:
        """Whether something may have been sent that the ledger does not know of."""
        return self.claim.unclean or self.fence.begun

    @property
    def held(self) -> bool:
        """Whether the destination may hold something from us."""
        return self.claim.unclean or (self.claim.row is not None and self.claim.row.held)

    @property
    def stopped(self) -> bool:
        """Whether it may be there as our own opt-out left it."""
        return self.claim.unclean or (self.claim.row is not None and self.claim.row.stopped)

    @property
    def told(self) -> tuple[str, ...]:
        """The fields of which the destination may have a value from us."""
        return self.claim.row.told if self.claim.row else ()
