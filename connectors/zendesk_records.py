"""Zendesk's users, tickets and calls as observations."""

import re
from collections.abc import Iterable
from typing import Any, Final

from connectors import records
from connectors.contract import Json
from connectors.records import key, moment, objects, part, text
from rules import normalise
from rules.subjects import anonymous
from schemas.config import System
from schemas.identifiers import Claim, Subject
from schemas.observation import Interaction, Observation

Raw = dict[str, Any]

NAMELESS: Final = re.compile(r"(Caller )?\+?[0-9 ().-]{5,}")
"""What Talk calls a user that it makes of an unknown caller."""
VOICE: Final = frozenset({"voice", "phone", "voicemail", "phone_call_inbound", "sms"})


def user(source: str, system: System, raw: Raw) -> Observation:
    """A user. A number that Zendesk calls shared identifies nobody; a user made inactive was
    deleted."""
    name = key(raw.get("id"), "user")
    created = moment(raw.get("created_at"))
    changed = moment(raw.get("deleted_at")) or moment(raw.get("updated_at")) or created
    at = changed or records.needed(None, "time")
    return Observation(
        subject=Subject(source=source, object="user", id=name, created_at=created),
        record=records.record("user", name, at, created or at),
        claims=records.claims(*_claims(system, raw)),
        traits=records.traits(
            (
                ("name", _name(raw)),
                ("email", raw.get("email")),
                ("phone", raw.get("phone")),
                ("language", text(raw.get("locale"))[:2].lower()),
            )
        ),
        deleted=raw.get("active") is False,
    )


def _name(raw: Raw) -> str:
    name = text(raw.get("name"))
    return "" if NAMELESS.fullmatch(name) else name


def user_merge(source: str, system: System, raw: Raw) -> Observation:
    """A `user.merged` webhook: one user went into another."""
    del system
    kept, gone = key(raw.get("id"), "user"), key(raw.get("merged"), "merged user")
    at = records.needed(raw.get("time"), "time")
    return Observation(
        subject=Subject(source=source, object="user", id=kept),
        record=records.record("user_merge", f"{kept}:{gone}", at, at),
        merged=(Subject(source=source, object="user", id=gone),),
    )


def ticket(source: str, system: System, raw: Raw) -> Observation:
    """A ticket of its requester; a ticket by phone knows the number that called."""
    created = records.needed(raw.get("created_at"), "time of creation")
    changed = moment(raw.get("updated_at")) or created
    via = part(raw, "via")
    claims = records.claims(_caller(system, via))
    status = text(raw.get("status"), 64)
    return Observation(
        subject=_whose(source, raw.get("requester_id"), claims),
        record=records.record("ticket", key(raw.get("id"), "ticket"), changed, created),
        claims=claims,
        interaction=Interaction(
            kind="ticket", title=text(raw.get("subject")) or "Ticket", status=status
        ),
        deleted=status == "deleted",
    )


def call(source: str, system: System, raw: Raw) -> Observation:
    """A Talk call of the user who called or was called."""
    del system
    created = records.needed(raw.get("created_at"), "time of creation")
    changed = moment(raw.get("updated_at")) or created
    direction, seconds = text(raw.get("direction"), 32), text(raw.get("duration"), 8)
    return Observation(
        subject=_whose(source, raw.get("customer_id"), ()),
        record=records.record("call", key(raw.get("id"), "call"), changed, created),
        interaction=Interaction(
            kind="call",
            title=f"{direction or 'A'} call, {seconds or '0'} s".capitalize(),
            status=text(raw.get("completion_status"), 64),
        ),
    )


def _whose(source: str, who: Json, claims: tuple[Claim, ...]) -> Subject:
    if not who:
        return anonymous(source, claims)
    return Subject(source=source, object="user", id=key(who, "user"))


def _claims(system: System, raw: Raw) -> Iterable[Claim | None]:
    country = system.settings.get("country")
    shared = raw.get("shared_phone_number") is True
    yield records.email(raw.get("email"))
    if not shared:
        yield records.phone(raw.get("phone"), country)
    for identity in objects(raw.get("identities")):
        if identity.get("type") == "email":
            yield records.email(identity.get("value"))
        elif identity.get("type") == "phone_number" and not shared:
            yield records.phone(identity.get("value"), country)
    yield _external(system, text(raw.get("external_id")))


def _external(system: System, value: str) -> Claim | None:
    """`external_id` links to another system only when the settings say what it holds."""
    source, _, kind = str(system.settings.get("external_id", "")).partition(":")
    found = normalise.external(source, kind, value) if value and kind else None
    return Claim(identifier=found, raw=value) if found else None


def _caller(system: System, via: Raw) -> Claim | None:
    """The number at the other end of a call that came in."""
    source = part(via, "source")
    if text(via.get("channel")) not in VOICE or source.get("rel") == "outbound":
        return None
    return records.phone(part(source, "from").get("phone"), system.settings.get("country"))


MAKERS: Final[dict[str, records.Maker]] = {
    "user": user,
    "user_merge": user_merge,
    "ticket": ticket,
    "call": call,
}
