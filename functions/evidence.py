"""Why two are one customer or not; what people decide about it; and the rules that decide."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.customers import Customers
from functions import wiring
from functions.caller import Access, Role, access
from functions.noting import note
from functions.party import Party, party
from functions.problem import Answer, answer
from functions.serving import Request, Route, serve
from rules import explain
from rules.explain import Explanation
from schemas.graph import Island

MAY_ASK: Final[tuple[Role, ...]] = ("agent", "privacy")


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """`GET /v1/explain`."""
    routes: dict[str, Route] = {"GET /v1/explain": _explain}
    return serve(event, routes)


def _explain(request: Request) -> Answer:
    purpose = request.query.get("purpose", "")
    allowed = access(request.caller, MAY_ASK, purpose, wiring.policy()[1])
    a, b = (party(request.query.get(name, "")) for name in ("a", "b"))
    note(allowed, sorted({a.customer, b.customer}))
    return answer(200, _cleared(explained(a, b), allowed))


def explained(a: Party, b: Party) -> Explanation:
    """Only the two customers' own subjects are named: nobody is shown a third."""
    heads = Customers(wiring.graph()).heads(a.subjects | b.subjects)
    island = both(a.island, b.island)
    return explain.explain(a.subject, b.subject, island, heads, wiring.policy()[1].identity)


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


def _cleared(found: Explanation, allowed: Access) -> Explanation:
    """Without the values of identifiers that the role may not see; their types stay."""

    def shown(type_: str, value: str) -> str:
        return value if allowed.sees("identifiers") or allowed.sees(type_) else ""

    chain = tuple(s.model_copy(update={"value": shown(s.type, s.value)}) for s in found.chain)
    obstacles = tuple(
        o.model_copy(update={"value": shown(o.type, o.value)}) for o in found.obstacles
    )
    return found.model_copy(update={"chain": chain, "obstacles": obstacles})
