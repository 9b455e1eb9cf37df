"""What people ask for about evidence, and what they are told became of it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.frozen import Frozen, Written
from schemas.graph import CustomerId
from schemas.policy import Policy

Word = Annotated[str, StringConstraints(min_length=1, max_length=320)]
Why = Annotated[str, StringConstraints(max_length=500)]


class SplitAsked(Written):
    """Take these subjects, `<source>:<object>:<id>` each, out of their customer."""

    subjects: Annotated[tuple[Word, ...], Field(min_length=1, max_length=255)]
    why: Why = ""


class MergeAsked(Written):
    """Make one customer of two; each by anything that means one customer to who may read people,
    else by its id or a subject.
    """

    a: Word
    b: Word
    why: Why = ""


class ReviewAsked(Written):
    """The reason for accepting or rejecting a review."""

    why: Why = ""


class MarkAsked(Written):
    """An address, a number, or `<source>:<object>:<id>`, and what is to hold of it.

    `force` is the very number of records that would be joined, to trust what many carry.
    """

    identifier: Word
    mark: Literal["block", "trust", "clear"]
    why: Why = ""
    force: int | None = None


class MarkedView(Frozen):
    """What holds of an identifier, and of how many records and customers; a hundred are counted."""

    mark: Literal["block", "trust", "clear"]
    type: str
    at: AwareDatetime
    by: str
    records: int
    customers: int | None = None


class PartView(Frozen):
    """A customer, and its subjects by their readable keys."""

    customer: CustomerId
    subjects: tuple[str, ...]


class JudgedView(Frozen):
    """The customers as they are now. `written` is how many pieces of evidence were kept.

    `joined` says whether those who were asked about are one of them. `because` says what still
    stands in the way of what was asked for, if anything does, and `advice` what could be done.
    """

    at: AwareDatetime
    by: str
    written: int
    joined: bool
    customers: tuple[PartView, ...]
    because: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class PolicyAsked(Written):
    """A policy to try, or to adopt. `cursor` continues a dry run.

    `blast_radius` is the share of customers that may change; `force` is the very number of those
    that would, for going beyond.
    """

    policy: Policy
    cursor: str = ""
    blast_radius: Annotated[float, Field(ge=0, le=1)] = 0.05
    force: int | None = None


class MoveView(Frozen):
    """Customers that would become one, or a customer that would become several."""

    kind: Literal["merge", "split"]
    customers: tuple[CustomerId, ...]
    subjects: int


class DiffView(Frozen):
    """A dry run so far: `items` of this page, the numbers of all pages until here."""

    current: str
    candidate: str
    items: tuple[MoveView, ...] = ()
    read: int = 0
    """Rows of the table that were read first, for rules that read what records said otherwise."""
    seen: int = 0
    changed: int = 0
    merges: int = 0
    splits: int = 0
    largest: int = 0
    traits: bool = False
    """Whether what is known of a customer may come from other sources: that is not counted."""
    next: str | None = None


class AdoptionView(Frozen):
    """The policy in force, and how far what it changes in the graph is carried out."""

    version: str
    at: AwareDatetime | None = None
    seen: int = 0
    done: bool = True
    starts_at: AwareDatetime | None = None
    """When no resolver uses the former rules any more; none where nothing is to be done."""
    last: bool = False
    """It goes through everything twice, and this is the second time."""
    former: tuple[str, ...] = ()
    """The policy before, and those before it that were not carried out to the end."""
