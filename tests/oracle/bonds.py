"""What binds whom after customers fell apart, said by quantifiers over all that was seen.

It knows no bonds and no rules: only who was with whom at each moment, and who said what.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from schemas.graph import ConsentRow
from schemas.observation import Channel
from tests.oracle.consent import covers, touches

PURPOSES = ("offers", "care")
CHANNELS: tuple[Channel, ...] = ("email", "any")


class Word(NamedTuple):
    """A consent event about an address or by a subject."""

    about: str
    row: ConsentRow

    @property
    def heard_at(self) -> datetime:
        """When the hub first heard of it."""
        assert self.row.heard_at
        return self.row.heard_at

    @property
    def since(self) -> datetime:
        """When it was said or heard of, whichever was first."""
        return min(self.heard_at, self.row.effective_at)


class Refusal(NamedTuple):
    """Something is withheld from a subject's customer because somebody withdrew.

    At an address, or, where `address` is empty, from the customer as a whole.
    """

    s: str
    address: str
    purpose: str
    channel: str


class Moment(NamedTuple):
    """Who was with whom (a subject's customer: its subjects and usable addresses), and refusals."""

    at: datetime
    groups: dict[str, frozenset[str]]
    refused: frozenset[Refusal]
    new: frozenset[str] = frozenset()
    """Who was not there all the time since the moment before, if only between two commits: nobody
    remembers for them who they were one with.
    """


def must_refuse(seen: Sequence[Moment], said: Sequence[Word]) -> Iterator[Refusal]:
    """To the last moment's customers, by what somebody said who was once one with them."""
    for s in seen[-1].groups:
        for word in said:
            if word.row.state == "withdrawn":
                for purpose in PURPOSES:
                    for channel in CHANNELS:
                        if _binds(word, s, (purpose, channel), seen, said):
                            yield Refusal(s, "", purpose, channel)


def _binds(
    word: Word, s: str, what: tuple[str, str], seen: Sequence[Moment], said: Sequence[Word]
) -> bool:
    """It was in force when the two were last together, and nobody who stayed has granted since."""
    if not touches(word.row, *what):
        return False
    together = [n for n, m in enumerate(seen) if word.about in m.groups.get(s, ())]
    if not together:
        return False
    last = together[-1]
    at = seen[last].at
    if word.since > at or any(s in moment.new for moment in seen[last + 1 :]):
        return False
    grants = [g for g in said if g.row.state == "granted" and covers(g.row, *what)]
    lifted = any(
        g.about == word.about and word.row.effective_at < g.row.effective_at <= at for g in grants
    )
    ever = frozenset[str]().union(*(moment.groups[s] for moment in seen[last:]))
    return not lifted and not any(g.about in ever and g.heard_at > at for g in grants)


def may_refuse(
    refusal: Refusal, seen: Sequence[Moment], said: Sequence[Word], *, ordered: bool = True
) -> bool:
    """Somebody withdrew it from whom it can have come to this customer, from one to the next.

    Where the order of partings is forgotten, by whatever was ever said in whichever order.
    """
    reached = _reached if ordered else _near
    return any(
        bool(reached(word, seen) & seen[-1].groups[refusal.s])
        for word in said
        if word.row.state == "withdrawn" and touches(word.row, refusal.purpose, refusal.channel)
    )


def remembers(seen: Sequence[Moment], most: int) -> bool:
    """Whether nobody parted in more ways than so many: else it is forgotten which came first."""
    ways: defaultdict[str, set[object]] = defaultdict(set)
    for before, after in pairwise(seen):
        for s, group in before.groups.items():
            left = frozenset(group & after.groups.get(each, {each}) for each in group
                             if each in before.groups)  # fmt: skip
            if left != {group}:
                ways[s].add((group, left))
    return all(len(each) <= most for each in ways.values())


def _reached(word: Word, seen: Sequence[Moment]) -> frozenset[str]:
    """Whoever was one with who said it, or with such a one later. Of what was true at the same
    time by the clock, none is known to have come first.
    """
    found = frozenset({word.about})
    before = frozenset[frozenset[str]]()
    for at, same in groupby(seen, key=lambda moment: moment.at):
        moments = [*same]
        if at >= word.since:
            found = _joined(found, before.union(*(m.groups.values() for m in moments)))
        before = frozenset(moments[-1].groups.values())
    return found


def _near(word: Word, seen: Sequence[Moment]) -> frozenset[str]:
    """Whoever was ever one with who said it, or with such a one."""
    groups = {group for moment in seen for group in moment.groups.values()}
    return _joined(frozenset({word.about}), groups)


def _joined(found: frozenset[str], groups: Set[frozenset[str]]) -> frozenset[str]:
    while True:
        more = found.union(*(group for group in groups if group & found))
        if more == found:
            return found
        found = more


def loosened(seen: Sequence[Moment], said: Sequence[Word]) -> Iterator[Refusal]:
    """Refusals that are no more at the last moment although nobody of the customer granted anything
    meanwhile; nor did it come late that somebody they were one with had, before they parted.
    """
    before, after = seen[-2:]
    news = [w for w in said if w.row.state == "granted" and w.heard_at == after.at]
    granted = {word.about for word in news}
    late = {word.about for word in news if word.row.effective_at < word.heard_at}
    groups = {group for moment in seen for group in moment.groups.values()}
    for refusal in before.refused - after.refused:
        group = after.groups.get(refusal.s)
        if refusal.s in after.new or group is None:
            continue
        if refusal.address and refusal.address not in group:
            continue
        near = _joined(frozenset({refusal.s}), groups) if late else frozenset[str]()
        if not granted & (group | before.groups[refusal.s]) and not late & near:
            yield refusal
