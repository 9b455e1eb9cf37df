"""Who calls the API, from the claims that the JWT authorizer has verified."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal, get_args

from functions.problem import NotServed
from schemas.policy import Policy, RoleRule

Role = Literal["agent", "operator", "privacy"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
READERS: Final[tuple[Role, ...]] = ("agent", "privacy")
"""Who may read people at all, as far as the policy clears them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is the issuer's opaque subject, never an address."""

    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may see, for one purpose."""

    caller: str
    role: Role
    purpose: str
    rule: RoleRule

    def sees(self, field: str) -> bool:
        """Whether the role is cleared for a field."""
        return "*" in self.rule.fields or field in self.rule.fields

    @property
    def reads(self) -> bool:
        """Whether people may be looked up by what they are known by: for a purpose alone."""
        return bool(self.purpose)


def caller_of(event: Mapping[str, Any]) -> Caller:
    """The caller of an HTTP API event (payload 2.0); 401 without verified claims."""
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    claims = authorizer.get("jwt", {}).get("claims") or {}
    name = str(claims.get("sub") or "")
    if not name:
        raise NotServed(HTTPStatus.UNAUTHORIZED, "Send a bearer token: ./sluice token --role agent")
    groups = _groups(claims.get("cognito:groups", claims.get("roles")))
    return Caller(name, frozenset(role for role in ROLES if role in groups))


def require(caller: Caller, *allowed: Role) -> Role:
    """The first of the allowed roles that the caller holds; 403 when it holds none."""
    for role in allowed:
        if role in caller.roles:
            return role
    wanted = " or ".join(allowed)
    held = ", ".join(sorted(caller.roles)) or "none"
    detail = f"This needs the role {wanted}; the token holds {held}. Ask for one with it."
    raise NotServed(HTTPStatus.FORBIDDEN, detail)


def access(caller: Caller, allowed: tuple[Role, ...], purpose: str, policy: Policy) -> Access:
    """Access for `purpose` (the role's first when empty); 403 names what the role may use."""
    require(caller, *allowed)
    rules = _rules(caller, allowed, policy)
    for role, rule in rules:
        if rule.purposes and (not purpose or purpose in rule.purposes):
            return Access(caller.name, role, purpose or rule.purposes[0], rule)
    known = sorted({each for _, rule in rules for each in rule.purposes})
    said = "not for this purpose" if purpose else "for no purpose"
    detail = (
        f"policy.yaml clears this role {said}. Add purpose= one of: {', '.join(known) or 'none'}."
    )
    raise NotServed(HTTPStatus.FORBIDDEN, detail, purposes=known)


def clearance(caller: Caller, allowed: tuple[Role, ...], policy: Policy) -> Access:
    """What a caller may see of people beside what `allowed` lets it do: nothing, unless it is a
    reader, too.
    """
    role = require(caller, *allowed)
    if any(rule.purposes for _, rule in _rules(caller, READERS, policy)):
        return access(caller, READERS, "", policy)
    return Access(caller.name, role, "", RoleRule(purposes=(), fields=()))


def _rules(
    caller: Caller, allowed: tuple[Role, ...], policy: Policy
) -> list[tuple[Role, RoleRule]]:
    held = caller.roles & set(policy.roles)
    return [(role, policy.roles[role]) for role in allowed if role in held]


def _groups(claim: object) -> frozenset[str]:
    """The groups, as a list or as API Gateway flattens one: `[agent operator]`."""
    if isinstance(claim, list):
        return frozenset(str(each) for each in claim)
    return frozenset(re.findall(r"[\w-]+", str(claim or "")))
