"""A policy comes into force, and what it changes in the graph is carried out in the background."""

from datetime import timedelta
from typing import Final

from adapters import policy, rekeying
from adapters.table import ABSENT, Condition, Conflict, Key, Write
from functions import trying, wiring
from functions.problem import NotServed
from rules import normalise
from rules.policy import version_of
from rules.resolution_adoption import adopt
from rules.resolution_restating import Sweep
from schemas.evidence import AdoptionView, DiffView, PolicyAsked
from schemas.policy import IdentityRules
from schemas.rekeying import RekeyView

ADOPTION: Final = Key("POLICY", "ADOPTION")
ALL_HAVE_ENDED: Final = timedelta(seconds=150)
"""A policy and the stage of a pepper are kept for a minute, and a function may run for another."""
SECONDS_A_TURN: Final = 15.0


def adopted(asked: PolicyAsked) -> AdoptionView:
    """In force at once; refused when it would change more customers than it may."""
    at = wiring.now()  # asked for again after a crash, it begins only now
    version, current = policy.read(wiring.graph())
    new = version_of(asked.policy)
    if current.identity == asked.policy.identity and not trying.outdated():
        policy.adopt(wiring.graph(), asked.policy, at.isoformat())
        before = progress()  # these very rules may still be on their way
        return AdoptionView(version=new, at=at) if before.done else before
    pepper = trying.settled()
    _within(asked, DiffView(current=version, candidate=new))
    before = progress()
    view = AdoptionView(
        version=new,
        at=at,
        done=False,
        starts_at=at + ALL_HAVE_ENDED,
        former=(*(() if before.done else before.former), version),
    )
    _begin(view, pepper)  # first: once in force, nobody asks again what is to be carried out
    policy.adopt(wiring.graph(), asked.policy, at.isoformat())
    return view


def carried_out() -> AdoptionView:
    """The next turn of what is to be done, if anything is; some seconds long, and resumable.

    Twice through everything: the last time when whoever ran during the first has ended.
    """
    _, current = policy.read(wiring.graph())
    view = progress()
    if view.done or view.starts_at is None or wiring.now() < view.starts_at:
        return view
    stores, laws = wiring.stores(), wiring.laws(current.identity)
    sweep = _sweep(view)
    until = wiring.clock() + SECONDS_A_TURN
    found = stores.run(adopt(sweep, laws))
    while not found.done and wiring.clock() < until:
        found = stores.run(adopt(sweep, laws))
    after = view.model_copy(update={"seen": found.seen, "done": found.done and view.last})
    if found.done and not view.last:
        update = {"last": True, "starts_at": wiring.now() + ALL_HAVE_ENDED}
        after = after.model_copy(update=update)
    if progress().at == view.at:  # else another was adopted meanwhile
        if after.done:
            policy.normalised(wiring.graph(), normalise.NORMALISER)
        _keep(after)
    return after


def _sweep(view: AdoptionView) -> Sweep:
    """By the time of adoption: a policy that is adopted again is carried out again."""
    at = view.at or wiring.now()
    former = policy.several(wiring.graph(), view.former)
    return Sweep(
        at.isoformat(), at + ALL_HAVE_ENDED, view.last, tuple(each.identity for each in former)
    )


def progress() -> AdoptionView:
    """The policy in force, and how far it is carried out."""
    version, _ = policy.read(wiring.graph())
    row = wiring.graph().get(ADOPTION)
    if not row:
        return AdoptionView(version=version)
    view = AdoptionView.model_validate_json(str(row["data"]))
    return view.model_copy(update={"version": version})


def former() -> tuple[IdentityRules, ...]:
    """Rules by which somebody may be linked still, since those in force are not carried out."""
    row = wiring.graph().get(ADOPTION)
    view = AdoptionView.model_validate_json(str(row["data"])) if row else None
    if view is None or view.done:
        return ()
    return tuple(each.identity for each in policy.several(wiring.graph(), view.former))


def _begin(view: AdoptionView, pepper: RekeyView | None) -> None:
    """Unless keys began to be taken to another pepper meanwhile."""
    put = Write("put", ADOPTION, {"data": view.model_dump_json()})
    try:
        wiring.graph().transact([put, rekeying.unchanged(pepper)])
    except Conflict as error:
        raise NotServed(
            409, "Keys are being taken to another pepper: ./sluice rekey show"
        ) from error


def waiting() -> Write:
    """A check that none begins meanwhile; 409 while one is carried out."""
    row = wiring.graph().get(ADOPTION)
    if row and not AdoptionView.model_validate_json(str(row["data"])).done:
        raise NotServed(409, "A policy is being carried out: ./sluice policy show")
    same = Condition("#data = :data", {":data": row["data"]}) if row else ABSENT
    return Write("check", ADOPTION, condition=same)


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
