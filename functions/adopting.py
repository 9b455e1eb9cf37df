"""A policy comes into force, and what it changes in the graph is carried out in the background."""

from datetime import datetime, timedelta
from typing import Final

from adapters import policy
from adapters.graph import Stores
from adapters.table import Key, Write
from functions import trying, wiring
from functions.problem import NotServed
from rules.policy import version_of
from rules.resolution_adoption import adopt
from rules.resolution_islands import Laws
from schemas.evidence import AdoptionView, DiffView, PolicyAsked

ADOPTION: Final = Key("POLICY", "ADOPTION")
FORMER_RULES_LAST: Final = timedelta(seconds=150)
"""A policy is kept for a minute, and a resolver may run for another."""
SECONDS_A_TURN: Final = 15.0


def adopted(asked: PolicyAsked, at: datetime) -> AdoptionView:
    """In force at once; refused when it would change more customers than it may."""
    version, current = policy.read(wiring.graph())
    new = version_of(asked.policy)
    if current.identity == asked.policy.identity:
        policy.adopt(wiring.graph(), asked.policy, at.isoformat())
        return AdoptionView(version=new, at=at)
    _within(asked, DiffView(current=version, candidate=new))
    view = AdoptionView(version=new, at=at, done=False, starts_at=at + FORMER_RULES_LAST)
    policy.adopt(wiring.graph(), asked.policy, at.isoformat())
    _keep(view)
    return view


def carried_out() -> AdoptionView:
    """The next turn of what is to be done, if anything is; some seconds long, and resumable."""
    _, current = policy.read(wiring.graph())
    view = progress()
    if view.done or view.starts_at is None or wiring.now() < view.starts_at:
        return view
    stores = Stores(wiring.graph(), wiring.journal(), wiring.pause, wiring.jitter)
    laws = Laws(current.identity, wiring.pepper("graph"), wiring.token, wiring.now)
    name = view.starts_at.isoformat()  # a policy that is adopted again is carried out again
    until = wiring.clock() + SECONDS_A_TURN
    found = stores.run(adopt(name, laws))
    while not found.done and wiring.clock() < until:
        found = stores.run(adopt(name, laws))
    view = view.model_copy(update={"seen": found.seen, "done": found.done})
    if progress().starts_at == view.starts_at:  # else another was adopted meanwhile
        _keep(view)
    return view


def progress() -> AdoptionView:
    """The policy in force, and how far it is carried out."""
    version, _ = policy.read(wiring.graph())
    row = wiring.graph().get(ADOPTION)
    if not row:
        return AdoptionView(version=version)
    view = AdoptionView.model_validate_json(str(row["data"]))
    return view.model_copy(update={"version": version})


def _keep(view: AdoptionView) -> None:
    wiring.graph().write(Write("put", ADOPTION, {"data": view.model_dump_json()}))


def _within(asked: PolicyAsked, wanted: DiffView) -> None:
    """The blast radius, by a dry run that was gone through to its end."""
    found = trying.known(wanted)
    if found is None or found.next:
        raise NotServed(409, "Its dry run comes first: ./sluice policy diff policy.yaml")
    share = found.changed / found.seen if found.seen else 0.0
    if share > asked.blast_radius and asked.force != found.changed:
        detail = (
            f"It would change {found.changed} of {found.seen} customers, more than the blast radius"
            f" of {asked.blast_radius:.1%}. Look at ./sluice policy diff, then adopt it with"
            f" --force {found.changed}, or with a larger --blast-radius."
        )
        raise NotServed(409, detail, changed=found.changed, customers=found.seen)
