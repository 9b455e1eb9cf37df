"""Why two are one customer or not; what people decide about it; and the rules that decide."""

from collections.abc import Mapping
from typing import Any

from functions import adopting, marking, parting, policies, rekeying, verdicts, wiring
from functions.caller import READERS, Access, access
from functions.explaining import explained
from functions.party import party
from functions.problem import Answer, answer
from functions.serving import Request, Route, serve
from rules.explain import Explanation
from schemas.errors import RetryLater


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """Explaining, and what people decide."""
    routes: dict[str, Route] = {
        "GET /v1/explain": _explain,
        "POST /v1/customers/merge": verdicts.merge,
        "POST /v1/customers/{id}/split": verdicts.split,
        "POST /v1/reviews/{id}/accept": verdicts.accept,
        "POST /v1/reviews/{id}/reject": verdicts.reject,
        "POST /v1/identifiers/mark": marking.marked,
        "GET /v1/policy": policies.show,
        "POST /v1/policy": policies.adopt,
        "POST /v1/policy/diff": policies.diff,
        "POST /v1/policy/adoption": policies.carry_out,
        "GET /v1/rekey": rekeying.show,
        "POST /v1/rekey": rekeying.start,
        "POST /v1/rekey/turn": rekeying.turn,
    }
    if "routeKey" not in event:
        return _by_the_clock()
    return serve(event, routes)


def _by_the_clock() -> Answer:
    """Once a minute: what an adopted policy or another pepper changes, which ends in time; then
    whom records left. Each has its turn, whichever others must be taken up later.
    """
    held_up: list[RetryLater] = []
    try:
        for turn in (adopting.carried_out, rekeying.carried_out, parting.settled):
            try:
                turn()
            except RetryLater as error:
                held_up.append(error)
        if held_up:
            raise held_up[0]
        return answer(200, adopting.progress())
    finally:
        wiring.flush()


def _explain(request: Request) -> Answer:
    purpose = request.query.get("purpose", "")
    allowed = access(request.caller, READERS, purpose, wiring.policy()[1])
    a, b = (party(request.query.get(name, ""), allowed) for name in ("a", "b"))
    return answer(200, _cleared(explained(a, b, allowed), allowed))


def _cleared(found: Explanation, allowed: Access) -> Explanation:
    """Without the values of identifiers that the role may not see; their types stay."""

    def shown(type_: str, value: str) -> str:
        return value if allowed.sees("identifiers") or allowed.sees(type_) else ""

    chain = tuple(s.model_copy(update={"value": shown(s.type, s.value)}) for s in found.chain)
    obstacles = tuple(
        o.model_copy(update={"value": shown(o.type, o.value)}) for o in found.obstacles
    )
    return found.model_copy(update={"chain": chain, "obstacles": obstacles})
