"""`sluice.yaml`: the systems, where they are and how they are called. Owner: IT."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.countries import COUNTRIES, COUNTRY
from schemas.frozen import Whole, Written

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,47}$")]
Rate = Annotated[
    str,
    StringConstraints(
        pattern=r"^rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)$"
    ),
]


def _reachable(url: str) -> str:
    """An address whose host and port can be called."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        message = f"this is no address: {error}. Write https://... with a number as port, or none"
        raise ValueError(message) from error
    if not host or port == 0:
        raise ValueError("this address has no host. Write https://...")
    return url


def _listed(code: str) -> str:
    """A country that there is: phone numbers without one are read by it."""
    if code not in COUNTRIES:
        hint = "GB" if code == "UK" else COUNTRY
        message = f'"{code}" is no country. Write {hint}'
        raise ValueError(message)
    return code


Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$"), AfterValidator(_reachable)]
Country = Annotated[str, StringConstraints(max_length=32), AfterValidator(_listed)]


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
    overlap_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 300


class Destination(System):
    """Where records go. In `shadow` the gate decides and records, and nothing is sent."""

    mode: Literal["shadow", "live"] = "shadow"


class Config(Written):
    """The whole of `sluice.yaml`. Secrets are named, never written, here."""

    company: str
    country: Country = "US"
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
