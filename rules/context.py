"""A customer as somebody may see it: pure, from the folded view and its interactions."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rules import money
from schemas.graph import Known, Profile, RecordRow, SubjectKey
from schemas.views import (
    Bought,
    Candidate,
    CustomerView,
    FieldView,
    Happening,
    KnownView,
    Worth,
)

Sees = Callable[[str], bool]
Row = tuple[str, RecordRow]
"""A sort key and the interaction under it."""

BOUGHT: Final = 20
CURSOR: Final = re.compile(r"R#I#[\w:.+-]{1,64}#[\w-]{1,64}\|[\w-]{1,64}", re.ASCII)
"""What `cursor` gives: a place among somebody's interactions, and nowhere else."""


def customer(profile: Profile, sees: Sees) -> CustomerView:
    """The customer, with only the fields that the caller's role is cleared for."""
    traits = {
        trait: FieldView(value=f.value, source=f.source, record=f.record, at=f.at)
        for trait, f in profile.traits.items()
        if sees(trait)
    }
    return CustomerView(
        id=profile.customer,
        version=profile.version,
        name=name(profile, sees),
        traits=traits,
        identifiers=tuple(_known(each) for each in profile.identifiers if _shown(each, sees)),
        sources=sources(profile),
        value=worth(profile, sees),
        reviews=profile.reviews,
    )


def candidate(profile: Profile, sees: Sees) -> Candidate:
    """Enough to choose by."""
    return Candidate(
        id=profile.customer,
        name=name(profile, sees),
        sources=sources(profile),
        value=worth(profile, sees),
    )


def name(profile: Profile, sees: Sees) -> str:
    """What the customer is called: by first and last name where both are known."""
    said = {str(trait): profile.traits[trait].value for trait in profile.traits if sees(str(trait))}
    parts = [said[part] for part in ("first_name", "last_name") if part in said]
    return " ".join(parts) if len(parts) > 1 else said.get("name", "".join(parts))


def sources(profile: Profile) -> tuple[str, ...]:
    """The systems that know the customer."""
    return tuple(sorted({key.partition(":")[0] for key in profile.subjects.values()}))


def worth(profile: Profile, sees: Sees) -> tuple[Worth, ...]:
    """What was bought, the currency most bought in first."""
    if not sees("value"):
        return ()
    totals = sorted(profile.totals.items(), key=lambda each: (-each[1].count, each[0]))
    return tuple(
        Worth(currency=currency, amount=money.amount(t.minor, currency), orders=t.count)
        for currency, t in totals
        if t.count
    )


def newest(rows: Iterable[tuple[SubjectKey, Row]], limit: int) -> tuple[list[Row], str | None]:
    """The newest interactions of several subjects, and the cursor of the page after them."""
    ordered = sorted(rows, key=lambda each: (each[1][0], each[0]), reverse=True)
    page = ordered[:limit]
    more = len(ordered) > limit
    return [row for _, row in page], cursor(*page[-1]) if more else None


def cursor(s: SubjectKey, row: Row) -> str:
    """Where a page ended: by time first, then by subject."""
    return f"{row[0]}|{s}"


def after(text: str, s: SubjectKey) -> str:
    """The sort key below which a subject's interactions belong to the next page."""
    sk, _, last = text.rpartition("|")
    return sk if s >= last else f"{sk}~"


def happenings(rows: Iterable[Row]) -> tuple[Happening, ...]:
    """The interactions to show, in the order given."""
    return tuple(each for _, row in rows if (each := happening(row)))


def happening(row: RecordRow) -> Happening | None:
    """An interaction to show; none for one that its source deleted."""
    found = row.interaction
    if found is None or row.deleted:
        return None
    paid = found.amount
    return Happening(
        at=row.occurred_at,
        source=row.source,
        kind=found.kind,
        record=f"{row.source}:{row.kind}:{row.id}",
        title=found.title,
        status=found.status,
        amount=money.amount(paid.minor, paid.currency) if paid else "",
        currency=paid.currency if paid else "",
        lines=found.lines,
    )


def bought(history: Sequence[Happening]) -> tuple[Bought, ...]:
    """The lines of the newest orders."""
    lines = (
        Bought(what=line, at=each.at, source=each.source, order=each.record)
        for each in history
        if each.kind == "order"
        for line in each.lines
    )
    return tuple(line for line, _ in zip(lines, range(BOUGHT), strict=False))


def _known(known: Known) -> KnownView:
    return KnownView(type=known.type, value=known.value, source=known.source, at=known.at)


def _shown(known: Known, sees: Sees) -> bool:
    return sees("identifiers") or sees(known.type)
