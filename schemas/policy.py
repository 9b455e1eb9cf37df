"""`policy.yaml`: what identifies, what is permitted, what may leave. Owner: privacy."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from schemas.frozen import Whole, Written, YesNo, YesNoOrDefault
from schemas.identifiers import IdentifierType
from schemas.observation import Channel, Trait
from schemas.patterns import checked, ending

Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
Basis = Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
Fact = Literal["value", "orders", "segment"]
"""What is worked out of a customer's records."""

RetentionClass = Literal["interaction", "profile", "delivery", "quarantine"]
"""The classes of items that the sweep knows."""
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(checked)]
"""Checked wherever a policy comes from: a bad one would stop every record."""
Patterns = Annotated[tuple[Pattern, ...], Field(max_length=32), AfterValidator(ending)]
"""Each value is tried on all of its type."""


class IdentifierRule(Written):
    """How identifiers of one type join people.

    `level` is strength and priority in one: 0 strongest. More than `limit` subjects make a value
    junk; a subject that carries more than `per_subject` values is linked by none of them. `junk`
    are regular expressions that a whole value must match to be junk. Of a `current` type only the
    newest version of a subject's records counts. Of a `unique` type no customer has two values;
    where nothing is said, sources' own ids are unique, and nothing else is.
    """

    level: Annotated[Whole, Field(ge=0, le=9)]
    limit: Annotated[Whole, Field(ge=2, le=64)] = 8
    per_subject: Annotated[Whole, Field(ge=1, le=64)] = 16
    junk: Patterns = ()
    current: YesNo = False
    unique: YesNoOrDefault = None


class IdentityRules(Written):
    """The rules of `docs/identity.md`. Types that are not named here never link.

    Only a source's own ids (`<source>:<object>`) need no rule; they are level 0 always.
    """

    types: Annotated[dict[IdentifierType, IdentifierRule], Field(max_length=64)]
    scope_cap: Annotated[Whole, Field(ge=2, le=256)] = 256
    survivorship: dict[Trait, Literal["newest", "trusted", "complete"]] = {}
    trust: tuple[str, ...] = ()
    """Sources, the most trusted first; those not named come last."""
    plus_tags: YesNo = False
    """Whether `a+shop@example.com` is the same address as `a@example.com`."""
    dotless_domains: Annotated[tuple[str, ...], Field(max_length=256)] = ()
    """Domains where `a.b@` is the same address as `ab@`, as addresses are compared: in lower case
    and ASCII."""


class PurposeRule(Written):
    """Why data is used. Only a basis of `consent` needs a recorded grant."""

    basis: Basis
    title: str = ""


class DestinationRule(Written):
    """What one destination may receive, for which purpose, on which channel."""

    purpose: Purpose
    channel: Channel = "any"
    fields: tuple[Trait | Fact, ...] = ()


class RoleRule(Written):
    """What callers of a role may see."""

    purposes: tuple[Purpose, ...]
    fields: tuple[str, ...] = ("*",)


class RetentionRule(Written):
    """How long an item class is kept, from which moment, and why."""

    days: Annotated[Whole, Field(ge=1)]
    trigger: Literal["recorded", "last_activity", "withdrawn"]
    basis: str


class Policy(Written):
    """A version of the policy; its name is the hash of its content (`rules.policy.version`)."""

    identity: IdentityRules
    purposes: dict[Purpose, PurposeRule]
    destinations: dict[str, DestinationRule] = {}
    roles: dict[Literal["agent", "operator", "privacy"], RoleRule] = {}
    retention: dict[RetentionClass, RetentionRule] = {}
