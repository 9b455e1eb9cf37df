"""What a record identifies by, under the rules: canonical addresses, and composite types."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Final

from rules.normalise import comparable, postcode
from schemas.identifiers import Claim, Identifier, IdentifierType
from schemas.observation import NAMED, PARTS, Observation, Trait
from schemas.policy import IdentityRules

LONGEST: Final = 512
COMPARED: Final[Mapping[str, Callable[[str], str | None]]] = {"postcode": postcode}


def under(observation: Observation, rules: IdentityRules) -> Observation:
    """The observation as the rules read it: canonical identifiers, and composites of its claims."""
    composites = [type_ for type_ in sorted(rules.types) if "+" in type_]
    if not composites and not rules.plus_tags and not rules.dotless_domains:
        return observation
    stated = tuple(
        claim.model_copy(update={"identifier": canonical(claim.identifier, rules)})
        for claim in observation.claims
    )
    composed = (
        claim for type_ in composites for claim in _composed(type_, stated, observation.traits)
    )
    consents = tuple(
        signal.model_copy(update={"identifier": canonical(signal.identifier, rules)})
        if signal.identifier
        else signal
        for signal in observation.consents
    )
    return observation.model_copy(update={"claims": (*stated, *composed), "consents": consents})


def spellings(identifier: Identifier) -> tuple[Identifier, ...]:
    """Itself, and what any rule about spelling could make of it."""
    if identifier.type != "email":
        return (identifier,)
    domain = identifier.value.rpartition("@")[2]
    rules = (
        IdentityRules(types={}, plus_tags=tags, dotless_domains=(domain,) if dots else ())
        for tags in (False, True)
        for dots in (False, True)
    )
    return tuple(dict.fromkeys(canonical(identifier, each) for each in rules))


def canonical(identifier: Identifier, rules: IdentityRules) -> Identifier:
    """The identifier that this one is the same as, where a rule says so."""
    if identifier.type != "email":
        return identifier
    local, _, domain = identifier.value.rpartition("@")
    if rules.plus_tags:
        local = local.split("+", maxsplit=1)[0] or local
    if domain in rules.dotless_domains:
        local = local.replace(".", "")
    return identifier.model_copy(update={"value": f"{local}@{domain}"})


def _composed(
    type_: IdentifierType, stated: tuple[Claim, ...], traits: Mapping[Trait, str]
) -> tuple[Claim, ...]:
    """One for each combination of the parts; none where the record lacks a part."""
    values = [_part(part, stated, traits) for part in type_.split("+")]
    return tuple(
        Claim(identifier=Identifier(type=type_, value="|".join(parts)[:LONGEST]))
        for parts in product(*values)
    )


def _part(part: str, stated: tuple[Claim, ...], traits: Mapping[Trait, str]) -> tuple[str, ...]:
    claimed = tuple(c.identifier.value for c in stated if c.identifier.type == part)
    known = {str(trait): value for trait, value in traits.items() if trait in PARTS}
    said = known.get(NAMED.get(part, part))
    if claimed or said is None:
        return claimed
    value = COMPARED.get(part, comparable)(said)
    return (value,) if value else ()
