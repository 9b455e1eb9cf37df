"""Decisions about who is who, and what is left to decide."""

from cli.render import table, words
from schemas.evidence import JudgedView
from schemas.views import ReviewsView


def judged(view: JudgedView) -> str:
    """The customers as they are now."""
    count = len(view.customers)
    lines = [f"{'one customer' if count == 1 else f'{count} customers'} now:"]
    for part in view.customers:
        lines += [f"  {part.customer}", *(f"    {subject}" for subject in part.subjects)]
    if view.because:
        lines += ["not as asked for:", *(f"  {each}" for each in view.because)]
        lines += [f"  {each}" for each in view.advice]
    return "\n".join([*lines, f"{view.written} pieces of evidence kept, by {view.by}"])


def reviews(view: ReviewsView) -> str:
    """A line for each, and how to decide."""
    if not view.items:
        return "nothing is left to decide"
    rows = (
        (each.id, each.type, words(each.reason), each.detail, " ".join(each.customers))
        for each in view.items
    )
    lines = table(("review", "by", "because", "of", "customers"), rows)
    if view.next:
        lines += ["", f"more: add --cursor '{view.next}'"]
    return "\n".join([*lines, "", "./sluice review accept ID, or reject ID"])
