"""One customer at one destination: under which identifiers it is told something, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from functions.office import Errand, Office
from functions.sighting import Sighting, Sightings
from functions.telling import Telling
from rules import delivery, occupancy
from rules.delivery import Addressee, Person
from schemas.decision import DeliveryRow, Reason
from schemas.graph import IdentifierKey

FIRST: Final = 1


def deliver(office: Office, errand: Errand, seen: Sighting | None = None) -> None:
    """Makes the destination know what it may know now, and nothing else. `seen` is a reading of
    the customer that is still fresh.
    """
    issued, person = seen or Sightings(office.reader, office.clock).of(errand, ())
    if person is None:
        _strike(office, office.ledger.states([delivery.opaque(errand.customer)]))
        return
    first, *others = every = chosen(office, person)
    known = Telling(office, errand, first, barred=barred(office, first, others)).run(person, issued)
    if others or not (known or errand.version == FIRST):
        again = occupancy.further(person, every, office.own_sources, office.pepper)
        _tidy(office, errand, first, others, again)


def concerns(office: Office, errand: Errand) -> bool:
    """False when nothing changed that the destination is cleared for, or that decides.

    Every change that does matter comes with an event of its own, so none is lost by this.
    """
    rule = office.book.policy.destinations.get(office.name)
    if rule is None or errand.changed is None:
        return True
    return bool(
        errand.changed & (delivery.DECISIVE | set(rule.fields) | delivery.sources_of(rule.fields))
    )


def chosen(office: Office, person: Person) -> tuple[Addressee, ...]:
    """Under which identifiers the destination may know the customer, the one to use first.

    A destination that is not cleared for the address knows the customer by its id, and so does one
    where all of them are somebody else's.
    """
    found: tuple[Addressee, ...] = ()
    if by_address(office):
        type_ = office.connector.SPEC.channel_identifier
        found = delivery.addressees(person, type_, office.pepper, office.own_sources)
    theirs = tuple(
        each
        for each in found
        if occupancy.anothers(person, each, office.own_sources, office.pepper)
    )
    usable = tuple(each for each in found if each not in theirs)
    return (*(usable or (delivery.unaddressed(person, office.pepper),)), *theirs)


def by_address(office: Office) -> bool:
    """Whether the destination knows people by their address or number."""
    rule = office.book.policy.destinations.get(office.name)
    return rule is None or office.connector.SPEC.channel_identifier in rule.fields


def barred(office: Office, first: Addressee, others: Sequence[Addressee]) -> Reason | None:
    """Why the destination cannot be told: there is no address that it needs, or none of theirs."""
    if not by_address(office) or first.identifier.type != delivery.CUSTOMER:
        return None
    return "not_theirs" if others else "no_identifier"


def _tidy(
    office: Office,
    errand: Errand,
    first: Addressee,
    others: Sequence[Addressee],
    again: frozenset[IdentifierKey],
) -> None:
    """Other identifiers are never told anything first, and those of further contacts (`again`) go
    on being told; what is there of whomever still answers to consent.
    """
    wanted = {each.key for each in others} | {delivery.opaque(errand.customer)}
    states = office.ledger.states(wanted - {first.key})
    for other in others:
        held, more = other.key in states and states[other.key].held, other.key in again
        if held or more:
            issued = office.clock()
            person = office.reader.person(errand.customer, errand.version)
            if person:
                Telling(office, errand, other, upsert=held and more).run(person, issued)
    _strike(office, states)


def _strike(office: Office, states: Mapping[IdentifierKey, DeliveryRow]) -> None:
    """Takes off the list what was never sent, and stands for nobody any more."""
    for row in states.values():
        if not row.held and not row.opted_out:
            office.ledger.forget(row)
