"""The people: who they are, before any system sees them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from local.company import names
from local.company.spelling import plain

ORDINARY: Final = 190
FAMILIES: Final = 8
MOVED: Final = 16
SHOP_PHONE: Final = "+493023125000"
"""The company's own line: typed into many records by people who had no other number."""
PREFIX: Final = {"DE": "+493023125", "GB": "+447700900", "US": "+12025550"}
DIGITS: Final = {"DE": range(100, 1000), "GB": range(100, 1000), "US": range(100, 200)}
RESERVED: Final = frozenset({"+12025550143"})


@dataclass(frozen=True, slots=True)
class Person:
    """A person who does not exist. `old_email` is set when the address has changed."""

    first: str
    last: str
    email: str
    phone: str
    country: str
    joined: datetime
    old_email: str = ""
    story: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def cast(now: datetime) -> tuple[Person, ...]:
    """The people of the three stories."""
    long_ago = now - timedelta(days=820)
    family = "+493023125077"
    return (
        Person(
            "Ada", "Byrne", "ada.byrne@example.com", "+12025550143", "US", long_ago, story="ada"
        ),
        Person("Ben", "Aydin", "ben.aydin@example.org", family, "DE", long_ago, story="ben"),
        Person("Cem", "Aydin", "cem.aydin@example.org", family, "DE", long_ago, story="cem"),
        Person(
            "Dora", "Novak", "dora.novak@example.net", "+493023125088", "DE", long_ago, story="dora"
        ),
    )


def people(seed: int, now: datetime) -> tuple[Person, ...]:
    """The cast and the ordinary people; some share a phone, some have changed their address."""
    rng = Random(f"{seed}:people")
    countries = ["DE"] * 105 + ["GB"] * 38 + ["US"] * 47
    phones = {country: _phones(rng, country) for country in PREFIX}
    taken = {person.email for person in cast(now)}
    ordinary = []
    for country in countries[:ORDINARY]:
        first, last = rng.choice(names.FIRST[country]), rng.choice(names.LAST[country])
        email = _address(rng, first, last, taken)
        joined = now - timedelta(days=rng.randrange(40, 1100), seconds=rng.randrange(86_400))
        ordinary.append(Person(first, last, email, phones[country].pop(), country, joined))
    rng.shuffle(ordinary)
    return cast(now) + tuple(_moved(rng, _families(ordinary), taken))


def _phones(rng: Random, country: str) -> list[str]:
    numbers = [f"{PREFIX[country]}{digits}" for digits in DIGITS[country]]
    numbers = [number for number in numbers if number not in RESERVED]
    rng.shuffle(numbers)
    return numbers


def _address(rng: Random, first: str, last: str, taken: set[str]) -> str:
    shapes = ("{f}.{l}", "{f}{l}", "{f[0]}.{l}", "{f}_{l}", "{l}.{f}", "{f}.{l}{n}")
    while True:
        local = rng.choice(shapes).format(f=plain(first), l=plain(last), n=rng.randrange(60, 100))
        email = f"{local}@example.{rng.choice(('com', 'org', 'net'))}"
        if email not in taken:
            taken.add(email)
            return email


def _families(ordinary: list[Person]) -> list[Person]:
    """The first pairs of one country become families: one surname, one phone."""
    result = list(ordinary)
    for index in range(0, 2 * FAMILIES, 2):
        head = result[index]
        result[index + 1] = replace(
            result[index + 1], last=head.last, phone=head.phone, country=head.country
        )
    return result


def _moved(rng: Random, ordinary: list[Person], taken: set[str]) -> list[Person]:
    """The last of them have left an address behind."""
    stay, go = ordinary[:-MOVED], ordinary[-MOVED:]
    return stay + [
        replace(person, old_email=_address(rng, person.first, person.last, taken)) for person in go
    ]
