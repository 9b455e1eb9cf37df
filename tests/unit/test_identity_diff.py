"""A change of rules, tried on paper: whom it would merge, whom it would split."""

from rules.identity import Marks
from rules.identity_diff import diff
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


def test_a_higher_limit_merges_and_a_lower_one_splits() -> None:
    looser = diff(FAMILY, Marks(), (), rules(2), rules(3))
    assert looser.merges == (frozenset(FAMILY),)
    assert (looser.splits, looser.largest) == ((), 4)
    stricter = diff(FAMILY, Marks(), (), rules(3), rules(2))
    assert stricter.splits == (frozenset(FAMILY),)
    assert (stricter.merges, stricter.largest) == ((), 2)


def test_the_same_rules_change_nothing() -> None:
    same = diff(FAMILY, Marks(), (), rules(3), rules(3))
    assert (same.merges, same.splits) == ((), ())


def test_nobody_is_no_customer() -> None:
    assert diff({}, Marks(), (), rules(3), rules(2)).largest == 0
