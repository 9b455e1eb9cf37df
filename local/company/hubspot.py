"""A HubSpot portal: contacts typed in by sales people, merged now and then, and their deals."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from local.company import names
from local.company.model import Crm, Record
from local.company.people import SHOP_PHONE, Person
from local.company.spelling import mistyped, typo, written
from local.company.times import after, millis

CONTACTS: Final = 99
DEALS: Final = 28
MERGED: Final = 5
OWN_NUMBER: Final = 14
NO_NUMBER: Final = ("000-000-0000", "0000000000", "000 000 00 00", "000000")
STAGES: Final = ("appointmentscheduled", "qualifiedtobuy", "closedwon", "closedwon", "closedlost")


def crm(seed: int, now: datetime, who: Sequence[Person]) -> Crm:
    """The portal as of `now`."""
    rng = Random(f"{seed}:hubspot")
    cast = [person for person in who if person.story in {"ada", "ben", "cem"}]
    typed = rng.sample([person for person in who if not person.story], CONTACTS)
    contacts = [_story_contact(index, p, now) for index, p in enumerate(cast)]
    contacts += [_contact(rng, index, p, now) for index, p in enumerate(typed, start=len(contacts))]
    _spoil_phones(contacts[len(cast) :])
    _merge(rng, contacts[len(cast) + 20 :][:MERGED], typed[20:][:MERGED])
    deals, deal_contacts = _deals(rng, contacts, now)
    return Crm((*contacts, _broken()), deals, deal_contacts)


def _record(key: str, properties: Record, moments: tuple[datetime, datetime]) -> Record:
    created, changed = (millis(moment) for moment in moments)
    return {
        "id": key,
        "properties": {"hs_object_id": key, "createdate": created, **properties},
        "createdAt": created,
        "updatedAt": changed,
        "archived": False,
    }


def _contact(rng: Random, index: int, person: Person, now: datetime) -> Record:
    created = after(rng, person.joined, now)
    changed = after(rng, created, now)
    luck = rng.random()
    email = mistyped(rng, person.email) if luck < 0.05 else person.email
    phone = written(rng, person.phone, person.country) if rng.random() < 0.65 else None
    properties = {
        "firstname": typo(rng, person.first) if rng.random() < 0.12 else person.first,
        "lastname": person.last,
        "email": email if luck < 0.93 or phone is None else None,
        "phone": phone,
        "mobilephone": None,
        "country": names.COUNTRIES[person.country],
        "hs_country_region_code": person.country,
        "company": None,
        "lifecyclestage": rng.choice(("lead", "customer", "opportunity")),
        "hs_additional_emails": person.old_email or None,
        "hs_merged_object_ids": None,
        "hs_email_optout": "true" if rng.random() < 0.04 else None,
        "lastmodifieddate": millis(changed),
    }
    return _record(str(1001 + index * 50), properties, (created, changed))


def _story_contact(index: int, person: Person, now: datetime) -> Record:
    moments = (now - timedelta(days=400), now - timedelta(days=30))
    free_text = {"ada": "+1 (202) 555-0143", "ben": "+49 30 / 23125 077"}.get(person.story)
    properties = {
        "firstname": person.first,
        "lastname": person.last,
        "email": person.email,
        "phone": free_text,
        "mobilephone": None,
        "country": names.COUNTRIES[person.country],
        "hs_country_region_code": person.country,
        "company": None,
        "lifecyclestage": "customer",
        "hs_additional_emails": None,
        "hs_merged_object_ids": None,
        "hs_email_optout": None,
        "lastmodifieddate": millis(moments[1]),
    }
    return _record(str(1001 + index * 50), properties, moments)


def _spoil_phones(contacts: list[Record]) -> None:
    """Sales people type the shop's own number, or zeros, where they have none."""
    for index, contact in enumerate(contacts[30 : 30 + OWN_NUMBER + len(NO_NUMBER)]):
        if contact["properties"]["email"] is None:
            continue
        own = index < OWN_NUMBER
        contact["properties"]["phone"] = SHOP_PHONE if own else NO_NUMBER[index - OWN_NUMBER]


def _merge(rng: Random, contacts: list[Record], typed: Sequence[Person]) -> None:
    """Contacts that HubSpot merged: the former ids, and a former address."""
    for contact, person in zip(contacts, typed, strict=True):
        former = str(90_000 + int(contact["id"]))
        contact["properties"]["hs_merged_object_ids"] = former
        email = contact["properties"]["hs_additional_emails"] or mistyped(rng, person.email)
        contact["properties"]["hs_additional_emails"] = email


def _deals(
    rng: Random, contacts: list[Record], now: datetime
) -> tuple[tuple[Record, ...], dict[str, tuple[str, ...]]]:
    deals: list[Record] = []
    links: dict[str, tuple[str, ...]] = {}
    for index in range(DEALS):
        contact = rng.choice(contacts)
        created = after(rng, now - timedelta(days=360), now)
        changed = after(rng, created, now)
        key = str(6_744_000_001 + index * 13)
        stage = rng.choice(STAGES)
        properties = {
            "dealname": f"{rng.choice(names.GOODS)[1]} for a group",
            "amount": str(rng.randrange(4, 40) * 50),
            "deal_currency_code": "EUR",
            "dealstage": stage,
            "pipeline": "default",
            "closedate": millis(changed) if stage.startswith("closed") else None,
            "hs_lastmodifieddate": millis(changed),
        }
        deals.append(_record(key, properties, (created, changed)))
        links[key] = (contact["id"],)
    return tuple(deals), links


def _broken() -> Record:
    """What a failed import left behind: a contact without properties and with no real dates."""
    return {
        "id": "99999",
        "properties": None,
        "createdAt": "yesterday",
        "updatedAt": "yesterday",
        "archived": False,
    }
