"""A circuit per system: after enough failures in a row nobody calls it for a while.

Kept in the instance, and in one row that other instances look at now and then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from adapters.table import Key, Table, Write
from schemas.errors import RetryLater

FAILURES: Final = 5
OPEN_SECONDS: Final = 30
LONGEST_SECONDS: Final = 600
LOOK_SECONDS: Final = 30.0


def key(system: str, address: str = "") -> Key:
    """Where the row of a system's circuit is: one that moved to another address begins anew."""
    return Key(f"SYS#{system}", f"CIRCUIT#{sha256(address.encode()).hexdigest()[:12]}")


@dataclass(slots=True)
class Circuit:
    """Closed, open until `until` (epoch seconds), or half open: one call tries, the rest wait.

    `table` is none where no other instance can be (tools). `wall` is epoch seconds.
    """

    system: str
    wall: Callable[[], float]
    table: Table | None = None
    failures: int = 0
    until: int = 0
    opened: int = 0
    looked_at: float = 0.0
    address: str = ""

    def check(self) -> None:
        """`RetryLater` while it is open."""
        now = self.wall()
        if now - self.looked_at >= LOOK_SECONDS:
            self._look(now)
        if now < self.until:
            message = f"{self.system} did not answer: asked again in {self.until - now:.0f} s"
            raise RetryLater(message, self.until - now)

    def succeeded(self) -> None:
        """The system answers."""
        if self.opened and self.table:
            self.table.write(Write("delete", key(self.system, self.address)))
        self.failures = self.until = self.opened = 0

    def failed(self) -> None:
        """The system did not answer, or said that it is broken.

        After it was open, one failure is enough to open it again, for twice as long.
        """
        self.failures += 1
        if self.failures < FAILURES and not self.opened:
            return
        seconds = min(LONGEST_SECONDS, OPEN_SECONDS * 2**self.opened)
        self.until = int(self.wall()) + seconds
        self.opened += 1
        self.failures = 0
        if self.table:
            item = {"until": self.until, "opened": self.opened, "expires": self.until + 86_400}
            self.table.write(Write("put", key(self.system, self.address), item))

    def _look(self, now: float) -> None:
        self.looked_at = now
        row = (
            self.table.get(key(self.system, self.address), consistent=False) if self.table else None
        )
        if row and int(str(row["until"])) > self.until:
            self.until, self.opened = int(str(row["until"])), int(str(row["opened"]))
