"""A Zendesk account with Talk: callers, tickets and calls, and two agents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from local.company.model import Desk, Record
from local.company.people import SHOP_PHONE, Person
from local.company.spelling import recased, typo, written
from local.company.times import after, zulu

USERS: Final = 52
TICKETS: Final = 25
CALLS: Final = 14
BASE: Final = 46_400_000_000_000
URL: Final = "https://lumen-loom.zendesk.com/api/v2"
SUBJECTS: Final = (
    "Where is my parcel?",
    "Lamp arrived broken",
    "Exchange for another colour",
    "Invoice for the last order",
    "How to warp the loom?",
)


@dataclass(slots=True)
class _Desk:
    """The account while it is being filled."""

    rng: Random
    now: datetime
    users: list[Record] = field(default_factory=list)
    identities: dict[int, tuple[Record, ...]] = field(default_factory=dict)
    tickets: list[Record] = field(default_factory=list)
    calls: list[Record] = field(default_factory=list)


def desk(seed: int, now: datetime, who: Sequence[Person]) -> Desk:
    """The account as of `now`. Ada has phoned today, for the first time."""
    made = _Desk(Random(f"{seed}:zendesk"), now)
    for name in ("Agent Smithers", "Agent Okafor"):
        _agent(made, name)
    callers = made.rng.sample([person for person in who if not person.story], USERS)
    seen: set[str] = set()
    for person in callers:
        _caller(made, person, shared=person.phone in seen)
        seen.add(person.phone)
    customers = made.users[2:]
    for user in made.rng.choices(customers, k=TICKETS):
        _ticket(made, user, after(made.rng, now - timedelta(days=300), now), "web")
    for user in made.rng.choices([user for user in customers if user["phone"]], k=CALLS):
        _call(made, user, after(made.rng, now - timedelta(days=300), now))
    _ada_phones(made, next(person for person in who if person.story == "ada"))
    tickets, calls = tuple(made.tickets), tuple(made.calls)
    return Desk(tuple(made.users), made.identities, tickets, calls)


def _user(made: _Desk, name: str, created: datetime) -> Record:
    key = BASE + 1 + len(made.users) * 101
    user: Record = {
        "id": key,
        "url": f"{URL}/users/{key}.json",
        "name": name,
        "email": None,
        "created_at": zulu(created),
        "updated_at": zulu(created),
        "time_zone": "Europe/Berlin",
        "iana_time_zone": "Europe/Berlin",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": "end-user",
        "verified": False,
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "last_login_at": None,
        "details": None,
        "notes": None,
        "suspended": False,
        "user_fields": {},
    }
    made.users.append(user)
    made.identities[key] = ()
    return user


def _agent(made: _Desk, name: str) -> None:
    user = _user(made, name, made.now - timedelta(days=1200))
    local = name.split()[1].lower()
    user |= {"role": "agent", "verified": True, "email": f"{local}@example.com"}
    _identify(made, user, "email", user["email"])


def _caller(made: _Desk, person: Person, *, shared: bool) -> None:
    rng = made.rng
    name = typo(rng, person.name) if rng.random() < 0.1 else person.name
    user = _user(made, name, after(rng, person.joined, made.now))
    luck = rng.random()
    if luck < 0.8:
        user["email"] = recased(rng, person.email) if luck < 0.05 else person.email.lower()
        _identify(made, user, "email", user["email"])
    if luck < 0.8 and person.old_email:
        _identify(made, user, "email", person.old_email)
    if luck > 0.4:
        user["phone"] = written(rng, person.phone, person.country) if shared else person.phone
        user["shared_phone_number"] = shared
    if user["phone"] and not shared:
        _identify(made, user, "phone_number", person.phone)


def _identify(made: _Desk, user: Record, kind: str, value: str) -> None:
    known = made.identities[user["id"]]
    key = user["id"] + 1_000_000 + len(known)
    identity: Record = {
        "id": key,
        "url": f"{URL}/users/{user['id']}/identities/{key}.json",
        "user_id": user["id"],
        "type": kind,
        "value": value,
        "verified": True,
        "primary": not any(other["type"] == kind for other in known),
        "created_at": user["created_at"],
        "updated_at": user["updated_at"],
    }
    made.identities[user["id"]] = (*known, identity)


def _ticket(made: _Desk, user: Record, moment: datetime, channel: str) -> Record:
    number = len(made.tickets) + 1
    subject = made.rng.choice(SUBJECTS)
    source: Record = {"from": {}, "to": {}, "rel": None}
    if channel == "voice":
        source["from"] = {"phone": user["phone"], "formatted_phone": user["phone"]}
        source["to"] = {"phone": SHOP_PHONE, "formatted_phone": SHOP_PHONE, "name": "Shop line"}
        source["rel"] = "inbound"
        subject = f"Phone call from: {user['name']}"
    ticket: Record = {
        "url": f"{URL}/tickets/{number}.json",
        "id": number,
        "external_id": None,
        "via": {"channel": channel, "source": source},
        "created_at": zulu(moment),
        "updated_at": zulu(moment),
        "generated_timestamp": int(moment.timestamp()),
        "type": "question",
        "subject": subject,
        "raw_subject": subject,
        "description": subject,
        "priority": "normal",
        "status": made.rng.choice(("open", "solved", "solved", "closed")),
        "recipient": None,
        "requester_id": user["id"],
        "submitter_id": user["id"],
        "assignee_id": made.users[0]["id"],
        "organization_id": None,
        "tags": [],
        "custom_fields": [],
        "satisfaction_rating": {"score": "unoffered"},
        "brand_id": 46_406_158,
        "is_public": True,
    }
    made.tickets.append(ticket)
    return ticket


def _call(made: _Desk, user: Record, moment: datetime) -> None:
    ticket = _ticket(made, user, moment, "voice")
    seconds = made.rng.randrange(40, 900)
    made.calls.append(
        {
            "id": 36_100_000_000 + len(made.calls) * 17,
            "ticket_id": ticket["id"],
            "customer_id": user["id"],
            "agent_id": made.users[0]["id"],
            "phone_number": SHOP_PHONE,
            "phone_number_id": 360_002_120_000,
            "line": SHOP_PHONE,
            "line_type": "phone",
            "direction": "inbound",
            "duration": seconds,
            "talk_time": seconds - 20,
            "wait_time": 20,
            "hold_time": 0,
            "minutes_billed": seconds // 60 + 1,
            "completion_status": "completed",
            "voicemail": False,
            "call_recording_consent": "opt_in",
            "call_recording_consent_action": None,
            "created_at": zulu(moment),
            "updated_at": zulu(moment + timedelta(seconds=seconds)),
        }
    )


def _ada_phones(made: _Desk, ada: Person) -> None:
    """Talk makes a user of a new number; nothing but the number says who it is."""
    midnight = made.now.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = max(midnight, made.now - timedelta(minutes=35))
    user = _user(made, f"Caller {ada.phone}", moment)
    user |= {"phone": ada.phone, "shared_phone_number": False}
    _identify(made, user, "phone_number", ada.phone)
    _call(made, user, moment)
    made.calls[-1] |= {"duration": 60, "talk_time": 40, "minutes_billed": 1}
    made.calls[-1]["updated_at"] = zulu(moment + timedelta(seconds=60))
