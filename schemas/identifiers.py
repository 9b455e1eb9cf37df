"""What a person can be recognised by, and the subjects that carry it."""

from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from schemas.frozen import Frozen

IdentifierType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_+-]*(:[a-z0-9_-]+)?$")]
"""`email`, `phone`, a composite such as `phone+surname`, or `<source>:<object>` for source ids."""


class Identifier(Frozen):
    """A normalised value of a type. Two are the same when both fields are equal."""

    type: IdentifierType
    value: Annotated[str, StringConstraints(min_length=1, max_length=512)]


class Claim(Frozen):
    """An identifier as one record states it; `raw` is the value as received."""

    identifier: Identifier
    raw: Annotated[str, StringConstraints(max_length=1024)] = ""


class Subject(Frozen):
    """Who a record is about: a source's own contact id, or its exact set of identifiers.

    `key` is `<source>:<object>:<id>`, or `<source>:anonymous:<digest>` for a record without a
    contact (see `rules.subjects.anonymous`).
    """

    source: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    object: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    created_at: AwareDatetime | None = None
    """Creation time at the source: the founder of a customer is its oldest subject."""

    @property
    def key(self) -> str:
        """The subject's name everywhere outside the table."""
        return f"{self.source}:{self.object}:{self.id}"

    @property
    def own(self) -> Identifier | None:
        """The source's own id as an identifier, unique per source; none for anonymous."""
        if self.object == "anonymous":
            return None
        return Identifier(type=f"{self.source}:{self.object}", value=self.id)
