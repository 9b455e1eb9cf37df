"""While keys are taken to the next pepper: which of its two names an identifier has where.

An identifier has one name at a time, so nothing is ever linked by half. It is the new one from
the transaction on that takes its carriers there; a new identifier gets the new one at once.
"""

from collections.abc import Iterable

from rules import keys
from rules.keys import Pepper
from rules.resolution_items import identifier_key
from rules.resolution_view import Draft
from schemas.graph import IdentifierKey, Island, SubjectHead, Verdict
from schemas.rows import ABSENT, Write

Names = dict[IdentifierKey, IdentifierKey]


def linked_as(head: SubjectHead | None, key: IdentifierKey, pepper: Pepper) -> IdentifierKey:
    """The name under which a subject is linked to an identifier, if it is."""
    new = keys.renewed(pepper, key)
    return new if head and new != key and new in head.links else key


def names(
    draft: Draft, head: SubjectHead | None, wanted: Iterable[IdentifierKey], pepper: Pepper
) -> Names:
    """By which name each is to be linked to a subject now. `Unread` for what that depends on."""
    wanted = list(wanted)
    found = {key: linked_as(head, key, pepper) for key in wanted}
    open_ = [k for k in wanted if keys.renewed(pepper, k) != k and not _known(head, found[k])]
    draft.need(identifier_key(each) for k in open_ for each in (k, keys.renewed(pepper, k)))
    return found | {key: _name(draft, key, pepper) for key in open_}


def name(draft: Draft, key: IdentifierKey, pepper: Pepper) -> IdentifierKey:
    """The name of an identifier, whoever carries it."""
    if keys.renewed(pepper, key) == key:
        return key
    draft.need(identifier_key(each) for each in (key, keys.renewed(pepper, key)))
    return _name(draft, key, pepper)


def _known(head: SubjectHead | None, key: IdentifierKey) -> bool:
    return head is not None and key in head.links


def _name(draft: Draft, key: IdentifierKey, pepper: Pepper) -> IdentifierKey:
    """Of one that nobody carries the other name must stay free until this one is taken."""
    new = keys.renewed(pepper, key)
    there = draft.identifier(key)
    if there and not there.moved:
        return key
    if there or draft.identifier(new):
        return new
    taken, free = (new, key) if pepper.begun else (key, new)
    check = Write("check", identifier_key(free), condition=ABSENT)
    if check not in draft.rows:
        draft.rows.append(check)
    return taken


def renamed_head(head: SubjectHead, old: IdentifierKey, new: IdentifierKey) -> SubjectHead:
    """A head by one identifier's new name."""

    def name(key: IdentifierKey) -> IdentifierKey:
        return new if key == old else key

    current = {
        r: each.model_copy(update={"keys": frozenset(map(name, each.keys))})
        for r, each in head.current.items()
    }
    return head.model_copy(
        update={
            "links": {name(key): link for key, link in head.links.items()},
            "doubtful": {name(key): at for key, at in head.doubtful.items()},
            "leaving": frozenset(map(name, head.leaving)),
            "crowded": frozenset(map(name, head.crowded)),
            "parting": frozenset(map(name, head.parting)),
            "current": current,
        }
    )


def renamed(island: Island, pepper: Pepper) -> Island:
    """The island as if all of its identifiers had come to their new names."""
    if pepper.coming is None:
        return island
    nodes = {
        s: node.model_copy(update={"links": frozenset(map_keys(node.links, pepper))})
        for s, node in island.nodes.items()
    }
    verdicts = tuple(
        v.model_copy(update={"b": keys.renewed(pepper, v.b)}) if v.kind == "ignore" else v
        for v in island.verdicts
    )
    update = {
        "nodes": nodes,
        "verdicts": verdicts,
        "unusable": frozenset(map_keys(island.unusable, pepper)),
        "oversized": frozenset(map_keys(island.oversized, pepper)),
    }
    return island.model_copy(update=update)


def verdicts_of(island: Island, pepper: Pepper) -> tuple[Verdict, ...]:
    """A link that a person had ignored stays so under its new name."""
    if pepper.coming is None:
        return island.verdicts
    return tuple(
        v
        if v.kind != "ignore" or (v.a in island.nodes and v.b in island.nodes[v.a].links)
        else v.model_copy(update={"b": keys.renewed(pepper, v.b)})
        for v in island.verdicts
    )


def map_keys(found: Iterable[IdentifierKey], pepper: Pepper) -> list[IdentifierKey]:
    """Each by its new name."""
    return [keys.renewed(pepper, key) for key in found]
