"""Which purposes are permitted towards a customer now, over which channel, to which address."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from rules import delivery
from rules.consent import ConsentRows
from rules.delivery import Addressee, Person
from rules.gate import Book, permit
from rules.keys import Pepper
from schemas.observation import Channel
from schemas.policy import PurposeRule
from schemas.views import PurposeView

REACHED_BY: Final[Mapping[Channel, str]] = {"email": "email", "sms": "phone", "phone": "phone"}


def permissions(
    book: Book, person: Person, pepper: Pepper, said: ConsentRows, now: datetime
) -> tuple[PurposeView, ...]:
    """One row for each purpose, channel and address; of who has none, for no address at all."""
    everybody = delivery.unaddressed(person, pepper)
    return tuple(
        _view(book, purpose, channel, (addressee, said), now)
        for purpose, rule in book.policy.purposes.items()
        for channel in _channels(book, purpose, rule, said)
        for addressee in _addressees(person, channel, pepper) or (everybody,)
    )


def _view(
    book: Book, purpose: str, channel: Channel, about: tuple[Addressee, ConsentRows], now: datetime
) -> PurposeView:
    addressee, said = about
    verdict = permit(book, purpose, channel, delivery.scopes(addressee, said), now)
    rule = book.policy.purposes[purpose]
    return PurposeView(
        purpose=purpose,
        title=rule.title,
        basis=rule.basis,
        channel=channel,
        identifier=""
        if addressee.identifier.type == delivery.CUSTOMER
        else addressee.identifier.value,
        permitted=verdict.permitted,
        reason=verdict.reason,
        evidence=verdict.evidence,
    )


def _channels(book: Book, purpose: str, rule: PurposeRule, said: ConsentRows) -> Iterable[Channel]:
    """Those that a destination uses or that somebody spoke of; any, where the basis is another."""
    if rule.basis != "consent":
        return ("any",)
    rules = book.policy.destinations.values()
    used: set[Channel] = {each.channel for each in rules if each.purpose == purpose}
    used |= {row.channel for rows in said.values() for row in rows if row.purpose == purpose}
    return tuple(sorted(used - {"any"})) or ("any",)


def _addressees(person: Person, channel: Channel, pepper: Pepper) -> tuple[Addressee, ...]:
    type_ = REACHED_BY.get(channel)
    return delivery.addressees(person, type_, pepper) if type_ else ()
