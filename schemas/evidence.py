"""What people ask for about evidence, and what they are told became of it."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.frozen import Frozen, Written
from schemas.graph import CustomerId

Word = Annotated[str, StringConstraints(min_length=1, max_length=320)]
Why = Annotated[str, StringConstraints(max_length=500)]


class SplitAsked(Written):
    """Take these subjects, `<source>:<object>:<id>` each, out of their customer."""

    subjects: Annotated[tuple[Word, ...], Field(min_length=1, max_length=255)]
    why: Why = ""


class MergeAsked(Written):
    """Make one customer of two; each by anything that means one customer."""

    a: Word
    b: Word
    why: Why = ""


class ReviewAsked(Written):
    """The reason for accepting or rejecting a review."""

    why: Why = ""


class PartView(Frozen):
    """A customer, and its subjects by their readable keys."""

    customer: CustomerId
    subjects: tuple[str, ...]


class JudgedView(Frozen):
    """The customers as they are now. `written` is how many pieces of evidence were kept.

    `because` says what still stands in the way of what was asked for, if anything does.
    """

    at: AwareDatetime
    by: str
    written: int
    customers: tuple[PartView, ...]
    because: tuple[str, ...] = ()
