"""The items of the graph table, as models. Keys and codecs are in `adapters.graph`.

`s`, identifier keys, `g` and customer ids are opaque: HMACs or random, never personal data.
An identifier key reads `<type>#<hash>`.
"""

from typing import Literal

from pydantic import AwareDatetime

from schemas.bonds import Bond
from schemas.frozen import Frozen
from schemas.identifiers import Claim, Subject
from schemas.late import Late
from schemas.marks import Mark
from schemas.observation import Channel, Interaction, Trait

SubjectKey = str
IdentifierKey = str
CustomerId = str


class Link(Frozen):
    """Why a subject carries an identifier: the first record that said so. `value` as received."""

    type: str
    value: str
    source: str
    record: str
    at: AwareDatetime
    version: str = ""
    """Set when only the newest versions of contact records say so (types declared `current`)."""


class Total(Frozen):
    """Money of one currency, in minor units, over `count` interactions."""

    count: int
    minor: int


class IdentifierHead(Frozen):
    """`I#<type>#<hash>` / `HEAD`: who carries it, all of them in `island` while it is usable.

    A source's own id has none: it is `SubjectHead.own`. Once quarantined, for its degree or
    because joining would make an island too large, further members are rows
    `I#<key>#<shard>` / `M#<s>`, written under the gate `I#<key>` / `GATE#<shard>` of `epoch`.
    """

    key: IdentifierKey
    version: int
    members: frozenset[SubjectKey]
    island: str
    quarantined: Literal["degree", "too_large", "lifting"] | None = None
    epoch: int = 0
    blocked: bool = False
    trusted: bool = False
    marked: Mark | None = None
    """The last word on either."""
    moved: bool = False
    """Its carriers are being taken to its key under the next pepper, a few at a time."""
    arriving: bool = False
    """They are being taken here: until all are, nobody can tell how many there are."""


class Current(Frozen):
    """What the newest version of a contact record names, of types declared `current`."""

    order: str
    keys: frozenset[IdentifierKey]


class SubjectHead(Frozen):
    """`S#<s>` / `HEAD`. `version` moves when links, island or creation time do, not with totals.

    `seen` is false while other records name the subject and it was not observed itself. `own` is
    kept only when others carry its source id.
    """

    s: SubjectKey
    subject: Subject
    version: int
    island: str
    links: dict[IdentifierKey, Link] = {}
    aliases: frozenset[str] = frozenset()
    """`<s> <kind>:<id>`: whom the vendor merged into this one, by which record."""
    own: IdentifierHead | None = None
    seen: bool = True
    totals: dict[str, Total] = {}
    erased_at: AwareDatetime | None = None
    late: Late | None = None
    """Kept from an erasure until its last call."""
    removed: dict[str, AwareDatetime] = {}
    """Records that were taken out, by their name in the table: nothing older gets in again."""
    current: dict[str, Current] = {}
    """By the records' names in the table; empty unless a type is declared `current`."""
    doubtful: dict[IdentifierKey, AwareDatetime] = {}
    """Links that may have been a removed record's alone, since when; `""` is the subject itself."""
    parted: int = 0
    """The version that it came to when a record last left it: who waits in `PARTED` names it."""
    leaving: frozenset[IdentifierKey] = frozenset()
    """Links that are gone for its island, while their identifiers' heads still name it."""
    crowded: frozenset[IdentifierKey] = frozenset()
    """Links that link nobody, since the subject has too many of their type."""
    parting: frozenset[IdentifierKey] = frozenset()
    """Those of them whose identifiers' heads still name it."""


class RecordRow(Frozen):
    """`S#<s>` / `R#C#<kind>#<r>` for a contact, `R#I#<time>#<r>` for an interaction.

    `said` is what all accepted versions of the record say of identifiers (`rules.resolution_said`),
    of one that can move, what its newest version says; `now` is the mark of what the newest says.
    """

    s: SubjectKey
    source: str
    kind: str
    id: str
    version: str
    occurred_at: AwareDatetime
    said: frozenset[str] = frozenset()
    now: str = ""
    traits: dict[Trait, str] = {}
    interaction: Interaction | None = None
    deleted: bool = False
    identifiers: frozenset[IdentifierKey] = frozenset()
    """Of rows from before `said` was kept: the links of all versions, under the rules of then."""
    unlinked: tuple[Claim, ...] = ()
    """Of such rows: what the newest version said that did not link."""
    merged: frozenset[SubjectKey] = frozenset()
    """Whom, by its newest version, the vendor merged into the subject."""
    since: AwareDatetime | None = None
    """Its subject or record was taken out then: nothing older is added to it."""
    movable: bool = False
    """It is where its pointer says, and its newest version alone counts."""


class ConsentRow(Frozen):
    """`I#<key>` or `S#<s>` / `K#<purpose>#<channel>#<time>#<digest>`: one event, never changed.

    `stated` is false for a state without a timestamp of the consent itself: it can only lower.
    `heard_at` is when the hub first heard of it; it is no part of the digest.
    """

    purpose: str
    channel: Channel
    state: Literal["granted", "withdrawn"]
    effective_at: AwareDatetime
    stated: bool
    source: str
    record: str
    method: str = ""
    heard_at: AwareDatetime | None = None


class Node(Frozen):
    """A subject inside an island. `own` is its source's own id as an identifier key.

    `crowded` is what it carries beside its links and is not linked by, being too much of a type.
    """

    created: str
    own: IdentifierKey | None
    links: frozenset[IdentifierKey]
    crowded: frozenset[IdentifierKey] = frozenset()


class Review(Frozen):
    """A link that was refused, and why; a person may decide otherwise."""

    identifier: IdentifierKey
    subjects: frozenset[SubjectKey]
    reason: Literal["unique", "never", "component", "scope", "too_large", "crowded"]
    detail: str = ""


class Verdict(Frozen):
    """Evidence about a pair, a link or an identifier, by a person or a vendor."""

    kind: Literal["alias", "always", "never", "ignore"]
    a: str
    b: str
    at: AwareDatetime
    by: str
    why: str = ""
    spelt: tuple[tuple[str, IdentifierKey], ...] = ()
    """Of an ignored link the keys of its value, by the rules about spelling (`rules.ignored`)."""


class Island(Frozen):
    """`G#<g>` / `HEAD`: a superset of scopes; `into` is set when another island took it over."""

    g: str
    version: int
    into: str | None = None
    nodes: dict[SubjectKey, Node] = {}
    labels: dict[SubjectKey, CustomerId] = {}
    reviews: tuple[Review, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    unusable: frozenset[IdentifierKey] = frozenset()
    oversized: frozenset[IdentifierKey] = frozenset()
    """Those unusable because joining by them would have made an island too large for its row."""
    bonds: tuple[Bond, ...] = ()
    """Customers that fell apart: what was said while they were one binds each part."""


class Field(Frozen):
    """A trait with its provenance."""

    value: str
    source: str
    record: str
    at: AwareDatetime


class Known(Frozen):
    """An identifier of a customer, readable."""

    key: IdentifierKey
    type: str
    value: str
    source: str
    at: AwareDatetime


class Profile(Frozen):
    """`C#<id>` / `META`: the folded view of a customer. `into` when it was merged away.

    `version` grows with every change; `changed` names what the last one changed.
    """

    customer: CustomerId
    version: int
    island: str
    island_version: int
    subjects: dict[SubjectKey, str] = {}
    """s → the subject's readable key."""
    identifiers: tuple[Known, ...] = ()
    traits: dict[Trait, Field] = {}
    totals: dict[str, Total] = {}
    reviews: int = 0
    gone: bool = False
    """No subject carries this id any more (merged away or erased)."""
    into: CustomerId | None = None
    """The customer that took all of its subjects over, when it is gone by a merge."""
