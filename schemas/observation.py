"""One vendor record, normalised: what a connector makes and the resolver consumes."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.frozen import Frozen
from schemas.identifiers import Claim, Identifier, Subject

Short = Annotated[str, StringConstraints(max_length=256)]
Trait = Literal[
    "name", "first_name", "last_name", "email", "phone", "company", "birthday", "language",
    "street", "city", "postcode", "region", "country", "lifecycle",
]  # fmt: skip
"""The traits of a customer. An address is its parts."""
NAMED: Final[Mapping[str, Trait]] = {"surname": "last_name"}
"""Traits by the name that a composite identifier type has for them."""
PARTS: Final = frozenset[Trait](
    {
        "name", "first_name", "last_name", "birthday", "company",
        "street", "postcode", "city", "region", "country",
    }
)  # fmt: skip
"""The traits that a composite may be made of: what changes with the day tells nobody apart."""

Channel = Literal["email", "sms", "phone", "post", "any"]


class Record(Frozen):
    """The source record itself. The unit of removal, in all its versions.

    `version` orders versions of one record as text (an ISO time or a padded number);
    `occurred_at` is the record's creation time at the source and never changes between versions.
    """

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    version: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    occurred_at: AwareDatetime


class Money(Frozen):
    """An amount in minor units (cents) of an ISO 4217 currency; may be negative."""

    minor: int
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Interaction(Frozen):
    """Something that happened on a channel: an order, a call, a ticket, a deal, an e-mail opened.

    `amount` is set when the interaction bears money that counts towards the customer's value.
    """

    kind: Literal["order", "call", "ticket", "deal", "email"]
    title: Short
    amount: Money | None = None
    status: Short = ""
    lines: tuple[Short, ...] = ()
    """What was bought or said, one short line each; at most eight are kept."""


class ConsentSignal(Frozen):
    """What a record says about consent for a purpose on a channel.

    `effective_at` is set only from a timestamp of the consent itself; without it the signal can
    lower consent and never raise it. `identifier` is the address or number it is about; none
    means the person.
    """

    purpose: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
    channel: Channel = "any"
    state: Literal["granted", "withdrawn"]
    effective_at: AwareDatetime | None = None
    identifier: Identifier | None = None
    method: Short = ""


class Observation(Frozen):
    """What one version of one source record says.

    A contact's record has traits; another's has one interaction. `merged` names contacts of the
    same source that the vendor merged into this subject. `deleted` says that the source deleted it.
    """

    subject: Subject
    record: Record
    claims: tuple[Claim, ...] = ()
    traits: dict[Trait, Short] = Field(default_factory=dict, json_schema_extra={"default": {}})
    """By a factory, since a default would be copied deeply for each record without traits."""
    interaction: Interaction | None = None
    consents: tuple[ConsentSignal, ...] = ()
    merged: tuple[Subject, ...] = ()
    deleted: bool = False
