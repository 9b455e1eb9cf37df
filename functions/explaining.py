"""The two customers that are asked about, side by side."""

from collections.abc import Iterable
from functools import reduce

from adapters.customers import Customers
from functions import wiring
from functions.caller import Access
from functions.party import Party
from functions.problem import NotServed
from functions.showing import shown
from rules import explain
from rules.consequence import torn, with_words
from rules.explain import Explanation
from rules.refusal import Refusal, Sides, refusal
from schemas.graph import Island, SubjectHead, SubjectKey, Verdict


def explained(a: Party, b: Party, allowed: Access) -> Explanation:
    """Only the two customers' own subjects are named: nobody is shown a third. One whose id the
    caller is not shown goes by its opaque key.
    """
    heads, island = _named(a.subjects | b.subjects, allowed), both(a.island, b.island)
    return explain.explain(a.subject, b.subject, island, heads, wiring.policy()[1].identity)


def kept_apart(sides: Sides, islands: Iterable[Island], allowed: Access) -> Refusal:
    """What keeps apart those that were to be one customer, by the same names."""
    return refusal(sides, islands, _named(frozenset[SubjectKey]().union(*sides), allowed))


def unharmed(sides: Sides, words: Iterable[Verdict], allowed: Access) -> None:
    """409 for what would make one customer of several by tearing another one apart."""
    heads = Customers(wiring.graph()).heads(frozenset[SubjectKey]().union(*sides))
    islands = Customers(wiring.graph()).islands({head.island for head in heads.values()})
    if not islands:
        raise NotServed(409, "They are nobody any more: look them up again.")
    whole = reduce(both, islands.values())
    then = with_words(whole, words, wiring.policy()[1].identity, wiring.pepper())
    ids = torn(whole, then)
    if not ids:
        return
    found = kept_apart(sides, (then,), allowed)
    because = (f"{each[:1].upper()}{each[1:]}." for each in found.because)
    detail = f"Nothing was written, since it would tear {len(ids)} of these customers apart."
    detail = " ".join([detail, *because, *found.advice])
    raise NotServed(409, detail, customers=list(ids))


def _named(subjects: frozenset[SubjectKey], allowed: Access) -> dict[SubjectKey, SubjectHead]:
    known = Customers(wiring.graph()).heads(subjects)
    return {s: head for s, head in known.items() if shown(allowed, head.subject)}


def both(a: Island, b: Island) -> Island:
    """Two islands as one: they share nothing that links, but perhaps what does not."""
    if a.g == b.g:
        return a
    return a.model_copy(
        update={
            "nodes": {**a.nodes, **b.nodes},
            "labels": {**a.labels, **b.labels},
            "reviews": (*a.reviews, *b.reviews),
            "verdicts": tuple(dict.fromkeys((*a.verdicts, *b.verdicts))),
            "unusable": a.unusable | b.unusable,
        }
    )
