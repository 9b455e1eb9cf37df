"""People mark identifiers: one that links nobody, or one that links however many carry it."""

from rules.resolution_calls import Steps
from rules.resolution_islands import Laws
from rules.resolution_settling import Amendment, settle
from rules.resolution_view import View
from schemas.graph import IdentifierKey
from schemas.marks import Mark


def mark(
    key: IdentifierKey,
    laws: Laws,
    *,
    blocked: bool | None = None,
    trusted: bool | None = None,
    said: Mark | None = None,
) -> Steps[None]:
    """Blocks or trusts an identifier, or no longer; none leaves that mark as it is.

    One that nobody carries yet can be marked, except a source's own id: `BadRecord`. `said` is who
    says so.
    """
    yield from settle(View(), Amendment(key, blocked=blocked, trusted=trusted, marked=said), laws)
