"""The policy, its dry run and its adoption as a person reads them."""

from cli.render import minute
from schemas.evidence import AdoptionView, DiffView

SHOWN = 20


def difference(view: DiffView) -> str:
    """How many, which ones, and the largest customer there would be."""
    if view.current == view.candidate:
        return f"policy {view.current} is in force already"
    head = f"policy {view.current} -> {view.candidate}"
    if not view.seen:
        return f"{head}\nthe identity rules are the same: no customer changes"
    share = view.changed / view.seen
    counts = f"{view.merges} merges, {view.splits} splits; the largest would have {view.largest}"
    lines = [
        head,
        f"{view.changed} of {view.seen} customers would change ({share:.1%}): {counts} subjects",
        *(
            f"  {move.kind}  {' + '.join(move.customers)}  ({move.subjects} subjects)"
            for move in view.items[:SHOWN]
        ),
    ]
    if len(view.items) > SHOWN:
        lines.append(f"  and {len(view.items) - SHOWN} more: add --json")
    return "\n".join(lines)


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
