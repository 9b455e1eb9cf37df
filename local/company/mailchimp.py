"""A Mailchimp audience: members with their consent, campaigns, and who opened what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import md5
from random import Random
from typing import Final

from local.company.model import Audience, Record
from local.company.people import SHOP_PHONE, Person
from local.company.spelling import recased, typo, written
from local.company.times import after, offset

LIST_ID: Final = "a1b2c3d4e5"
MEMBERS: Final = 174
STATUSES: Final = (
    ["unsubscribed"] * 15
    + ["cleaned"] * 5
    + ["pending"] * 4
    + ["transactional"] * 4
    + ["archived"] * 3
    + ["imported"] * 18
)
"""The rest are subscribed. `imported` is subscribed, with no time at which anyone agreed."""
DORA_OUT: Final = timedelta(days=2)
"""How long ago Dora opted out."""
CAMPAIGNS: Final = (
    ("c0ffee0001", "Light for short days", 190),
    ("c0ffee0002", "Summer sale", 110),
    ("c0ffee0003", "New rugs", 24),
)


def member_hash(email: str) -> str:
    """Mailchimp's subscriber hash: MD5 of the lower-cased address."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def audience(seed: int, now: datetime, who: Sequence[Person]) -> Audience:
    """The audience as of `now`."""
    rng = Random(f"{seed}:mailchimp")
    ordinary = rng.sample([person for person in who if not person.story], MEMBERS)
    statuses = STATUSES + ["subscribed"] * (MEMBERS - len(STATUSES))
    rng.shuffle(statuses)
    members = [
        _member(rng, person, _email(rng, person), (status, now))
        for person, status in zip(ordinary, statuses, strict=True)
    ]
    moved = [person for person in ordinary if person.old_email][:8]
    members += [_member(rng, person, person.old_email, ("subscribed", now)) for person in moved]
    cast = [person for person in who if person.story]
    members += [
        _member(rng, p, p.email, ("dora" if p.story == "dora" else "subscribed", now)) for p in cast
    ]
    unique = {member["id"]: member for member in members}
    activity = {key: _activity(rng, member, now) for key, member in unique.items()}
    return Audience(LIST_ID, (*unique.values(), _broken(now)), _campaigns(now), activity)


def _email(rng: Random, person: Person) -> str:
    return recased(rng, person.email) if rng.random() < 0.1 else person.email


def _member(rng: Random, person: Person, email: str, what: tuple[str, datetime]) -> Record:
    status, now = what
    agreed = after(rng, person.joined, now - timedelta(days=10))
    changed = now - DORA_OUT if status == "dora" else after(rng, agreed, now - timedelta(days=3))
    first = typo(rng, person.first) if rng.random() < 0.05 else person.first
    out = status in {"unsubscribed", "dora"}
    stamped = status not in {"imported", "transactional", "pending"}
    return {
        "id": member_hash(email),
        "email_address": email,
        "unique_email_id": member_hash("unique" + email)[:10],
        "contact_id": member_hash("contact" + email),
        "full_name": f"{first} {person.last}",
        "web_id": 479_000_000 + int(member_hash(email)[:5], 16),
        "email_type": "html",
        "status": _status(status),
        **({"unsubscribe_reason": "I no longer want to receive these emails"} if out else {}),
        "consents_to_one_to_one_messaging": True,
        "sms_phone_number": "",
        "sms_subscription_status": "",
        "sms_subscription_last_updated": "",
        "merge_fields": _merge_fields(rng, person, first),
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": offset(agreed) if stamped and rng.random() < 0.7 else "",
        "ip_opt": "192.0.2.10" if stamped else "",
        "timestamp_opt": offset(agreed) if stamped else "",
        "member_rating": 2,
        "last_changed": offset(changed),
        "language": {"DE": "de", "GB": "en", "US": "en"}[person.country],
        "vip": False,
        "email_client": "",
        "location": {"latitude": 0, "longitude": 0, "country_code": person.country},
        "source": "Import" if status == "imported" else "Hosted Signup Form",
        "tags_count": 0,
        "tags": [],
        "list_id": LIST_ID,
    }


def _status(status: str) -> str:
    return {"imported": "subscribed", "dora": "unsubscribed"}.get(status, status)


def _merge_fields(rng: Random, person: Person, first: str) -> Record:
    luck = rng.random()
    phone = ""
    if not person.story and luck < 0.35:
        phone = written(rng, person.phone, person.country)
    elif not person.story and luck > 0.97:
        phone = SHOP_PHONE
    birthday = f"{rng.randrange(1, 13):02d}/{rng.randrange(1, 29):02d}"
    return {
        "FNAME": first,
        "LNAME": person.last,
        "ADDRESS": {
            "addr1": "",
            "addr2": "",
            "city": "",
            "state": "",
            "zip": "",
            "country": person.country,
        },
        "PHONE": phone,
        "BIRTHDAY": birthday if rng.random() < 0.2 else "",
        "COMPANY": "",
    }


def _broken(now: datetime) -> Record:
    """What an import once left behind: a member without an address."""
    return {
        "id": "",
        "email_address": "",
        "status": "subscribed",
        "merge_fields": {},
        "last_changed": offset(now - timedelta(days=31)),
        "list_id": LIST_ID,
    }


def _campaigns(now: datetime) -> tuple[Record, ...]:
    return tuple(
        {
            "id": key,
            "web_id": 4_746_000 + index,
            "type": "regular",
            "status": "sent",
            "create_time": offset(now - timedelta(days=days + 1)),
            "send_time": offset(now - timedelta(days=days)),
            "emails_sent": MEMBERS,
            "recipients": {"list_id": LIST_ID, "list_is_active": True, "list_name": "Newsletter"},
            "settings": {"subject_line": subject, "title": subject, "from_name": "Lumen & Loom"},
        }
        for index, (key, subject, days) in enumerate(CAMPAIGNS)
    )


def _activity(rng: Random, member: Record, now: datetime) -> tuple[Record, ...]:
    opened = []
    for key, subject, days in CAMPAIGNS:
        if member["status"] == "subscribed" and rng.random() < 0.35:
            moment = now - timedelta(days=days) + timedelta(minutes=rng.randrange(5, 2000))
            opened.append(
                {
                    "activity_type": rng.choice(("open", "open", "click")),
                    "created_at_timestamp": offset(moment),
                    "campaign_id": key,
                    "campaign_title": subject,
                }
            )
    return tuple(reversed(opened))
