"""What the parts of a customer that fell apart take along: pure, from bonds and what was said.

Each part takes what stood for the others at that time: what they had said themselves, and what
they had taken along before. A grant lifts it when it is given later, and by somebody of the part:
by those who stayed together since. What a subject took along is a scope like its own, in which no
grant speaks for an address, so that neither merges nor splits loosen a decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

from rules.consent import EVERYTHING, ConsentRows, state_of
from schemas.bonds import Bond
from schemas.graph import ConsentRow, SubjectKey
from schemas.observation import Channel

BOND: Final = "bond"
MOST: Final = 1024
"""Subjects and addresses whose events are read for one decision."""
UNDER_WAY: Final = timedelta(minutes=5)
"""From planning a write to its commit: no invocation lasts longer, nor do clocks differ by more."""
EVER: Final = datetime.max.replace(tzinfo=UTC)
NEVER: Final = datetime.min.replace(tzinfo=UTC)
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)


@dataclass(frozen=True, slots=True)
class Taken:
    """What `about` had said when it was parted from somebody. `by` can lift it, after `after`."""

    about: str
    events: frozenset[ConsentRow]
    by: frozenset[SubjectKey]
    after: datetime


Lot = dict[tuple[str, frozenset[ConsentRow]], Taken]
"""All that one subject has taken along."""


def reached(bonds: Iterable[Bond], who: frozenset[SubjectKey]) -> frozenset[str]:
    """The subjects and addresses whose events bear on what these took along."""
    return frozenset().union(*(_things(bond) for bond in concerning(bonds, who)))


def concerning(bonds: Iterable[Bond], who: frozenset[SubjectKey]) -> list[Bond]:
    """Those of these subjects, and those of before of whoever they were bound to then."""
    until = dict.fromkeys(who, EVER)
    bonds, found = list(bonds), list[Bond]()
    while True:
        before = len(found)
        for bond in bonds:
            things = _things(bond)
            if any(until[each] >= bond.since for each in things & until.keys()):
                if bond not in found:
                    found.append(bond)
                for each in things:
                    until[each] = max(until.get(each, bond.until), bond.until)
        if len(found) == before:
            return found


def bound(bonds: Iterable[Bond], about: str, at: datetime) -> frozenset[str]:
    """Whom something that was said at a time may bind, itself included."""
    near = [_things(bond) for bond in bonds if bond.until >= at]
    found = frozenset({about})
    while True:
        more = found.union(*(things for things in near if things & found))
        if more == found:
            return found
        found = more


def taken_along(
    bonds: Iterable[Bond], who: frozenset[SubjectKey], said: ConsentRows
) -> dict[str, tuple[ConsentRow, ...]]:
    """Scopes beside those of the customer's own, by a name that says whom they are from."""
    near = concerning(bonds, who)
    lots: defaultdict[SubjectKey, Lot] = defaultdict(dict)
    for bond in _in_time(near):
        _part(lots, bond, who.union(*_holders(bond, near)), said)
    found = dict.fromkeys(each for s in sorted(who) for each in lots[s].values())
    return {f"{BOND} {n} {each.about}": _scope(each, said) for n, each in enumerate(found)}


def sealed() -> dict[str, tuple[ConsentRow, ...]]:
    """Everything is refused to somebody who is bound by more than can be read."""
    row = ConsentRow(
        purpose=EVERYTHING,
        channel="any",
        state="withdrawn",
        effective_at=EVER,
        stated=True,
        source=BOND,
        record="too many",
    )
    return {f"{BOND} 0 *": (row,)}


def is_bond(about: str) -> bool:
    """Whether a scope's name is one of `taken`."""
    return about.startswith(f"{BOND} ")


def known_at(event: ConsentRow) -> datetime:
    """From when it counts for a bond: one dated ahead from when it was heard, as it holds at once;
    one from before that was kept, from ever.
    """
    return min(event.heard_at, event.effective_at) if event.heard_at else NEVER


def for_everything(event: ConsentRow) -> bool:
    """Whether it was meant for more than the one address that it is about."""
    return event.channel == "any" or event.purpose == EVERYTHING


def _in_time(bonds: Sequence[Bond]) -> list[Bond]:
    """Each when it began, when it ended, and whenever another did meanwhile: what is not known of
    the order binds both ways.
    """
    moments = sorted({moment for bond in bonds for moment in (bond.since, bond.until)})
    ordered = sorted(bonds, key=lambda bond: bond.since)
    return [b for moment in moments for b in ordered if b.since <= moment <= b.until]


def _holders(bond: Bond, near: Iterable[Bond]) -> Iterable[frozenset[str]]:
    """Who can hand on what they take along: in another bond, or in this, where it stands for
    several partings, at the next of which it comes back even to who had said it.
    """
    return (
        _things(each)
        for each in near
        if each.until >= bond.since and (each is not bond or bond.until - bond.since > UNDER_WAY)
    )


def _part(
    lots: defaultdict[SubjectKey, Lot], bond: Bond, holders: frozenset[str], said: ConsentRows
) -> None:
    """Everybody of the bond takes along what stood for those of other parts."""
    stood = {each: _stood(each, lots, bond, said) for each in _things(bond)}
    for part in bond.parts:
        together = frozenset(each for each in part if "#" not in each)
        others = [one for each, found in stood.items() if each not in part for one in found]
        for s in together & holders:
            for one in others:
                _take(lots[s], Taken(one.about, one.events, together, bond.until))


def _take(lot: Lot, one: Taken) -> None:
    """The same from two sides is lifted only by who could lift both."""
    known = lot.get((one.about, one.events), one)
    both = Taken(one.about, one.events, one.by & known.by, max(one.after, known.after))
    lot[one.about, one.events] = both


def _stood(
    each: str, lots: Mapping[SubjectKey, Lot], bond: Bond, said: ConsentRows
) -> Iterable[Taken]:
    """What held for a member at a parting: by its own events, and by what it had taken along."""
    own = frozenset(row for row in said.get(each, ()) if _made(row, bond))
    found = [Taken(each, own, frozenset(), EVER)]
    found += (_as_of(one, bond, said) for one in lots.get(each, {}).values())
    return [one for one in found if _stands(one.events)]


def _made(row: ConsentRow, bond: Bond) -> bool:
    """Withdrawals until the very end, and those dated into the future; grants before it began."""
    if row.state == "granted":
        return row.stated and row.effective_at <= bond.since
    return _known_by(row, bond)


def _known_by(row: ConsentRow, bond: Bond) -> bool:
    return known_at(row) <= bond.until


def _as_of(one: Taken, bond: Bond, said: ConsentRows) -> Taken:
    """With what had lifted it when the parting began, and without what was withdrawn after it:
    a bond that stands for several partings brings that, too.
    """
    lifts = (row for row in _lifts(one, said) if row.effective_at <= bond.since)
    events = (row for row in one.events if row.state == "granted" or _known_by(row, bond))
    return Taken(one.about, frozenset(events).union(lifts), one.by, one.after)


def _lifts(one: Taken, said: ConsentRows) -> Iterable[ConsentRow]:
    """Grants that are later, and were given later: one dated ahead of the parting is not."""
    return (
        row
        for s in sorted(one.by)
        for row in said.get(s, ())
        if row.state == "granted" and row.stated and known_at(row) > one.after
    )


def _stands(events: frozenset[ConsentRow]) -> bool:
    """Whether it withdraws anything."""
    purposes = {row.purpose for row in events if row.state == "withdrawn"}
    return any(
        state_of(events, purpose, channel, EVER).state == "withdrawn"
        for purpose in purposes
        for channel in CHANNELS
    )


def _scope(one: Taken, said: ConsentRows) -> tuple[ConsentRow, ...]:
    """Names whom it is from, not the record that says it: that is another person's."""
    found = [*sorted(one.events, key=repr), *_lifts(one, said)]
    return tuple(row.model_copy(update={"source": BOND, "record": one.about}) for row in found)


def _things(bond: Bond) -> frozenset[str]:
    return frozenset[str]().union(*bond.parts)
