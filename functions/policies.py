"""The routes of the policy: what is in force, what another would change, and its adoption."""

from typing import Final

from functions import adopting, trying, wiring
from functions.asking import body, once
from functions.caller import Role, require
from functions.problem import Answer, NotServed, answer
from functions.serving import Request
from schemas import names
from schemas.evidence import PolicyAsked

READ: Final[tuple[Role, ...]] = ("privacy", "operator")


def show(request: Request) -> Answer:
    """`GET /v1/policy`."""
    require(request.caller, *READ)
    return answer(200, adopting.progress())


def diff(request: Request) -> Answer:
    """`POST /v1/policy/diff`: changes nothing."""
    require(request.caller, *READ)
    return answer(200, trying.tried(_asked(request)))


def adopt(request: Request) -> Answer:
    """`POST /v1/policy`."""
    require(request.caller, "privacy")
    asked = _asked(request)
    for complaint in names.between(wiring.config(), asked.policy):
        raise NotServed(409, f"policy.{complaint} Or deploy the sluice.yaml that it is for.")
    return once(request, "adopt", lambda _first: adopting.adopted(asked))


def _asked(request: Request) -> PolicyAsked:
    """A policy whose names refer to something, as the one in a file would have to."""
    asked = body(request, PolicyAsked)
    for complaint in names.within(asked.policy):
        raise NotServed(400, f"policy.{complaint}")
    return asked


def carry_out(request: Request) -> Answer:
    """`POST /v1/policy/adoption`: takes the next turn now instead of within the minute."""
    require(request.caller, *READ)
    return answer(200, adopting.carried_out())
