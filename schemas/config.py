"""`sluice.yaml`: the systems, where they are and how they are called. Owner: IT."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from schemas.frozen import Written

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,47}$")]
Rate = Annotated[
    str, StringConstraints(pattern=r"^rate\([0-9]+ (minute|minutes|hour|hours|day|days)\)$")
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class System(Written):
    """A configured instance of a connector: two shops of one vendor are two sources.

    `connector` is a name in `connectors.registry` or a dotted module of one's own.
    """

    connector: str
    base_url: Url
    settings: dict[str, Any] = {}


class Source(System):
    """Where records come from."""

    schedule: Rate = "rate(15 minutes)"
    overlap_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300


class Destination(System):
    """Where records go. In `shadow` the gate decides and records, and nothing is sent."""

    mode: Literal["shadow", "live"] = "shadow"


class Config(Written):
    """The whole of `sluice.yaml`. Secrets are named, never written, here."""

    company: str
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "US"
    """Hint for phone numbers without a country of their own."""
    issuer: Url | None = None
    """The OpenID issuer of API tokens; none means the stack's own user pool."""
    sources: dict[Name, Source]
    destinations: dict[Name, Destination] = {}

    @model_validator(mode="after")
    def _hint(self) -> "Config":
        """A source without a country of its own reads numbers by the company's."""
        for source in self.sources.values():
            source.settings.setdefault("country", self.country)
        return self
