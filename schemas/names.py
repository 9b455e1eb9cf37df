"""What the two files name must be there: pure, so that it holds wherever a policy comes from."""

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from schemas.advice import Complaint, Place, meant
from schemas.config import Config
from schemas.observation import NAMED, Trait
from schemas.observation import PARTS as COMPOSED
from schemas.policy import Policy

CLAIMED: Final = ("email", "phone")
PARTS: Final = (*CLAIMED, *NAMED, *(each for each in get_args(Trait) if each in COMPOSED))
SEEN: Final = ("*", *get_args(Trait), "value", "orders", "history", "identifiers")
"""What a role may be cleared for, beside types of identifiers."""


def within(policy: Policy) -> Iterator[Complaint]:
    """Names in a policy that stand for nothing."""
    for type_, of_type in policy.identity.types.items():
        yield from _type(type_)
        yield from _own(type_, of_type.level)
    yield from _twice(policy.identity.types)
    for index, domain in enumerate(policy.identity.dotless_domains):
        yield from _domain(("identity", "dotless_domains", index), domain)
    for name, rule in policy.destinations.items():
        yield from _purpose(("destinations", name, "purpose"), rule.purpose, policy)
    for role, cleared in policy.roles.items():
        for index, purpose in enumerate(cleared.purposes):
            yield from _purpose(("roles", role, "purposes", index), purpose, policy)
        for index, field in enumerate(cleared.fields):
            if field not in SEEN and next(_type(field), None):
                text = f'"{field}" is no field of a customer.{meant(field, (*SEEN, *CLAIMED))}'
                yield Complaint(("roles", role, "fields", index), text)


def between(config: Config, policy: Policy) -> Iterator[Complaint]:
    """Destinations without a rule, and rules for systems that are not there."""
    for name in config.destinations:
        if name not in policy.destinations:
            text = (
                f'destination "{name}" has no rule here, so nothing may leave for it. Write '
                f"{name}: {{purpose: ..., channel: ..., fields: [...]}}."
            )
            yield Complaint(("destinations",), text)
    for name in policy.destinations:
        if name not in config.destinations:
            text = f'"{name}" is no destination of sluice.yaml.{meant(name, config.destinations)}'
            yield Complaint(("destinations", name), text)
    for index, name in enumerate(policy.identity.trust):
        yield from _source(("identity", "trust", index), name, config)
    for type_ in policy.identity.types:
        if ":" in type_:
            place = ("identity", "types", type_)
            yield from _source(place, type_.partition(":")[0], config)


def _type(name: str) -> Iterator[Complaint]:
    """Types that no record ever claims."""
    parts = name.split("+")
    place = ("identity", "types", name)
    if ":" in name or name in CLAIMED:
        return
    if len(parts) > 1 and set(parts) <= set(PARTS):
        yield from _repeated(place, parts)
        return
    if len(parts) > 1:
        wrong = next(part for part in parts if part not in PARTS)
        yield Complaint(place, f'no identifier has a part "{wrong}".{meant(wrong, PARTS)}')
        return
    close = meant(name, CLAIMED)
    every = " Write email, phone, parts joined by + (phone+surname), or <source>:<object>."
    text = every if close.startswith(" Write one of") else close
    yield Complaint(place, f'no record has an identifier of type "{name}".{text}')


def _own(type_: str, level: int) -> Iterator[Complaint]:
    """What is said of sources' own ids and could not hold."""
    place: Place = ("identity", "types", type_)
    if ":" in type_ and "+" in type_:
        better = "+".join(part for part in type_.split("+") if ":" not in part)
        text = f"a source's own id joins by itself and is no part of another. Write {better}."
        yield Complaint(place, text)
    elif ":" in type_ and level:
        yield Complaint((*place, "level"), "a source's own ids are level 0 always. Write 0.")


def _repeated(place: Place, parts: list[str]) -> Iterator[Complaint]:
    """A part that stands twice tells nobody apart."""
    first: dict[str, str] = {}
    for part in parts:
        first.setdefault(NAMED.get(part, part), part)
    once = list(first.values())
    if len(once) < len(parts):
        enough = len(once) > 1 or once[0] in CLAIMED
        better = "+".join(once) if enough else "two parts that are not the same"
        yield Complaint(place, f"a part of it stands twice. Write {better}.")


def _twice(types: Iterable[str]) -> Iterator[Complaint]:
    """Composites of the same parts, which would link the same people under two rules."""
    first: dict[frozenset[str], str] = {}
    for name in types:
        parts = frozenset(NAMED.get(part, part) for part in name.split("+"))
        known = first.setdefault(parts, name)
        if "+" in name and known != name and "+" in known:
            text = f"this has the same parts as {known}. Write one of them."
            yield Complaint(("identity", "types", name), text)


def _domain(place: Place, name: str) -> Iterator[Complaint]:
    """Domains that no address has in the form in which addresses are compared."""
    found = _compared(name.strip().rpartition("@")[2])
    if found != name:
        better = found or "what stands after the @: example.com"
        yield Complaint(place, f'no address is compared by a domain "{name}". Write {better}.')


def _compared(domain: str) -> str | None:
    """As `rules.normalise` leaves it."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain.lower()
    except EmailNotValidError:
        return None


def _purpose(place: Place, name: str, policy: Policy) -> Iterator[Complaint]:
    if name not in policy.purposes:
        yield Complaint(place, f'no purpose "{name}" is defined.{meant(name, policy.purposes)}')


def _source(place: Place, name: str, config: Config) -> Iterator[Complaint]:
    if name not in config.sources:
        text = f'"{name}" is no source of sluice.yaml.{meant(name, config.sources)}'
        yield Complaint(place, text)
