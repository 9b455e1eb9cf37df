"""What a customer that falls apart leaves behind: each part keeps what restricted the whole.

A withdrawal of one part is repeated for the founder of each other part, later than all that was
said before, so that no decision about a part is looser than it was about the whole. One made about
an address binds that address and whoever carries it; only what was meant for every channel, or for
every purpose, binds the other parts too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, get_args

from rules.consent import EVERYTHING, state_of
from schemas.graph import ConsentRow, SubjectKey
from schemas.observation import Channel

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
METHOD: Final = "kept at the split of"
EVER: Final = datetime.max.replace(tzinfo=UTC)

Said = Mapping[str, tuple[ConsentRow, ...]]
"""Address or subject → what was said about it or by it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the customers that a customer becomes; `founder` is one of its subjects."""

    subjects: frozenset[SubjectKey]
    addresses: frozenset[str]
    founder: SubjectKey

    def holds(self, about: str) -> bool:
        """Whether what was said about this binds it by itself."""
        return about in self.subjects or about in self.addresses


def kept(
    parts: Iterable[Part], said: Said, at: datetime
) -> tuple[tuple[SubjectKey, ConsentRow], ...]:
    """The rows to write, and for whom; none once they are written. `at` is when it fell apart."""
    found: dict[tuple[SubjectKey, ConsentRow], None] = {}
    for part in parts:
        for row, channel in _foreign(part, said, at):
            if not _refuses(part, said, row.purpose, channel):
                found[part.founder, _repeated(row, said.get(part.founder, ()), at)] = None
    return tuple(found)


def method(at: datetime) -> str:
    """Of the rows that a split keeps: the split's own are not passed on by it."""
    return f"{METHOD} {at.isoformat()}"


def _foreign(part: Part, said: Said, at: datetime) -> Iterator[tuple[ConsentRow, Channel]]:
    """The withdrawals that hold elsewhere in the whole, by the channel that they hold on."""
    for about, rows in sorted(said.items()):
        if part.holds(about):
            continue
        own = [row for row in rows if row.method != method(at)]
        for purpose in sorted({row.purpose for row in own}):
            for channel in CHANNELS:
                found = state_of(own, purpose, channel, at)
                if found.state == "withdrawn" and _binds(about, found.decisive[0]):
                    yield found.decisive[0], channel


def _binds(about: str, row: ConsentRow) -> bool:
    return "#" not in about or row.channel == "any" or row.purpose == EVERYTHING


def _refuses(part: Part, said: Said, purpose: str, channel: Channel) -> bool:
    """By itself, and not only until a grant that is dated into the future."""
    scopes = (said.get(s, ()) for s in part.subjects)
    return any(state_of(rows, purpose, channel, EVER).state == "withdrawn" for rows in scopes)


def _repeated(row: ConsentRow, there: Iterable[ConsentRow], at: datetime) -> ConsentRow:
    times = (each.effective_at for each in there if each.purpose == row.purpose)
    latest = max((at, row.effective_at, *times))
    return row.model_copy(update={"effective_at": latest, "method": method(at)})
