"""Mailchimp's members, webhooks and activity as observations."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import md5, sha256
from typing import Any, Final, Literal

from connectors import records
from connectors.countries import country_code
from connectors.records import first, key, moment, part, text
from schemas.config import System
from schemas.errors import BadRecord
from schemas.identifiers import Claim, Subject
from schemas.observation import ConsentSignal, Interaction, Observation, Trait

Raw = dict[str, Any]

WITHDRAWN: Final = frozenset({"unsubscribed", "cleaned"})
"""A cleaned address bounced or complained: neither may be written to."""
FIELDS: Final[tuple[tuple[Trait, str], ...]] = (
    ("first_name", "FNAME"),
    ("last_name", "LNAME"),
    ("phone", "PHONE"),
    ("company", "COMPANY"),
    ("birthday", "BIRTHDAY"),
)


def hash_of(address: str) -> str:
    """A member's id: MD5 of the lower-case address (the vendor's choice, no secret)."""
    return md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()


def member(source: str, system: System, raw: Raw) -> Observation:
    """A member as the API gives it. `archived` is not unsubscribed, `pending` not yet anything."""
    name = key(raw.get("id"), "member")
    agreed = moment(raw.get("timestamp_opt"))
    created = moment(raw.get("timestamp_signup")) or agreed
    changed = moment(raw.get("last_changed")) or created or records.needed(None, "time")
    fields, country = part(raw, "merge_fields"), _country(system, raw)
    email = records.email(raw.get("email_address"))
    sms = records.phone(raw.get("sms_phone_number"), country)
    return Observation(
        subject=Subject(source=source, object="member", id=name, created_at=created),
        record=records.record("member", name, changed, created or changed),
        claims=records.claims(email, records.phone(fields.get("PHONE"), country), sms),
        traits=records.traits([("email", raw.get("email_address")), *_traits(raw, fields)]),
        consents=tuple(_consents(raw, (email, sms), agreed)),
    )


def member_event(source: str, system: System, raw: Raw) -> Observation:
    """A webhook: one event, never changed. A stated withdrawal holds from when it was fired; a
    grant waits for the member itself, which says when it was given."""
    at = records.needed(raw.get("fired_at"), "time")
    data = part(raw, "data")
    address = first(data, "new_email", "email")
    email = records.email(address)
    if email is None:
        message = "the event names no usable address"
        raise BadRecord(message)
    old, fields = data.get("old_email"), part(data, "merges")
    former = [Subject(source=source, object="member", id=hash_of(text(old)))] if old else []
    return Observation(
        subject=Subject(source=source, object="member", id=hash_of(str(address))),
        record=records.record("member_event", key(raw.get("id"), "event"), at, at),
        claims=records.claims(email, records.phone(fields.get("PHONE"), _country(system, raw))),
        traits=records.traits([("email", address), *_traits(raw, fields)]),
        consents=(_signal("email", email, ("withdrawn", at), text(data.get("reason"))),)
        if _stops(raw)
        else (),
        merged=tuple(former),
    )


def activity(source: str, system: System, raw: Raw) -> Observation:
    """An open or a click: a fact of its moment."""
    del system
    name = key(raw.get("member"), "activity's member")
    at = records.needed(first(raw, "created_at_timestamp", "timestamp"), "time")
    what = text(first(raw, "activity_type", "action"), 64)
    title = text(first(raw, "campaign_title", "title"), 180)
    said = "\n".join((name, what, records.version(at), text(raw.get("campaign_id"))))
    return Observation(
        subject=Subject(source=source, object="member", id=name),
        record=records.record("activity", sha256(said.encode()).hexdigest(), at, at),
        interaction=Interaction(kind="email", title=f"{what}: {title}", status=what),
    )


def _country(system: System, raw: Raw) -> str | None:
    """Where the address is, when it says; the hint of the settings otherwise."""
    said = text(part(part(raw, "merge_fields"), "ADDRESS").get("country"))
    return country_code(said) or system.settings.get("country")


def _traits(raw: Raw, fields: Raw) -> Iterable[tuple[Trait, Any]]:
    place = part(fields, "ADDRESS")
    yield from ((name, fields.get(tag)) for name, tag in FIELDS)
    yield from (
        ("language", raw.get("language")),
        ("street", place.get("addr1")),
        ("city", place.get("city")),
        ("region", place.get("state")),
        ("postcode", place.get("zip")),
        ("country", place.get("country")),
    )


def _consents(
    raw: Raw, at: tuple[Claim | None, Claim | None], agreed: datetime | None
) -> Iterable[ConsentSignal]:
    """E-mail by `status` and `timestamp_opt`; SMS by its own two fields."""
    (email, sms), status = at, text(raw.get("status")).lower()
    if email and status == "subscribed" and agreed:
        yield _signal("email", email, ("granted", agreed), text(raw.get("source")))
    elif email and status in WITHDRAWN:
        yield _signal("email", email, ("withdrawn", None), status)
    spoken = text(raw.get("sms_subscription_status")).lower()
    when = moment(raw.get("sms_subscription_last_updated"))
    if sms and spoken == "subscribed" and when:
        yield _signal("sms", sms, ("granted", when), "")
    elif sms and spoken == "unsubscribed":
        yield _signal("sms", sms, ("withdrawn", when), "")


def _stops(raw: Raw) -> bool:
    """Bounced, complained or unsubscribed; a deletion by an administrator is none of these."""
    data = part(raw, "data")
    deleted = data.get("action") == "delete" and data.get("reason") != "abuse"
    return raw.get("type") == "cleaned" or (raw.get("type") == "unsubscribe" and not deleted)


def _signal(
    channel: Literal["email", "sms"],
    claim: Claim,
    what: tuple[Literal["granted", "withdrawn"], datetime | None],
    method: str,
) -> ConsentSignal:
    state, at = what
    return ConsentSignal(
        purpose=f"{channel}_marketing",
        channel=channel,
        state=state,
        effective_at=at,
        identifier=claim.identifier,
        method=method,
    )


MAKERS: Final[dict[str, records.Maker]] = {
    "member": member,
    "member_event": member_event,
    "activity": activity,
}
