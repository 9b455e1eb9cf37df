"""What a record said in all its versions, kept so that any rules can read it again.

Keys are made under the rules, the normaliser and the pepper of their day; what was said is not.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple

from rules import normalise
from rules.normalise_again import again
from schemas.identifiers import Claim, Identifier
from schemas.observation import PARTS, Observation, Trait

MOST_PARTS: Final = 512
MARK: Final = 8
"""Hexadecimal digits that tell the statements of one record apart."""


class Statement(NamedTuple):
    """What one version says of identifiers; versions that say the same have the same statement."""

    claims: tuple[Claim, ...]
    traits: dict[Trait, str]


def text_of(observation: Observation) -> str:
    """What an observation says of identifiers before any rule, and which normaliser read it."""
    claims = sorted({_written(claim) for claim in observation.claims})
    parts = {t: v for t, v in sorted(observation.traits.items()) if t in PARTS and v}
    said: list[object] = [normalise.NORMALISER, claims, *([parts] if parts else [])]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def mark_of(text: str) -> str:
    """A short name of a statement among those of its record."""
    return sha256(text.encode()).hexdigest()[:MARK]


def statement(text: str) -> Statement:
    """Reads it back; what a former normaliser read is read again as it was received, and left out
    where it is nothing any more.
    """
    version, claims, *rest = json.loads(text)
    parts: dict[Trait, str] = rest[0] if rest else {}
    read = (_claim(version, *claim) for claim in claims)
    return Statement(tuple(claim for claim in read if claim), parts)


def parted(texts: Iterable[str], whole: Iterable[str]) -> frozenset[str]:
    """Fewer words for much that was said: every identifier, and no more which were said together.

    Composites of older versions are forgotten by it. What is `whole` stays as it is.
    """
    each = [json.loads(text) for text in texts]
    single = {_text(version, [claim]) for version, claims, *_ in each for claim in claims}
    fits = frozenset(sorted(single)[:MOST_PARTS])
    return fits | frozenset(whole)


def _text(version: str, claims: list[Any]) -> str:
    return json.dumps([version, claims], ensure_ascii=False, separators=(",", ":"))


def read_then_and_now(text: str) -> Iterator[tuple[Identifier, Identifier]]:
    """What each value was read as when it was observed, and what it is read as today."""
    version, claims, *_ = json.loads(text)
    for type_, value, *raw in claims:
        then, now = Identifier(type=type_, value=value), _claim(version, type_, value, *raw)
        if now:
            yield then, now.identifier


def _written(claim: Claim) -> tuple[str, ...]:
    identifier = claim.identifier
    raw = (claim.raw,) if claim.raw and claim.raw != identifier.value else ()
    return (identifier.type, identifier.value, *raw)


def _claim(version: str, type_: str, value: str, raw: str = "") -> Claim | None:
    identifier: Identifier | None = Identifier(type=type_, value=value)
    if identifier and version != normalise.NORMALISER:
        identifier = again(identifier, raw or value)
    return Claim(identifier=identifier, raw=raw or value) if identifier else None
