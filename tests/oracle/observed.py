"""Observations as the oracle's world, read from the page and not from the resolver.

Subjects and identifiers go by their keys, so that ties are broken alike; nothing else is shared.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from rules import keys
from rules.identity import Marks
from rules.keys import Pepper
from schemas.graph import Verdict
from schemas.identifiers import Identifier
from schemas.observation import Observation
from schemas.policy import IdentityRules
from tests.oracle.identity import Person, Said, World

NEVER_BORN = 10**12
"""Seconds: who has no creation time comes after everybody."""


def world_of(
    observations: Iterable[Observation],
    rules: IdentityRules,
    pepper: Pepper,
    said: Iterable[Verdict],
    marks: Marks,
) -> World:
    """Everything the function depends on."""
    by_subject: dict[str, list[Observation]] = defaultdict(list)
    for each in observations:
        by_subject[keys.of_subject(pepper, each.subject)].append(each)
    aliases = {
        Said("alias", s, keys.of_subject(pepper, other), seconds(each.record.occurred_at))
        for s, own in by_subject.items()
        for each in own
        for other in each.merged
    }
    told = [Said(v.kind, v.a, v.b, seconds(v.at)) for v in said]
    return World(
        people={s: _person(s, own, rules, pepper) for s, own in by_subject.items()},
        said=(*aliases, *told),
        levels={kind: rule.level for kind, rule in rules.types.items()},
        limits={kind: rule.limit for kind, rule in rules.types.items()},
        uniques={k: r.unique for k, r in rules.types.items() if r.unique is not None},
        bounds={kind: rule.per_subject for kind, rule in rules.types.items()},
        cap=rules.scope_cap,
        junk=frozenset(_junk(by_subject, rules, pepper)),
        blocked=marks.blocked,
        trusted=marks.trusted,
    )


def _person(s: str, own: list[Observation], rules: IdentityRules, pepper: Pepper) -> Person:
    born = [seconds(each.subject.created_at) for each in own if each.subject.created_at]
    subject = own[0].subject
    mine = None
    if subject.object != "anonymous":
        mine = f"{subject.source}:{subject.object}#{s}"
    links = {
        keys.of_identifier(pepper, each)
        for observation in own
        for each in identifiers(observation)
        if _counts(each.type, observation, own, rules)
    }
    return Person(min(born, default=NEVER_BORN), mine, frozenset(links - {mine or ""}))


def _counts(kind: str, said: Observation, own: list[Observation], rules: IdentityRules) -> bool:
    """Of a type declared current, whether no version of the same contact record is greater."""
    rule = rules.types.get(kind)
    if said.interaction or rule is None or not rule.current:
        return True
    versions = [
        o for o in own if (o.record.kind, o.record.id) == (said.record.kind, said.record.id)
    ]
    return said == max((o for o in versions if not o.interaction), key=_order)


def _order(said: Observation) -> tuple[str, str]:
    return said.record.version, sha256(said.model_dump_json().encode()).hexdigest()


def identifiers(observation: Observation) -> list[Identifier]:
    """What a record names, and each of its phones with its surname."""
    stated = [claim.identifier for claim in observation.claims]
    surname = observation.traits.get("last_name", "").lower()
    if not surname:
        return stated
    return stated + [
        Identifier(type="phone+surname", value=f"{each.value}|{surname}")
        for each in stated
        if each.type == "phone"
    ]


def _junk(
    by_subject: dict[str, list[Observation]], rules: IdentityRules, pepper: Pepper
) -> Iterable[str]:
    for own in by_subject.values():
        for each in (found for observation in own for found in identifiers(observation)):
            rule = rules.types.get(each.type)
            if rule and any(re.fullmatch(pattern, each.value) for pattern in rule.junk):
                yield keys.of_identifier(pepper, each)


def seconds(at: datetime) -> int:
    """A time as the oracle counts it."""
    return int(at.timestamp())
