"""What the HTTP API answers with. Absent values are left out; every list pages by `next`."""

from pydantic import AwareDatetime

from schemas.decision import Reason
from schemas.frozen import Frozen
from schemas.graph import CustomerId
from schemas.observation import Channel, Trait
from schemas.policy import Basis


class FieldView(Frozen):
    """A trait, and the record that says so."""

    value: str
    source: str
    record: str
    at: AwareDatetime


class KnownView(Frozen):
    """An identifier, and where it was first seen."""

    type: str
    value: str
    source: str
    at: AwareDatetime


class Worth(Frozen):
    """What was bought in one currency: a plain decimal amount, over this many interactions."""

    currency: str
    amount: str
    orders: int


class CustomerView(Frozen):
    """A customer, as far as the caller's role is cleared."""

    id: CustomerId
    version: int
    name: str = ""
    traits: dict[Trait, FieldView] = {}
    identifiers: tuple[KnownView, ...] = ()
    sources: tuple[str, ...] = ()
    value: tuple[Worth, ...] = ()
    reviews: int = 0
    """Links to others that were refused and that a person may decide on."""


class Happening(Frozen):
    """One interaction on one channel. `amount` is a plain decimal."""

    at: AwareDatetime
    source: str
    kind: str
    record: str
    title: str
    status: str = ""
    amount: str = ""
    currency: str = ""
    lines: tuple[str, ...] = ()


class Bought(Frozen):
    """A line of an order."""

    what: str
    at: AwareDatetime
    source: str
    order: str


class PurposeView(Frozen):
    """Whether a purpose is permitted now, over a channel, to an address; why; by which events."""

    purpose: str
    title: str
    basis: Basis
    channel: Channel
    identifier: str = ""
    permitted: bool
    reason: Reason
    evidence: tuple[str, ...] = ()


class Candidate(Frozen):
    """One of several customers who carry what was asked for."""

    id: CustomerId
    name: str = ""
    sources: tuple[str, ...] = ()
    value: tuple[Worth, ...] = ()


class ContextView(Frozen):
    """Whom an identifier means. `candidates` instead of a customer when it means several."""

    purpose: str
    role: str
    customer: CustomerView | None = None
    bought: tuple[Bought, ...] = ()
    purposes: tuple[PurposeView, ...] = ()
    history: tuple[Happening, ...] = ()
    next: str | None = None
    candidates: tuple[Candidate, ...] = ()


class CheckpointView(Frozen):
    """How far one kind of record was read. `reason` is why it stays where it is."""

    kind: str
    records: int
    at: AwareDatetime | None = None
    age_seconds: int | None = None
    reason: str = ""
    failed_at: AwareDatetime | None = None


class QueueView(Frozen):
    """Messages that wait, that are being worked on, and that were given up."""

    name: str
    waiting: int
    working: int
    dead: int


class SourceView(Frozen):
    """A source. `webhooks` is a tally of those accepted: one worked on twice counts twice."""

    name: str
    connector: str
    schedule: str
    pulled: int
    webhooks: int = 0
    set_aside: int = 0
    set_aside_because: dict[str, int] = {}
    """Reason → how many, of the first hundred or so."""
    checkpoints: tuple[CheckpointView, ...] = ()
    queue: QueueView | None = None


class DestinationView(Frozen):
    """A destination: how many (person, identifier) are in which last state, and why."""

    name: str
    connector: str
    mode: str
    outcomes: dict[str, int] = {}
    withheld_because: dict[Reason, int] = {}
    queue: QueueView | None = None


class StatusView(Frozen):
    """What flows, what is stuck and why. `merges` is subjects beyond each customer's first."""

    stage: str
    at: AwareDatetime
    policy: str
    customers: int
    subjects: int
    merges: int
    reviews: int
    set_aside: int
    sources: tuple[SourceView, ...]
    destinations: tuple[DestinationView, ...]
    queues: tuple[QueueView, ...] = ()
    """All of them; of the stream, which has none to wait in, where its failures end."""


class SourcesView(Frozen):
    """The sources of `sluice.yaml`, all of them."""

    items: tuple[SourceView, ...]
    next: str | None = None


class SyncView(Frozen):
    """A pull was asked for; `at` is when, to tell checkpoints that moved since."""

    source: str
    request: str
    at: AwareDatetime


class AsideView(Frozen):
    """A record that could not be used. What it says stays in the table."""

    source: str
    id: str
    kind: str
    reason: str
    at: AwareDatetime


class QuarantineView(Frozen):
    """Records set aside."""

    items: tuple[AsideView, ...]
    next: str | None = None


class ReviewView(Frozen):
    """A link that was refused: of which type, between which customers, and why."""

    id: str
    type: str
    reason: str
    detail: str = ""
    customers: tuple[CustomerId, ...] = ()


class ReviewsView(Frozen):
    """Pairs kept apart, for a person to decide on."""

    items: tuple[ReviewView, ...]
    next: str | None = None
