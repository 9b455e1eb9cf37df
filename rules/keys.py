"""Opaque keys: `HMAC(pepper, sha256(value))`, so that no key can be guessed back to a person.

The inner SHA-256 lets a request that brings only a hash of an address be looked up.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from schemas.graph import CustomerId, IdentifierKey, SubjectKey
from schemas.identifiers import Identifier, Subject

BYTES = 16
"""128 bits: no collision is to be expected below 10^18 values."""


LENGTH: Final = 22
"""Characters of a key after its version."""


@dataclass(frozen=True, slots=True)
class Pepper:
    """The first secret, which names subjects, records and customers for good.

    Addresses, numbers and words of names are under `later` ones too, each over the key that was
    made with those before: so a key can be taken to the next pepper without knowing its value.
    """

    secret: bytes
    version: int = 1
    later: tuple["Pepper", ...] = ()
    coming: "Pepper | None" = None
    """The next one, while keys are being taken to it. What is under way is in `rules.renaming`."""
    begun: bool = False
    """Whether new keys are made with it already; before, everybody must have come to know it."""


def digest(pepper: Pepper, scope: str, inner: bytes) -> str:
    """The key of a value within a scope (a type, `subject`, `record`, `customer`)."""
    message = scope.encode() + b"\0" + inner
    mac = hmac.digest(pepper.secret, message, "sha256")[:BYTES]
    return f"{pepper.version}{urlsafe_b64encode(mac).decode().rstrip('=')}"


def of_hash(pepper: Pepper, type_: str, value_sha256: bytes) -> IdentifierKey:
    """The key of an identifier of which only the SHA-256 of its normalised value is known."""
    key = f"{type_}#{digest(pepper, type_, value_sha256)}"
    for each in pepper.later:
        key = over(each, key)
    return key


def of_identifier(pepper: Pepper, identifier: Identifier) -> IdentifierKey:
    """`<type>#<hash>`."""
    return of_hash(pepper, identifier.type, sha256(identifier.value.encode()).digest())


def over(pepper: Pepper, key: IdentifierKey) -> IdentifierKey:
    """The key under a later pepper. A source's own id says nothing of a person: it stays."""
    type_, _, name = key.partition("#")
    return key if ":" in type_ else f"{type_}#{digest(pepper, type_, name.encode())}"


def made_with(key: IdentifierKey) -> int:
    """The version of the last pepper in a key."""
    version = key.partition("#")[2][:-LENGTH]
    return int(version) if version.isdecimal() else 0


def renewed(pepper: Pepper, key: IdentifierKey) -> IdentifierKey:
    """The key under the pepper that is coming; itself where none is, or where it is so already."""
    coming = pepper.coming
    return over(coming, key) if coming and _older(key, coming) else key


def latest(pepper: Pepper, key: IdentifierKey) -> IdentifierKey:
    """The newest name of an identifier, whichever of its names was kept somewhere."""
    return renewed(pepper, arrived(pepper, key))


def arrived(pepper: Pepper, key: IdentifierKey) -> IdentifierKey:
    """Its name under the peppers that all keys have come to, as `of_identifier` makes it."""
    for each in pepper.later:
        key = over(each, key) if _older(key, each) else key
    return key


def names(pepper: Pepper, key: IdentifierKey) -> tuple[IdentifierKey, ...]:
    """The names that it may have now, the former first; one, unless another pepper is coming."""
    return tuple(dict.fromkeys((key, renewed(pepper, key))))


def told_of(pepper: Pepper, identifier: Identifier) -> tuple[IdentifierKey, ...]:
    """The keys under which to write what is said of it: both, while either may be looked under."""
    return names(pepper, of_identifier(pepper, identifier))


def _older(key: IdentifierKey, pepper: Pepper) -> bool:
    """What was made with no pepper, as a customer's name in the ledger, stays what it is."""
    return not is_own(key) and 0 < made_with(key) < pepper.version


def of_subject(pepper: Pepper, subject: Subject) -> SubjectKey:
    """The subject's name in the table: the hash in the key of its own id (`subject_of`)."""
    return digest(
        pepper, f"{subject.source}:{subject.object}", sha256(subject.id.encode()).digest()
    )


def of_record(pepper: Pepper, kind: str, id_: str) -> str:
    """A record's name among its subject's records."""
    return digest(pepper, "record", sha256(f"{kind}:{id_}".encode()).digest())


def of_customer(pepper: Pepper, founder: SubjectKey) -> CustomerId:
    """A customer's id: its founder's, so that a split restores the former ids."""
    return "c" + digest(pepper, "customer", founder.encode()).replace("_", "0").replace("-", "1")


def type_of(key: IdentifierKey) -> str:
    """The identifier type that a key was made for."""
    return key.partition("#")[0]


def of_own(subject: Subject, s: SubjectKey) -> IdentifierKey | None:
    """The key of the source's own id of the subject `s`; anonymous subjects have none."""
    return None if subject.object == "anonymous" else f"{subject.source}:{subject.object}#{s}"


def is_own(key: IdentifierKey) -> bool:
    """Whether the key is of a source's own id."""
    return ":" in type_of(key)


def subject_of(key: IdentifierKey) -> SubjectKey:
    """The subject that a source's own id names, whether or not it was seen."""
    return key.partition("#")[2]
