"""A link that a person took out of the reckoning is out under every spelling of its value.

Rules about spelling change keys, and an ignored link names one. So it tells, beside the key of its
day, those that its value has where the rules spell more values alike. Two links are of one value
where the rules of both their days together spell them alike: whatever came first, and whichever
rules there were in between.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from rules import keys
from rules.identity_claims import canonical
from rules.identity_evidence import stated
from rules.keys import Pepper
from rules.normalise_again import readings
from rules.resolution_islands import Laws
from schemas.graph import IdentifierKey, Island, Link, SubjectKey, Verdict
from schemas.identifiers import Identifier
from schemas.policy import IdentityRules

Spelling = frozenset[str]
"""What does not count in an address: its dots, its tag."""
SPELLINGS: Final[tuple[Spelling, ...]] = tuple(
    map(frozenset, ((), ("dots",), ("tags",), ("dots", "tags")))
)
Links = Mapping[IdentifierKey, Link]


def bound(
    verdict: Verdict, links: Links, rules: Iterable[IdentityRules], pepper: Pepper
) -> Verdict:
    """An ignored link with its other keys. `rules` are those of its day, and any under which it
    may have been linked; what it was made of is read off its subject's links.
    """
    made = _made(verdict.b, links, pepper) if verdict.kind == "ignore" else None
    if verdict.spelt or made is None:
        return verdict
    read, value = made
    said = frozenset[str]().union(*(spelling(value, each) for each in rules))
    said |= next(each for each in SPELLINGS if spelled(read, each) == value)
    spelt = tuple(
        (" ".join(sorted(each)), keys.of_identifier(pepper, spelled(value, each)))
        for each in SPELLINGS
        if said <= each
    )
    return verdict.model_copy(update={"spelt": spelt})


def copies(s: SubjectKey, verdicts: Iterable[Verdict], links: Links, laws: Laws) -> list[Verdict]:
    """What people ignored of `s`, said of those of its links that are of the same value now."""
    mine = [bound(v, links, (), laws.pepper) for v in verdicts if v.kind == "ignore" and v.a == s]
    return [copy for v in mine for copy in _said_of(v, links, links, laws)]


def shared(
    island: Island, links: Links, fresh: Iterable[IdentifierKey], laws: Laws
) -> list[Verdict]:
    """The same, of `fresh` links, for whoever carries them: what they are by the rules of now may
    be what somebody was ignored for, whose own records are read by them only later.
    """
    ignored = [bound(v, links, (), laws.pepper) for v in island.verdicts if v.kind == "ignore"]
    fresh = frozenset(fresh)
    there = [(v, stated(island.nodes[v.a]) & fresh) for v in ignored if v.a in island.nodes]
    return [copy for v, carried in there for copy in _said_of(v, carried, links, laws)]


def _said_of(
    verdict: Verdict, carried: Iterable[IdentifierKey], links: Links, laws: Laws
) -> Iterator[Verdict]:
    for key in sorted(carried):
        if key != verdict.b and is_of(verdict, key, links, laws):
            yield verdict.model_copy(update={"b": key})


def is_of(verdict: Verdict, key: IdentifierKey, links: Links, laws: Laws) -> bool:
    """Whether a link, made under the rules, is of the value that was ignored."""
    pepper = laws.pepper
    made = _made(key, links, pepper) if keys.type_of(key) == keys.type_of(verdict.b) else None
    if made is None or not verdict.spelt:
        return False
    spelt = {frozenset(name.split()): each for name, each in verdict.spelt}
    both = spelling(made[1], laws.rules) | min(spelt, key=len)
    alike = keys.of_identifier(pepper, spelled(made[1], both))
    return keys.latest(pepper, spelt[both]) == keys.latest(pepper, alike)


def is_copy(verdict: Verdict, pepper: Pepper) -> bool:
    """Whether it is about another spelling than the one that the person ignored."""
    if not verdict.spelt:
        return False
    return keys.latest(pepper, verdict.b) != keys.latest(pepper, verdict.spelt[0][1])


def spelling(value: Identifier, rules: IdentityRules) -> Spelling:
    """Which of the rules about spelling are in force for a value."""
    domains = _domains(value)
    dots = {"dots"} if domains.intersection(rules.dotless_domains) else set[str]()
    tags = {"tags"} if domains and rules.plus_tags else set[str]()
    return frozenset(dots | tags)


def spelled(value: Identifier, how: Spelling) -> Identifier:
    """The value as such rules spell it; a composite, as they spell its parts."""
    dotless = tuple(sorted(_domains(value))) if "dots" in how else ()
    rules = IdentityRules(types={}, plus_tags="tags" in how, dotless_domains=dotless)
    return _by_part(value, lambda part: canonical(part, rules))


def _by_part(value: Identifier, spell: Callable[[Identifier], Identifier]) -> Identifier:
    parts = [spell(part).value for part in _parts(value)]
    return value.model_copy(update={"value": "|".join(parts)}) if parts else value


def _domains(value: Identifier) -> frozenset[str]:
    addresses = (part.value for part in _parts(value) if part.type == "email")
    return frozenset(each.rpartition("@")[2] for each in addresses)


def _parts(value: Identifier) -> list[Identifier]:
    """None of a composite that was too long to be kept whole."""
    types = value.type.split("+")
    values = value.value.split("|") if len(types) > 1 else [value.value]
    if len(types) != len(values):
        return []
    return [Identifier(type=t, value=v) for t, v in zip(types, values, strict=True)]


def _made(key: IdentifierKey, links: Links, pepper: Pepper) -> tuple[Identifier, Identifier] | None:
    """What a link's value was read as, and what rules made of that: its key proves both."""
    link = links.get(key)
    if link is None or "email" not in link.type.split("+"):
        return None
    for read, made in readings(link.type, link.value):
        if keys.latest(pepper, keys.of_identifier(pepper, made)) == keys.latest(pepper, key):
            return read, made
    return None
