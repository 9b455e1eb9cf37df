"""Orders of a few people, told version by version."""

from datetime import timedelta
from itertools import count

from rules.resolution import resolve
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_parting import PARTED
from rules.subjects import anonymous
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record
from tests.simulator.histories import PEPPER, RULES, START
from tests.simulator.moving import Watched, turn
from tests.simulator.store import MemoryTable
from tests.simulator.world import run_alone

NAMES = count()
LAWS = Laws(RULES, PEPPER, lambda: f"g{next(NAMES)}", lambda: START)
ADA, BEA = "ada@example.com", "bea@example.com"


def order(
    who: str,
    *emails: str,
    version: int = 1,
    number: int = 7,
    minor: int = 990,
    movable: bool = True,
) -> Received:
    """An order of a customer of the shop, or of a guest, who is the addresses that they gave."""
    claims = tuple(Claim(identifier=Identifier(type="email", value=each)) for each in emails)
    guest = anonymous("shop", claims) if who == "guest" else None
    observation = Observation(
        subject=guest or Subject(source="shop", object="customer", id=who, created_at=START),
        record=Record(
            kind="order" if movable else "fixed",
            id=str(number),
            version=(START + timedelta(hours=version)).isoformat(),
            occurred_at=START,
        ),
        claims=claims,
        interaction=Interaction(
            kind="order", title="Lamp", amount=Money(minor=minor, currency="EUR")
        ),
    )
    return Received(observation, START, movable=movable)


def s_of(received: Received) -> str:
    """The key of whom it is about."""
    return prepare(received, PEPPER, RULES).s


def resolved(table: Watched, *received: Received) -> None:
    """In one batch, without a fault."""
    run_alone(resolve(received, LAWS), table, MemoryTable())


def settled(table: Watched) -> None:
    """Some turns of the clock, after which nobody waits."""
    for number in range(1, 5):
        run_alone(turn(number, LAWS), table, MemoryTable())
    assert not table.query(PARTED, "")
