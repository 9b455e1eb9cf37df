"""From what a caller knows of somebody to the customers it means."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pydantic import ValidationError

from adapters.customers import Customers
from functions import wiring
from functions.problem import NotServed
from rules import keys, names, normalise
from rules.identity_claims import canonical
from schemas.graph import CustomerId, IdentifierHead, IdentifierKey, Island, SubjectKey
from schemas.identifiers import Identifier, Subject

MOST: Final = 25
"""More customers than that are no answer to who somebody is."""
WORDS: Final = 16
"""More words than that are no name; each costs a read."""
KNOBS: Final = frozenset({"purpose", "cursor", "limit"})
ASKED_BY: Final = "phone=, email=, name=, subject=<source>:<object>:<id> or <source>:<object>=<id>"


class Found(NamedTuple):
    """A customer and the island it is in."""

    customer: CustomerId
    island: Island


def find(customers: Customers, query: Mapping[str, str]) -> tuple[Found, ...]:
    """The customers whom the one identifier in a query means; none when nobody is known by it."""
    asked = {name: value for name, value in query.items() if name not in KNOBS}
    if len(asked) != 1:
        raise NotServed(400, f"Ask by exactly one of {ASKED_BY}.")
    ((kind, value),) = asked.items()
    match kind:
        case "phone" | "email":
            return _by_address(customers, kind, value)
        case "name":
            return _by_name(customers, value)
        case "subject":
            return _by_subject(customers, *_parts(value))
        case _:
            source, _, object_ = kind.partition(":")
            if source not in wiring.config().sources or not object_:
                detail = f"This parameter is nothing to ask by. Ask by exactly one of {ASKED_BY}."
                raise NotServed(400, detail)
            return _by_subject(customers, source, object_, value)


def by_id(customers: Customers, customer: CustomerId) -> tuple[Found, ...]:
    """The customer of this id, or the one that took it over: as its island says, since a view may
    not know yet that it is somebody again.
    """
    for _ in range(MOST):
        view = customers.profiles([customer]).get(customer)
        found = _of([view.island], customers, {customer}) if view else ()
        if found or view is None or not view.into:
            return found
        customer = view.into
    return ()


def address_keys(kind: str, value: str) -> tuple[IdentifierKey, ...]:
    """The key of an e-mail address or a phone number, as somebody typed it; two, while keys are
    taken from one to the other.
    """
    read = normalise.email(value) if kind == "email" else _phone(value)
    if read is None:
        raise NotServed(400, f"This is no {kind} that could be anybody's. Check it.")
    identifier = canonical(read, wiring.policy()[1].identity)
    return keys.told_of(wiring.pepper(), identifier)


def _by_address(customers: Customers, kind: str, value: str) -> tuple[Found, ...]:
    """One key after the other, as carriers come from one to the next, so that nobody is missed."""
    heads = [h for key in address_keys(kind, value) for h in customers.carriers([key]).values()]
    found = [each for head in heads for each in _carrying(customers, head)]
    return tuple({each.customer: each for each in found}.values())[:MOST]


def _phone(value: str) -> Identifier | None:
    """`+` in a query that was not encoded arrives as a space."""
    plus = value.startswith(" ") and value[1:2].isdigit()
    return normalise.phone(f"+{value[1:]}" if plus else value, wiring.config().country)


def _carrying(customers: Customers, head: IdentifierHead) -> tuple[Found, ...]:
    """Who carries an identifier: all in one island, unless it joins nobody."""
    if not head.quarantined:
        return _holding(customers, head.members, [head.island])
    members = sorted(customers.members([head.key])[head.key])[: 4 * MOST]
    islands = [each.island for each in customers.heads(members).values()]
    return _holding(customers, members, islands)


def subject_named(value: str) -> SubjectKey:
    """The subject that `<source>:<object>:<id>` names, known or not."""
    return _key(*_parts(value))


def _key(source: str, object_: str, id_: str) -> SubjectKey:
    try:
        subject = Subject(source=source, object=object_, id=id_)
    except ValidationError as error:
        detail = "The parts of a subject have at most 64, 32 and 256 characters."
        raise NotServed(400, detail) from error
    return keys.of_subject(wiring.pepper(), subject)


def _by_subject(customers: Customers, source: str, object_: str, id_: str) -> tuple[Found, ...]:
    s = _key(source, object_, id_)
    head = customers.heads([s]).get(s)
    return _holding(customers, [s], [head.island]) if head else ()


def _parts(value: str) -> tuple[str, str, str]:
    source, _, rest = value.partition(":")
    object_, _, id_ = rest.partition(":")
    if not (source and object_ and id_):
        raise NotServed(400, "A subject is <source>:<object>:<id>: shopify-eu:customer:42, say.")
    return source, object_, id_


def _by_name(customers: Customers, value: str) -> tuple[Found, ...]:
    wanted = names.spellings(value)
    if not 0 < len(wanted) <= WORDS:
        raise NotServed(400, "This is no name. Give a first or a last name, or both.")
    pepper = wiring.pepper()
    found = [
        _listed(
            customers,
            [place for word in each for place in names.partitions(pepper, word)],
            moving=pepper.coming is not None,
        )
        for each in sorted(wanted)
    ]
    ids = sorted(frozenset.intersection(*found))[:MOST]
    islands = [profile.island for profile in customers.profiles(ids).values() if not profile.gone]
    return _of(islands, customers, set(ids))


def _listed(
    customers: Customers, partitions: Iterable[str], *, moving: bool
) -> frozenset[CustomerId]:
    """In the order in which rows move, so that none is missed."""
    found = (customers.named(each, 10 * MOST, consistent=moving) for each in partitions)
    return frozenset[CustomerId]().union(*found)


def _holding(
    customers: Customers, subjects: Iterable[SubjectKey], names_: Iterable[str]
) -> tuple[Found, ...]:
    wanted = set(subjects)
    islands = {island.g: island for island in customers.islands(names_).values()}
    found = {
        label: island
        for island in islands.values()
        for s, label in island.labels.items()
        if s in wanted
    }
    return tuple(Found(customer, island) for customer, island in sorted(found.items()))[:MOST]


def _of(names_: Iterable[str], customers: Customers, wanted: set[CustomerId]) -> tuple[Found, ...]:
    islands = {island.g: island for island in customers.islands(names_).values()}
    return tuple(
        Found(customer, island)
        for island in islands.values()
        for customer in sorted(wanted.intersection(island.labels.values()))
    )
