"""All keys are taken to another pepper, stage by stage, in the background; no customer changes.

A stage begins when all have ended who ran in the last but one: so two processes never know keys of
which the other knows nothing (`docs/adr/0014`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapters import rekeying as shelf
from adapters.table import Conflict, Write
from functions import adopting, wiring
from functions.asking import body, once
from functions.caller import Role, require
from functions.problem import Answer, NotServed, answer
from functions.serving import Request
from rules.peppers import mark_of, sweeping
from rules.resolution_calls import TableName
from rules.resolution_islands import Laws
from rules.resolution_rekeying import Going, Step, rekey
from rules.resolution_sweep import Progress
from schemas.errors import Misconfigured, RetryLater
from schemas.rekeying import RekeyAsked, RekeyView, Stage

READ: Final[tuple[Role, ...]] = ("privacy", "operator")
AFTER: Final[dict[Stage, Stage]] = {"known": "begun", "begun": "alone", "alone": "done"}
STEPS: Final[dict[Stage, tuple[tuple[TableName, Step], ...]]] = {
    "known": (),
    "begun": (("graph", "names"), ("journal", "names"), ("graph", "crowds")),
    "alone": (("graph", "bonds"), ("graph", "rest"), ("journal", "rest")),
}
"""What is gone through in each stage, in this order."""


def show(request: Request) -> Answer:
    """`GET /v1/rekey`."""
    require(request.caller, *READ)
    return answer(200, progress())


def start(request: Request) -> Answer:
    """`POST /v1/rekey`."""
    require(request.caller, "privacy")
    asked = body(request, RekeyAsked)
    return once(request, "rekey", lambda once_: begun(asked, once_.at))


def turn(request: Request) -> Answer:
    """`POST /v1/rekey/turn`: takes the next turn now instead of within the minute."""
    require(request.caller, *READ)
    return answer(200, carried_out())


def progress() -> RekeyView:
    """How far it is; the first pepper's, done, where there was never another."""
    return shelf.read(wiring.graph()) or RekeyView(version=1)


def begun(asked: RekeyAsked, at: datetime) -> RekeyView:
    """Begins it; again answers how far it is. 409 says what is to be done first."""
    before = shelf.read(wiring.graph())
    now = before or RekeyView(version=1)
    if now.version == asked.version and before:
        return now
    if now.under_way:
        raise NotServed(409, f"Keys are being taken to pepper {now.version}: ./sluice rekey show")
    if asked.version != now.version + 1:
        raise NotServed(409, f"The next pepper is {now.version + 1}.")
    alone = adopting.waiting()
    first = RekeyView(version=asked.version, stage="known", at=at, starts_at=_waited())
    first = first.model_copy(update={"mark": _readable(first)})
    after = _kept(before, first, [alone])
    if after.version != asked.version:
        raise NotServed(409, "A policy was adopted meanwhile: ./sluice policy show")
    return after


def carried_out() -> RekeyView:
    """The next turn of what is to be done, if anything is; some seconds long, and resumable."""
    view = progress()
    if not view.under_way or view.starts_at is None or wiring.now() < view.starts_at:
        return view
    try:
        found = _swept(view)
    except RetryLater as error:  # what is being delivered, or has very many carriers, goes on later
        wiring.logger().info("keys are taken along later", extra={"reason": error.reason})
        return progress()
    if found.done:
        return _kept(view, _next(view, found))
    return _kept(view, view.model_copy(update={"seen": found.seen}))


def _swept(view: RekeyView) -> Progress:
    """As far as a turn reaches through all that the stage asks for."""
    made = shelf.held(wiring.secrets(), lambda held: sweeping(held, view))
    _, policy = wiring.policy()
    laws = replace(wiring.laws(policy.identity), pepper=made)
    until = wiring.clock() + adopting.SECONDS_A_TURN
    goings = (Going(view.version, table, step) for table, step in STEPS[view.stage])
    return _gone(goings, laws, until)


def _gone(goings: Iterable[Going], laws: Laws, until: float) -> Progress:
    seen = 0
    for going in goings:
        found = wiring.stores().run(rekey(going, laws))
        while not found.done and wiring.clock() < until:
            found = wiring.stores().run(rekey(going, laws))
        seen += found.seen
        if not found.done:
            return Progress(seen, done=False)
    return Progress(seen, done=True)


def _next(view: RekeyView, found: Progress) -> RekeyView:
    stage = AFTER[view.stage]
    last = stage == "done"
    return RekeyView(
        version=view.version,
        mark=view.mark,
        stage=stage,
        at=wiring.now(),
        starts_at=None if last else _waited(),
        seen=found.seen if last else 0,
    )


def _kept(before: RekeyView | None, after: RekeyView, beside: Sequence[Write] = ()) -> RekeyView:
    """What holds now: another turn may have come first."""
    try:
        shelf.keep(wiring.graph(), before, after, beside)
    except Conflict:
        return progress()
    return after


def _waited() -> datetime:
    return wiring.now() + adopting.ALL_HAVE_ENDED


def _readable(view: RekeyView) -> str:
    """Before anybody is told to use a pepper, it is there: its mark, so that all use that one."""
    wiring.secrets().forget(*shelf.SECRET)
    try:
        return mark_of(shelf.held(wiring.secrets(), lambda held: sweeping(held, view)))
    except Misconfigured as error:
        raise NotServed(409, f"First {error}: ./sluice rekey start puts it there.") from error
