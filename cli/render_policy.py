"""The policy, its dry run and its adoption as a person reads them."""

from datetime import datetime
from math import ceil

from cli.render import minute
from schemas.evidence import AdoptionView, DiffView

SHOWN = 20
TRAITS = (
    "beside that, traits may come from other sources (survivorship, trust): not counted here, "
    "and who is one customer does not depend on it"
)


def difference(view: DiffView) -> str:
    """How many, which ones, and the largest customer there would be."""
    same = view.current == view.candidate
    if same and not view.seen:
        return f"policy {view.current} is in force already"
    head = f"policy {view.current} -> {view.candidate}"
    if same:
        head = f"policy {view.current} is in force already; values are read by a new normaliser"
    if not view.seen:
        return f"{head}\nthe identity rules are the same: no customer changes"
    share = view.changed / view.seen
    counts = f"{view.merges} merges, {view.splits} splits; the largest would have {view.largest}"
    lines = [
        head,
        f"{view.changed} of {view.seen} customers would change ({share:.1%}): {counts} subjects",
        *([TRAITS] if view.traits else ()),
        *(
            f"  {move.kind}  {' + '.join(move.customers)}  ({move.subjects} subjects)"
            for move in view.items[:SHOWN]
        ),
    ]
    if len(view.items) > SHOWN:
        lines.append(f"  and {len(view.items) - SHOWN} more: add --json")
    return "\n".join(lines)


def trying(view: DiffView) -> str:
    """How far a dry run is: first records are read, where the rules read them otherwise."""
    if not view.seen:
        return f"{view.read} rows read, for what the other rules make of what records said"
    return f"{view.seen} customers tried, {view.changed} would change"


def changing(view: DiffView) -> str:
    """What adopting it does to the customers."""
    if not view.seen:
        same = view.current == view.candidate
        return "which is in force already" if same else "which changes no customer"
    return f"which changes {view.changed} customers"


def carrying_out(view: AdoptionView, now: datetime) -> str:
    """How far an adoption is, or until when it waits and why; nothing when it is over."""
    if view.done or view.starts_at is None:
        return ""
    left = ceil((view.starts_at - now).total_seconds())
    if left <= 0:
        return f"{view.seen} items looked at" if view.seen else ""
    until = f"waiting {left} s, until {view.starts_at:%H:%M:%S} UTC"
    if view.last:
        return f"{until}: then all is gone through again, for what ran beside the first time"
    return (
        f"{until}: by then no resolver uses the former rules; then all is gone through, and "
        "once more after as long a wait"
    )


def adoption(view: AdoptionView) -> str:
    """What is in force and how far it is carried out."""
    lines = [f"policy {view.version} is in force"]
    if not view.done and view.starts_at:
        lines.append(
            f"the graph follows it from {minute(view.starts_at)} UTC, in the background: "
            f"{view.seen} items looked at so far"
        )
    elif view.starts_at:
        lines.append(f"the graph follows it: {view.seen} items looked at")
    return "\n".join(lines)
