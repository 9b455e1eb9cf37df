"""Runs a plan until it is committed: reads what it asks for, writes, reads again when it moved."""

from collections.abc import Callable
from typing import Final

from rules.resolution_calls import Pause, Steps, read_many, transact
from rules.resolution_size import TooLarge
from rules.resolution_view import Draft, Unread, View
from schemas.errors import RetryLater
from schemas.rows import Conflict

ATTEMPTS: Final = 12

Plan = Callable[[Draft, bool], None]
"""Changes a draft. The second argument asks it to keep islands apart (see `plan_link`)."""


def commit(view: View, plan: Plan) -> Steps[None]:
    """One transaction in which each item is conditioned on what was read of it.

    `TooLarge` when even apart an island would outgrow its row.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if (yield from attempted(view, plan)):
            return
        yield Pause(attempt)
    raise RetryLater("links: others keep writing the same items")


def attempted(view: View, plan: Plan) -> Steps[bool]:
    """The same, once: false when something had moved."""
    try:
        draft = yield from _planned(view, plan, apart=False)
    except TooLarge:
        draft = yield from _planned(view, plan, apart=True)
    writes, after = draft.commit()
    try:
        yield from transact(writes)
    except Conflict:
        view.forget(draft.used)
        return False
    view.wrote(after)
    return True


def _planned(view: View, plan: Plan, *, apart: bool) -> Steps[Draft]:
    while True:
        draft = Draft(view)
        try:
            plan(draft, apart)
        except Unread as unread:
            view.learn(unread.keys, (yield from read_many(unread.keys)))
        else:
            return draft
