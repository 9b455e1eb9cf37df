"""What a connector is: one module without I/O, and the values it exchanges with its driver.

`pull`, `fetch`, `push`, `opt_out` and `erase` are generators: they yield a `Request` and are sent
the `Response`, as httpx's auth flows do. The driver (`adapters.http`) signs, limits and retries.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json import loads
from typing import Any, Literal, Protocol

from pydantic_core import from_json

from schemas.config import System
from schemas.decision import Reason
from schemas.errors import BadRecord
from schemas.identifiers import Identifier
from schemas.observation import Observation, Trait

Json = Any
Secret = Mapping[str, str]
Kind = str


def parsed(raw: bytes) -> Json:
    """JSON, by the reader that is twice as fast; what it refuses (half a surrogate pair, a byte
    order mark, deep nesting), by the one that does not. `ValueError` when both do."""
    try:
        return from_json(raw, cache_strings="keys")
    except ValueError:
        return loads(raw)


@dataclass(frozen=True, slots=True)
class Request:
    """A call to a vendor, relative to the system's base URL. Safe to repeat."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    form: Mapping[str, str] | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: frozenset[int] = frozenset()
    """Statuses beyond 2xx that the connector wants to read itself (404 on a delete, say)."""


@dataclass(frozen=True, slots=True)
class Response:
    """A vendor's answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as JSON; a truncated one is a `BadRecord`, which the driver retries."""
        try:
            return parsed(self.body)
        except (ValueError, RecursionError) as error:
            raise BadRecord("the body is not JSON") from error


@dataclass(frozen=True, slots=True)
class Page:
    """Raw records of one kind and the cursor to resume from once they are published."""

    kind: Kind
    records: tuple[Json, ...]
    cursor: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Inbound:
    """A webhook as it arrived: raw bytes, header names in lower case, the public URL."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The webhook is not from the vendor, or too old; `reason` may be shown to the sender."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook, parsed: records to normalise, and ids to fetch.

    `id` names the delivery: the events that ask for `fetch` are called after it, so a repeat asks
    by the same name. `records` need none: the version of a record names its event. A `Delivery`
    without records or ids says nothing to us: it is answered with 2xx and nothing more.
    """

    id: str
    records: tuple[tuple[Kind, Json], ...] = ()
    fetch: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upsert:
    """What a destination is told about one person: only cleared fields are in `traits`. An empty
    value was told before and is not known any more: the destination is to clear it.
    """

    identifier: Identifier
    traits: Mapping[Trait, str]
    facts: Mapping[str, str]
    """Cleared derived facts: `value`, `orders`, `segment`."""
    customer: str
    version: int
    external_ids: tuple[Identifier, ...] = ()
    """The person's ids at this very system, when it is a source too."""
    idempotency_key: str = ""
    consented_at: datetime | None = None
    """When the grant that decided was given. Only as of then may a destination be told that
    somebody agreed: what it dates by our request would come back as a later grant."""
    reason: Reason | None = None
    """Why it is passed on, or not any more. Only what is `BINDING` is the person's own word."""
    stopped: bool = False
    """Whether an opt-out of ours may be why the destination does not use the identifier."""
    at: datetime | None = None
    """When this state was read and decided on; the same for every attempt at one delivery."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a push ended at the vendor; `evidence` is the vendor's id or status, not data."""

    status: Literal["sent", "absent", "rejected"]
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A short-lived access token and its lifetime in seconds; `secret` when it was rotated."""

    value: str
    expires_in: float
    secret: Secret | None = None


Pull = Generator[Request | Page, Response | None, None]
Push = Generator[Request, Response, Outcome]


SettingKind = Literal["text", "whole", "switch", "list", "fields", "country"]
"""`fields` is trait or fact → the vendor's name; a `whole` number is above 0."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One name under `settings`: what it is, and what it may hold."""

    what: str
    kind: SettingKind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """The facts of a connector. `kinds` are pulled in this order; `objects` are contact types.

    `movable` are kinds of records whose next version may be about somebody else: a guest's order
    that is tied to an account, a ticket whose requester changes. They cost more; others must not.
    """

    name: str
    title: str
    kinds: tuple[Kind, ...] = ()
    objects: tuple[str, ...] = ()
    movable: tuple[Kind, ...] = ()
    webhooks: bool = False
    destination: bool = False
    accepts: tuple[str, ...] = ("application/json",)
    """The content types of webhooks; anything else is answered with 415."""
    channel_identifier: str = "email"
    """The identifier type that a push addresses."""
    telling_ids: bool = False
    """Whether its ids are made from an address, as Mailchimp's are: whoever can guess the address
    knows whose they are, so they are shown to those alone who may see identifiers."""
    rotates: bool = False
    """Whether a token comes with a new secret, so that its function may write the secret, too."""
    secret_fields: Mapping[str, str] = field(default_factory=dict)
    """What `connect` asks for: field → where the vendor shows it."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """What stands under `settings` in `sluice.yaml`, beside `country`; other names are refused."""


class Connector(Protocol):
    """A module satisfies this. A source needs the first part, a destination the second."""

    SPEC: Spec

    def authorise(self, secret: Secret, token: str | None) -> Mapping[str, str]:
        """Headers of a request."""

    def token_request(self, secret: Secret) -> Request | None:
        """How to get a short-lived token; none when the secret itself is sent."""

    def read_token(self, secret: Secret, response: Response) -> Token:
        """The token in the answer to `token_request`."""

    def sign(self, secret: Secret, request: Request, now: datetime) -> Mapping[str, str]:
        """Headers that depend on what is sent; made anew for each attempt. Usually none."""

    def throttled(self, response: Response) -> float | None:
        """Seconds to wait when the vendor says, in its own way, to slow down."""

    def pull(self, system: System, kind: Kind, cursor: Mapping[str, str], now: datetime) -> Pull:
        """Every record of a kind that changed since the cursor (all, when it is empty)."""

    def fetch(self, system: System, kind: Kind, ids: tuple[str, ...]) -> Pull:
        """These records as they are now; pages carry no cursor."""

    def ping(self, system: System, inbound: Inbound) -> bool:
        """Whether it is the vendor's try of the address, which says nothing and may be unsigned:
        it is answered with 200, and neither verified nor read any further."""

    def verify(
        self, system: System, secret: Secret, inbound: Inbound, now: datetime
    ) -> Refused | None:
        """None when the webhook is genuine and fresh; checked on the raw bytes, constant time."""

    def parse(self, system: System, inbound: Inbound) -> Delivery:
        """The records in a verified webhook. `BadRecord` when the body fails its schema."""

    def normalise(self, source: str, system: System, kind: Kind, record: Json) -> Observation:
        """One vendor record as an observation, purely. `BadRecord` when it cannot be one."""

    def push(self, system: System, change: Upsert) -> Push:
        """Make the destination hold this state. Idempotent."""

    def opt_out(self, system: System, change: Upsert) -> Push:
        """Make the destination stop using the identifier for its purpose."""

    def erase(self, system: System, change: Upsert) -> Push:
        """Make the destination forget the person."""
