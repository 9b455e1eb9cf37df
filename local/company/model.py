"""What the generator makes: each system's records in that vendor's own shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """A Shopify shop: GraphQL objects; an order's `customer` is a reference by id or None."""

    name: str
    currency: str
    customers: tuple[Record, ...]
    orders: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """A Mailchimp audience; `activity` is keyed by subscriber hash, newest first."""

    list_id: str
    members: tuple[Record, ...]
    campaigns: tuple[Record, ...]
    activity: Mapping[str, tuple[Record, ...]]


@dataclass(frozen=True, slots=True)
class Desk:
    """A Zendesk account with Talk; `identities` is keyed by user id."""

    users: tuple[Record, ...]
    identities: Mapping[int, tuple[Record, ...]]
    tickets: tuple[Record, ...]
    calls: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Crm:
    """A HubSpot portal; `deal_contacts` maps a deal's id to its contacts' ids."""

    contacts: tuple[Record, ...]
    deals: tuple[Record, ...]
    deal_contacts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Company:
    """Everything, as of `now`. `stories` gives the ids of the cast: story → system → id."""

    seed: int
    now: datetime
    shops: Mapping[str, Shop]
    mailchimp: Audience
    zendesk: Desk
    hubspot: Crm
    stories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
