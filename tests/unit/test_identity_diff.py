"""A change of rules, tried on paper: whom it would merge, whom it would split."""

from rules.identity import Marks
from rules.identity_diff import Under, diff
from schemas.graph import Node
from schemas.policy import IdentifierRule, IdentityRules


def rules(phone: int) -> IdentityRules:
    return IdentityRules(
        types={
            "email": IdentifierRule(level=1),
            "phone": IdentifierRule(level=2, limit=phone),
        }
    )


def node(*links: str) -> Node:
    return Node(created="2026", own=None, links=frozenset(links))


FAMILY = {
    "ada": node("phone#1", "email#a"),
    "ben": node("phone#1"),
    "cem": node("phone#1"),
    "ada2": node("email#a"),
}


def family(phone: int) -> Under:
    return Under(FAMILY, Marks(), rules(phone))


def test_a_higher_limit_merges_and_a_lower_one_splits() -> None:
    looser = diff(family(2), family(3))
    assert looser.merges == (frozenset(FAMILY),)
    assert (looser.splits, looser.largest) == ((), 4)
    stricter = diff(family(3), family(2))
    assert stricter.splits == (frozenset(FAMILY),)
    assert (stricter.merges, stricter.largest) == ((), 2)


def bound(emails: int) -> IdentityRules:
    return IdentityRules(types={"email": IdentifierRule(level=1, per_subject=emails)})


def test_a_lower_bound_per_subject_splits_and_a_higher_one_merges() -> None:
    """Whether the subject with too much of it is told so by its node, or by the rules alone."""
    others = {"ben": node("email#b"), "cem": node("email#c")}
    ada = node("email#b", "email#c")
    set_aside = ada.model_copy(update={"links": frozenset(), "crowded": ada.links})
    for each in (ada, set_aside):
        nodes = {"ada": each, **others}
        few, more = (Under(nodes, Marks(), bound(emails)) for emails in (1, 2))
        looser = diff(few, more)
        assert (looser.merges, looser.splits) == ((frozenset(nodes),), ())
        stricter = diff(more, few)
        assert (stricter.merges, stricter.splits) == ((), (frozenset(nodes),))


def test_the_same_rules_change_nothing() -> None:
    same = diff(family(3), family(3))
    assert (same.merges, same.splits) == ((), ())


def test_nobody_is_no_customer() -> None:
    nobody = Under({}, Marks(), rules(3))
    assert diff(nobody, nobody).largest == 0
