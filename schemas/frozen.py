"""The base of every model: immutable, closed to unknown fields."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Equal by content, never changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
