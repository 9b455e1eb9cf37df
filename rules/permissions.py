"""Which purposes are permitted towards a customer now, over which channel, to which address."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from rules import delivery
from rules.consent import ConsentRows
from rules.delivery import Addressee, Person
from rules.gate import Book, permit
from schemas.observation import Channel
from schemas.policy import PurposeRule
from schemas.views import PurposeView

REACHED_BY: Final[Mapping[Channel, str]] = {"email": "email", "sms": "phone", "phone": "phone"}


def permissions(
    book: Book, person: Person, everybody: Addressee, said: ConsentRows, now: datetime
) -> tuple[PurposeView, ...]:
    """One row for each purpose, channel and address. `everybody` stands for no address at all."""
    return tuple(
        _view(book, purpose, channel, (addressee, said), now)
        for purpose, rule in book.policy.purposes.items()
        for channel in _channels(book, purpose, rule, said)
        for addressee in _addressees(person, channel) or (everybody,)
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
        identifier=addressee.identifier.value if addressee.key in addressee.addresses else "",
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


def _addressees(person: Person, channel: Channel) -> tuple[Addressee, ...]:
    type_ = REACHED_BY.get(channel)
    return delivery.addressees(person, type_) if type_ else ()
