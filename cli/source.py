"""`sluice source list` and `sluice source sync NAME`."""

from argparse import Namespace
from datetime import datetime
from typing import Final

from cli.api import Json, path
from cli.failure import Failure
from cli.render_status import source_list
from cli.session import Session
from schemas.views import SourcesView, SourceView, SyncView

PATIENCE: Final = 300
SETTLED: Final = 3
"""Looks in a row that find nothing under way: the request itself takes a moment to arrive."""
LOOK_EVERY: Final = 1.0


def list_(session: Session, _given: Namespace) -> int:
    """The sources, and how far each was read."""
    answer = session.api.get("operator", path("sources"))
    session.show(answer, lambda: source_list(SourcesView.model_validate(answer)))
    return 0


def sync(session: Session, given: Namespace) -> int:
    """Asks for a pull from the checkpoint on; with --wait, until it is over."""
    session.about_to(f"asking for a pull of {given.name}")
    key = given.key or session.key()
    answer = session.api.post("operator", path("sources", given.name, "sync"), key)
    if given.wait:
        return _wait(session, given.name, SyncView.model_validate(answer).at)
    session.show(
        answer, lambda: f"asked for; see ./sluice source list (request {answer['request']})"
    )
    return 0


def _wait(session: Session, name: str, asked: datetime) -> int:
    until = session.clock() + PATIENCE
    quiet, told = 0, -1
    while session.clock() < until:
        session.pause(LOOK_EVERY)
        answer = session.api.get("operator", path("sources"))
        source = _named(answer, name)
        if source.pulled != told:
            told = source.pulled
            session.progress(f"{name}: {told} records so far")
        quiet = 0 if _busy(source) else quiet + 1
        if quiet == SETTLED or _failed(source, asked):
            return _over(session, source)
    message = f"{name} is still being read after {PATIENCE} s: see ./sluice status"
    raise Failure(message)


def _over(session: Session, source: SourceView) -> int:
    troubles = [f"{each.kind}: {each.reason}" for each in source.checkpoints if each.reason]
    if troubles:
        message = f"{source.name} could not be read. {'; '.join(troubles)}"
        raise Failure(message)
    answer = source.model_dump(mode="json", exclude_none=True)
    session.show(answer, lambda: f"{source.name}: read, {source.pulled} records in all")
    return 0


def _named(answer: Json, name: str) -> SourceView:
    items = SourcesView.model_validate(answer).items
    return next(each for each in items if each.name == name)


def _failed(source: SourceView, asked: datetime) -> bool:
    """The request stays on its queue to be tried again: nothing to wait for."""
    return any(each.failed_at and each.failed_at >= asked for each in source.checkpoints)


def _busy(source: SourceView) -> bool:
    return bool(source.queue and (source.queue.waiting or source.queue.working))
