"""What is taken out of a graph, and what of a history is left then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from rules.resolution_calls import Steps
from rules.resolution_case import Received, prepare
from rules.resolution_islands import Laws
from rules.resolution_removal import erase, remove_record
from schemas.graph import SubjectKey
from tests.simulator.histories import PEPPER, RULES, START, history

REMOVED = START + timedelta(hours=10)
AFTER = START + timedelta(hours=20)


@dataclass(frozen=True)
class Removal:
    """A subject, or one record of it, and until when."""

    s: SubjectKey
    record: tuple[str, str] | None
    at: datetime

    def steps(self, laws: Laws, *, last: bool) -> Steps[bool]:
        """Carries it out."""
        if self.record is None:
            return erase(self.s, self.at, laws, last=last)
        return remove_record(self.s, self.record, self.at, laws, last=last)


def histories(random: Random, most: int) -> tuple[list[Received], list[Received]]:
    """Before and after the removals; every record tells the same creation time of its subject."""
    born = Random(random.random())
    times: dict[str, datetime] = {}
    old = [_born(each, times, born) for each in history(random, most)]
    new = [_born(_renewed(each, random), times, born) for each in history(random, most // 2)]
    return old, new


def _born(received: Received, times: dict[str, datetime], born: Random) -> Received:
    subject = received.observation.subject
    at = times.setdefault(subject.key, START + timedelta(days=born.randrange(9)))
    subject = subject.model_copy(update={"created_at": at})
    return received._replace(
        observation=received.observation.model_copy(update={"subject": subject})
    )


def _renewed(received: Received, random: Random) -> Received:
    """Another version of what may be an old record, or a new record altogether."""
    observation = received.observation
    record = observation.record
    if random.random() < 0.5:
        changes: dict[str, object] = {"version": AFTER.isoformat()}
    else:
        changes = {"id": f"{record.id}/new", "occurred_at": AFTER}
    record = record.model_copy(update=changes)
    return received._replace(observation=observation.model_copy(update={"record": record}))


def removals(random: Random, received: Sequence[Received]) -> list[Removal]:
    """Some of the subjects and records, those that were never seen too."""
    found = []
    for _ in range(random.randrange(1, 4)):
        observation = random.choice(received).observation
        case = prepare(Received(observation, START), PEPPER, RULES)
        record = (observation.record.kind, observation.record.id)
        found.append(Removal(case.s, random.choice((None, record)), REMOVED))
    return found


def admitted(received: Iterable[Received], removed: Sequence[Removal]) -> list[Received]:
    """What none of the removals concerns."""
    left = []
    for each in received:
        record = each.observation.record
        names = {None, (record.kind, record.id)}
        s = prepare(each, PEPPER, RULES).s
        if not any(r.s == s and r.record in names for r in removed):
            left.append(each)
    return left
