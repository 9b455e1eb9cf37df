"""`sluice policy check`, `diff`, `adopt` and `show`: the rules, tried before they hold."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from cli.api import Json, path
from cli.failure import Failure
from cli.render_policy import adoption, carrying_out, changing, difference, trying
from cli.session import Session
from schemas.errors import Misconfigured
from schemas.evidence import AdoptionView, DiffView
from schemas.policy import Policy

FILE: Final = Path("policy.yaml")
SYSTEMS: Final = "sluice.yaml"
LOOK_EVERY: Final = 2.0
PATIENCE: Final = 3600

Command = Callable[..., ArgumentParser]


class Progress(NamedTuple):
    """What was last told of an adoption."""

    starts_at: datetime | None
    seen: int


def add(commands: Any, command: Command) -> None:  # noqa: ANN401 - argparse names no type
    """The commands about the policy."""
    command(commands, "show", "the policy in force", show)
    for name, help_, run in (
        ("check", "whether a file can be adopted", check),
        ("diff", "what its identity rules would merge and split; changes nothing", diff),
        ("adopt", "put a file into force", adopt),
    ):
        made = command(commands, name, help_, run)
        made.add_argument("file", nargs="?", type=Path, default=FILE)
        made.set_defaults(stageless=name == "check")
        if name == "adopt":
            _adopting(made)


def _adopting(made: ArgumentParser) -> None:
    made.add_argument("--blast-radius", type=float, default=0.05, metavar="SHARE",
                      help="of customers that may change (default: 0.05)")  # fmt: skip
    made.add_argument("--force", type=int, metavar="N", help="the number that would, to go beyond")
    made.add_argument("--wait", action="store_true", help="until the graph follows it")
    made.add_argument("--key", help="idempotency key: the same one asks once a day")


def show(session: Session, _given: Namespace) -> int:
    """Its version, and how far it is carried out."""
    answer = session.api.get("privacy", path("policy"))
    session.show(answer, lambda: adoption(AdoptionView.model_validate(answer)))
    return 0


def check(session: Session, given: Namespace) -> int:
    """Validates the file, and the `sluice.yaml` that it is for; asks no stage."""
    found = _read(given.file)
    told: Json = {"file": str(given.file), "types": sorted(found.identity.types)}
    alone = "" if _systems(given.file) else (
        ", if the stage has its sources and destinations: there is no sluice.yaml here to tell"
    )  # fmt: skip
    session.show(told, lambda: f"{given.file} can be adopted{alone}")
    return 0


def diff(session: Session, given: Namespace) -> int:
    """A dry run over all customers."""
    whole = _tried(session, _read(given.file))
    session.show(whole.model_dump(mode="json"), lambda: difference(whole))
    return 0


def adopt(session: Session, given: Namespace) -> int:
    """Tries it first; refused beyond the blast radius."""
    found = _read(given.file)
    whole = _tried(session, found)
    session.about_to(f"adopting {given.file}, {changing(whole)}")
    body = {
        "policy": found.model_dump(mode="json", exclude_defaults=True),
        "blast_radius": given.blast_radius,
        "force": given.force,
    }
    answer = session.api.post("privacy", path("policy"), given.key or session.key(), body)
    if given.wait:
        answer = _waited(session, answer)
    session.show(answer, lambda: adoption(AdoptionView.model_validate(answer)))
    return 0


def _tried(session: Session, policy: Policy) -> DiffView:
    body: Json = {"policy": policy.model_dump(mode="json", exclude_defaults=True)}
    items: list[Any] = []
    while True:
        answer = session.api.post("privacy", path("policy", "diff"), session.key(), body)
        view = DiffView.model_validate(answer)
        items += view.items
        if view.next is None:
            return view.model_copy(update={"items": tuple(items)})
        session.progress(trying(view))
        body["cursor"] = view.next


def _waited(session: Session, answer: Json) -> Json:
    until = session.clock() + PATIENCE
    told = _progress(session, answer, None)
    while not answer.get("done"):
        if session.clock() > until:
            message = "it is still being carried out, in the background: ./sluice policy show"
            raise Failure(message)
        session.pause(LOOK_EVERY)
        answer = session.api.post("privacy", path("policy", "adoption"), session.key())
        told = _progress(session, answer, told)
    return answer


def _progress(session: Session, answer: Json, told: Progress | None) -> Progress:
    """Says how far it is, or until when it waits, when that is news."""
    view = AdoptionView.model_validate(answer)
    found = Progress(view.starts_at, view.seen)
    line = carrying_out(view, session.now())
    if found != told and line:
        session.progress(line)
    return found


def _read(file: Path) -> Policy:
    # the reader of YAML, for these commands only
    from cli import files  # noqa: PLC0415
    from schemas import documents  # noqa: PLC0415

    config = _systems(file)
    try:
        return files.both(config, file)[1] if config else documents.policy(file)
    except Misconfigured as error:
        raise Failure(str(error)) from error


def _systems(file: Path) -> Path | None:
    """The `sluice.yaml` beside a policy; for one that is tried elsewhere, that of this folder."""
    near = (file.parent / SYSTEMS, Path(SYSTEMS))
    return next((path for path in near if path.exists()), None)
