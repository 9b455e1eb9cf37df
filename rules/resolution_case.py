"""An observation, prepared: opaque keys, the links it claims, and the rows that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from rules import keys
from rules.identity import is_junk, rule_of
from rules.identity_claims import under
from rules.keys import Pepper
from rules.resolution_items import SPLIT, record_key
from rules.resolution_said import mark_of, text_of
from schemas.errors import BadRecord
from schemas.graph import ConsentRow, IdentifierKey, Link, RecordRow, SubjectHead, SubjectKey
from schemas.identifiers import Claim, Subject
from schemas.observation import ConsentSignal, Observation
from schemas.policy import IdentityRules
from schemas.rows import Item, Key

MOST_CLAIMS: Final = 256
LONGEST_ID: Final = 256
AHEAD: Final = timedelta(days=1)
"""How far a source's clock may run ahead of ours."""


class Received(NamedTuple):
    """An observation and when its event was made; a redelivery carries the same time."""

    observation: Observation
    at: datetime
    movable: bool = False
    """Whether its next version may be about somebody else, as its connector says of its kind."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that the resolver needs of one observation."""

    at: datetime
    observation: Observation
    s: SubjectKey
    row_key: Key
    links: Mapping[IdentifierKey, Link]
    named: Mapping[SubjectKey, Subject] = field(default_factory=dict)
    """Subjects that it names by their source's id, or as merged into its own."""
    aliases: frozenset[SubjectKey] = frozenset()
    said_so: str = ""
    """What it says of identifiers, whatever the rules."""
    order: str = ""
    """Orders the versions of a record: by version, then by content."""
    r: str = ""
    """The record's name in the table."""
    current: frozenset[IdentifierKey] | None = None
    """Those links that only the record's newest version says; none where that is of no concern."""
    since: datetime | None = None
    """The subject or the record was taken out then: what is there from before does not count."""
    movable: bool = False
    """Only its newest version counts, and a pointer says where that is."""

    @property
    def said(self) -> datetime:
        """When it was said: decides whether it is older than a removal."""
        record = self.observation.record
        return said_at(record.version, record.occurred_at)


def prepare(received: Received, pepper: Pepper, rules: IdentityRules) -> Case:
    """The case of an observation; `BadRecord` when it can never be resolved."""
    observation, at = under(received.observation, rules), received.at
    _refuse(observation, at)
    s = keys.of_subject(pepper, observation.subject)
    own = keys.of_own(observation.subject, s)
    merged = {keys.of_subject(pepper, other): other for other in observation.merged}
    merged.pop(s, None)
    links, named = {}, dict(merged)
    for claim in observation.claims:
        identifier = claim.identifier
        if rule_of(identifier.type, rules) is None or is_junk(identifier, rules):
            continue
        subject = _subject_named(claim)
        key = keys.of_identifier(pepper, identifier)
        if key != own:
            links[key] = _link(claim, observation, at)
            if subject:
                named[keys.subject_of(key)] = subject
    r = keys.of_record(pepper, observation.record.kind, observation.record.id)
    row_key = record_key(s, r, observation)
    order = _order(received.observation)
    current = _current(observation, links, rules)
    links |= {key: links[key].model_copy(update={"version": order}) for key in current or ()}
    return Case(
        at=at,
        observation=observation,
        s=s,
        row_key=row_key,
        links=links,
        named=named,
        aliases=frozenset(merged),
        said_so=text_of(received.observation),
        order=order,
        r=r,
        current=current,
        movable=received.movable and _can_move(observation),
    )


def _can_move(observation: Observation) -> bool:
    """Contacts stay themselves; they alone say that the vendor merged some."""
    return observation.interaction is not None and not observation.merged


def said_at(version: str, occurred_at: datetime) -> datetime:
    """A version's time, where the source uses times; else that of the record's creation."""
    return _stated(version) or occurred_at


def out_since(head: SubjectHead | None, r: str) -> datetime | None:
    """Since when what is older about this subject, or this record of it, stays out."""
    if head is None:
        return None
    return max((t for t in (head.erased_at, head.removed.get(r)) if t), default=None)


def _current(
    observation: Observation, links: Mapping[IdentifierKey, Link], rules: IdentityRules
) -> frozenset[IdentifierKey] | None:
    if observation.interaction or not any(rule.current for rule in rules.types.values()):
        return None
    return frozenset(key for key in links if is_current(key, rules))


def is_current(key: IdentifierKey, rules: IdentityRules) -> bool:
    """Whether of this type only the newest version of a contact record counts."""
    rule = rule_of(keys.type_of(key), rules)
    return rule is not None and rule.current


def _order(observation: Observation) -> str:
    content = sha256(observation.model_dump_json().encode()).hexdigest()[:12]
    return f"{observation.record.version}{SPLIT}{content}"


def record_row(case: Case) -> RecordRow:
    """The record as this version says."""
    observation = case.observation
    record = observation.record
    return RecordRow(
        s=case.s,
        source=observation.subject.source,
        kind=record.kind,
        id=record.id,
        version=record.version,
        occurred_at=record.occurred_at,
        said=frozenset({case.said_so}),
        now=mark_of(case.said_so),
        traits=observation.traits,
        interaction=observation.interaction,
        deleted=observation.deleted,
        merged=case.aliases,
        since=case.since,
        movable=case.movable,
    )


def consent_items(case: Case, pepper: Pepper) -> list[tuple[Item, ConsentSignal]]:
    """Rows under the address or number it is about, or under the person; repeats are the same."""
    return [
        (_consent_item(case, signal, place), signal)
        for signal in case.observation.consents
        for place in _about(case, signal, pepper)
    ]


def _about(case: Case, signal: ConsentSignal, pepper: Pepper) -> tuple[str, ...]:
    if signal.identifier is None:
        return (f"S#{case.s}",)
    return tuple(f"I#{key}" for key in keys.told_of(pepper, signal.identifier))


def _consent_item(case: Case, signal: ConsentSignal, place: str) -> Item:
    record = case.observation.record
    row = ConsentRow(
        purpose=signal.purpose,
        channel=signal.channel,
        state=signal.state,
        effective_at=signal.effective_at or _stated(record.version) or case.at,
        stated=signal.effective_at is not None,
        source=case.observation.subject.source,
        record=f"{record.kind}:{record.id}",
        method=signal.method,
    )
    content = sha256(row.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:12]
    heard = row.model_copy(update={"heard_at": case.at})
    time = row.effective_at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "pk": place,
        "sk": f"K#{row.purpose}#{row.channel}#{time}#{content}",
        "data": heard.model_dump_json(exclude_defaults=True),
    }


def _stated(version: str) -> datetime | None:
    """The time that a record's version is, where the source uses times."""
    try:
        time = datetime.fromisoformat(version)
    except ValueError:
        return None
    return time if time.tzinfo else None


def _link(claim: Claim, observation: Observation, at: datetime) -> Link:
    record = observation.record
    return Link(
        type=claim.identifier.type,
        value=claim.raw or claim.identifier.value,
        source=observation.subject.source,
        record=f"{record.kind}:{record.id}",
        at=at,
    )


def _subject_named(claim: Claim) -> Subject | None:
    source, _, object_ = claim.identifier.type.partition(":")
    if not object_:
        return None
    value = claim.identifier.value
    if len(value) > LONGEST_ID:
        raise BadRecord(f"an id of {claim.identifier.type} is over {LONGEST_ID} characters")
    return Subject(source=source, object=object_, id=value)


def _refuse(observation: Observation, at: datetime) -> None:
    claims = len(observation.claims)
    if claims > MOST_CLAIMS:
        raise BadRecord(f"{claims} identifiers in one record; {MOST_CLAIMS} are possible")
    if not claims and observation.subject.own is None:
        raise BadRecord("no identifier: nobody can be recognised by it")
    record = observation.record
    if record.occurred_at > at + AHEAD:
        raise BadRecord("occurred in the future: check the source's clock or the unit of its times")
    if said_at(record.version, record.occurred_at) > at + AHEAD:
        raise BadRecord("changed in the future: no later change could ever replace it")
