"""What a subject's head says when it has too many links of a type for any of them to link it.

Such links stay on the head, since its records say so; its node and the identifiers' heads do not
have them. Whether a link is one of them depends on its own head and on the rules alone.
"""

from rules.identity import too_many
from schemas.graph import IdentifierKey, SubjectHead
from schemas.policy import IdentityRules


def standing(head: SubjectHead) -> frozenset[IdentifierKey]:
    """The links that are evidence: what the subject's node has."""
    return frozenset(head.links) - head.leaving - head.crowded


def held(head: SubjectHead) -> frozenset[IdentifierKey]:
    """The links whose identifiers' heads, or rows, name the subject."""
    return frozenset(head.links) - (head.crowded - head.parting)


def weighed(head: SubjectHead, rules: IdentityRules) -> SubjectHead:
    """The head where what has become too many links nobody; what is lost is crowded no more.

    What has become few enough is released in a step of its own (`released`).
    """
    lost = head.leaving & head.crowded
    gone = lost - head.parting
    links = {key: link for key, link in head.links.items() if key not in gone}
    leaving = head.leaving - gone
    fresh = too_many(links.keys() - leaving, rules) - head.crowded
    if not lost and not fresh:
        return head
    return head.model_copy(
        update={
            "links": links,
            "leaving": leaving,
            "crowded": (head.crowded - lost) | fresh,
            "parting": (head.parting - lost) | fresh,
        }
    )


def released(head: SubjectHead, rules: IdentityRules) -> frozenset[IdentifierKey]:
    """Links that were too many and are not any more."""
    if not head.crowded or not head.seen:
        return frozenset()
    return head.crowded - too_many(head.links.keys() - (head.leaving - head.crowded), rules)


def due(head: SubjectHead, rules: IdentityRules) -> frozenset[IdentifierKey]:
    """Those of them that no identifier's head names any more, so that they can come anew."""
    return released(head, rules) - head.parting


def unsettled(head: SubjectHead, rules: IdentityRules) -> bool:
    """Whether identifiers' heads, or its node, have still to follow what the head says."""
    return bool(head.leaving or head.parting or released(head, rules))
