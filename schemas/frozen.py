"""The bases of every model: immutable values."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Equal by content, never changed after it was made.

    Unknown fields are ignored: what a newer version wrote, an older one can still read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Written(Frozen):
    """A value that a person writes: an unknown field is an error, since it is a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
