"""HubSpot's contacts, deals and webhook events as observations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from connectors import records
from connectors.contract import Json
from connectors.countries import country_code
from connectors.records import key, moment, objects, part, text
from rules.subjects import anonymous
from schemas.config import System
from schemas.errors import BadRecord
from schemas.identifiers import Claim, Subject
from schemas.observation import (
    ConsentSignal,
    Interaction,
    Money,
    Observation,
    Trait,
)

Raw = dict[str, Any]

FIELDS: Final[tuple[tuple[Trait, str], ...]] = (
    ("first_name", "firstname"),
    ("last_name", "lastname"),
    ("email", "email"),
    ("company", "company"),
    ("birthday", "date_of_birth"),
    ("language", "hs_language"),
    ("street", "address"),
    ("city", "city"),
    ("region", "state"),
    ("postcode", "zip"),
    ("lifecycle", "lifecyclestage"),
)
SPLIT_LONGEST: Final = 1000
WON: Final = ("closedwon",)


def contact(source: str, system: System, raw: Raw) -> Observation:
    """A contact. Those that HubSpot merged into it keep their ids in `hs_merged_object_ids`."""
    name = key(raw.get("id"), "contact")
    properties = part(raw, "properties")
    created = moment(properties.get("createdate") or raw.get("createdAt"))
    said = properties.get("lastmodifieddate") or raw.get("updatedAt")
    at = moment(said) or created or records.needed(None, "time")
    country = text(properties.get("country"))
    code = country_code(country)
    hint = code or system.settings.get("country")
    emails = tuple(map(records.email, _emails(properties)))
    phone = properties.get("phone") or properties.get("mobilephone")
    return Observation(
        subject=_subject(source, name, created),
        record=records.record("contact", name, at, created or at),
        claims=records.claims(*emails, *_phones(properties, hint)),
        traits=records.traits(
            [
                *((trait, properties.get(field)) for trait, field in FIELDS),
                ("phone", phone),
                ("country", code or country),
            ]
        ),
        consents=tuple(_consents(properties, emails)),
        merged=tuple(_subject(source, one, None) for one in _former(properties) if one != name),
        deleted=raw.get("archived") is True,
    )


def contact_merge(source: str, system: System, raw: Raw) -> Observation:
    """A `contact.merge` event: several contacts are one from now on."""
    del system
    kept = key(raw.get("newObjectId") or raw.get("primaryObjectId") or raw.get("objectId"))
    found = raw.get("mergedObjectIds")
    gone = [*(found if isinstance(found, list) else []), raw.get("primaryObjectId")]
    others = sorted({text(one) for one in gone} - {"", kept})
    at = records.needed(raw.get("occurredAt"), "time")
    return Observation(
        subject=_subject(source, kept, None),
        record=records.record("contact_merge", f"{kept}:{text(raw.get('eventId'), 32)}", at, at),
        merged=tuple(_subject(source, one, None) for one in others),
    )


def deal(source: str, system: System, raw: Raw) -> Observation:
    """A deal of its contact; of several, the one with the lowest id, so that it counts once."""
    properties = part(raw, "properties")
    created = records.needed(properties.get("createdate") or raw.get("createdAt"), "creation time")
    said = properties.get("hs_lastmodifieddate") or raw.get("updatedAt")
    linked = objects(part(part(raw, "associations"), "contacts").get("results"))
    whose = sorted((text(one.get("id")) for one in linked), key=lambda one: (len(one), one))
    stage = text(properties.get("dealstage"), 64)
    return Observation(
        subject=_subject(source, whose[0], None) if whose else anonymous(source, ()),
        record=records.record("deal", key(raw.get("id"), "deal"), moment(said) or created, created),
        interaction=Interaction(
            kind="deal",
            title=text(properties.get("dealname")) or "Deal",
            amount=_worth(system, properties, stage),
            status=stage,
        ),
        deleted=raw.get("archived") is True,
    )


def _subject(source: str, name: str, created: datetime | None) -> Subject:
    return Subject(source=source, object="contact", id=name, created_at=created)


def _split(value: Json) -> list[str]:
    """All of them, however many: half of one would be another's."""
    written = value if isinstance(value, str) else text(value)
    return [one for one in (text(part, SPLIT_LONGEST) for part in written.split(";")) if one]


def _emails(properties: Raw) -> Iterable[str]:
    yield text(properties.get("email"), SPLIT_LONGEST)
    yield from _split(properties.get("hs_additional_emails"))


def _phones(properties: Raw, hint: str | None) -> Iterable[Claim | None]:
    """HubSpot's own E.164 reading comes last: what was typed is what is kept as received."""
    for name in ("phone", "mobilephone", "hs_calculated_phone_number"):
        yield records.phone(properties.get(name), hint)


def _former(properties: Raw) -> list[str]:
    return [one for one in _split(properties.get("hs_merged_object_ids")) if one.isdecimal()]


def _consents(properties: Raw, emails: tuple[Claim | None, ...]) -> Iterable[ConsentSignal]:
    """An opt-out of all e-mail, which HubSpot doesn't date; its absence says nothing."""
    if text(properties.get("hs_email_optout")).lower() != "true":
        return
    for claim in emails:
        if claim:
            yield ConsentSignal(
                purpose="email_marketing",
                channel="email",
                state="withdrawn",
                identifier=claim.identifier,
                method="hs_email_optout",
            )


def _worth(system: System, properties: Raw, stage: str) -> Money | None:
    """Only a deal that was won is worth something."""
    said = text(properties.get("hs_is_closed_won")).lower()
    won = said == "true" or (not said and stage in system.settings.get("won_stages", WON))
    if not won or not text(properties.get("amount")):
        return None
    currency = properties.get("deal_currency_code") or system.settings.get("currency")
    worth = records.money(properties.get("amount"), currency)
    if worth is None and not currency:
        message = "the deal names no currency: write settings.currency of this source"
        raise BadRecord(message)
    return worth


def nameless(source: str, system: System, raw: Raw) -> Observation:
    """An event that does not say which object it is about."""
    del source, system, raw
    message = "the event names no objectId"
    raise BadRecord(message)


MAKERS: Final[dict[str, records.Maker]] = {
    "contact": contact,
    "contact_merge": contact_merge,
    "deal": deal,
    "nameless": nameless,
    "privacy_request": records.privacy_request,
}
