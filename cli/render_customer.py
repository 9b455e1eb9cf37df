"""A customer as a page to read in a terminal, and why something was or was not sent."""

from collections.abc import Iterable, Iterator

from cli.render import day, minute, money, short, table, words
from schemas.ledger_views import DeliveryView, WhyView
from schemas.views import (
    ContextView,
    CustomerView,
    Happening,
    PurposeView,
    Worth,
)

TITLE = 48


def page(view: ContextView) -> str:
    """The customer, or those to choose from."""
    if view.customer is None:
        return _choice(view)
    sections = {
        "Known by": _identifiers(view.customer),
        "Details": _details(view.customer),
        "May be said now": _purposes(view.purposes),
        "Bought": _bought(view),
        "History": _history(view.history),
    }
    lines = _head(view.customer)
    for title, body in sections.items():
        if body:
            lines += ["", title, *(f"  {line}" for line in body)]
    if view.next:
        lines += ["", f"older: add --cursor '{view.next}'"]
    return "\n".join([*lines, "", f"seen as {view.role}, for {words(view.purpose)}"])


def why(view: WhyView) -> str:
    """The ledger of one customer at one destination, the newest entry first."""
    mode = ", which is in shadow mode: nothing is sent" if view.mode == "shadow" else ""
    head = f"customer {view.customer} at {view.destination}{mode}"
    lines = [head]
    if not view.items:
        seen = "as it is now" if view.by_address else "yet: no change of it has come so far"
        lines += ["", f"Nothing was decided for this customer {seen}."]
    for each in view.items:
        lines += ["", *_entry(each)]
    if view.by_address:
        lines += ["", "By its addresses, what was decided for another customer:"]
    for each in view.by_address:
        lines += ["", *_entry(each), f"  for customer {each.customer}"]
    if view.next:
        lines += ["", f"older: add --cursor {view.next}"]
    return "\n".join(lines)


def _head(customer: CustomerView) -> list[str]:
    first = customer.name or "(no name known)"
    facts = [_worth(customer.value), f"known to {', '.join(customer.sources)}"]
    lines = [f"{first}   {customer.id}, version {customer.version}"]
    lines += [fact for fact in facts if fact]
    if customer.reviews:
        lines.append(f"{customer.reviews} links to others were refused: a person may decide")
    return lines


def _worth(value: Iterable[Worth]) -> str:
    return "; ".join(
        f"{money(each.amount, each.currency)} in {each.orders} orders" for each in value
    )


def _identifiers(customer: CustomerView) -> list[str]:
    return _columns(
        (each.type, each.value, f"from {each.source}, {day(each.at)}")
        for each in customer.identifiers
    )


def _details(customer: CustomerView) -> list[str]:
    return _columns(
        (words(trait), field.value, f"from {field.source} {field.record}, {day(field.at)}")
        for trait, field in customer.traits.items()
    )


def _purposes(purposes: Iterable[PurposeView]) -> list[str]:
    return _columns(
        (
            "yes" if each.permitted else "no",
            each.title or words(each.purpose),
            each.identifier or ("" if each.channel == "any" else f"by {each.channel}"),
            f"{words(each.reason)}{f' ({each.basis})' if each.reason == 'basis' else ''}",
            ", ".join(each.evidence),
        )
        for each in purposes
    )


def _bought(view: ContextView) -> list[str]:
    return _columns((day(each.at), each.what, f"at {each.source}") for each in view.bought)


def _history(history: Iterable[Happening]) -> list[str]:
    return _columns(
        (
            minute(each.at),
            each.kind,
            each.source,
            short(each.title, TITLE),
            money(each.amount, each.currency),
            each.status,
        )
        for each in history
    )


def _choice(view: ContextView) -> str:
    head = f"{len(view.candidates)} customers carry it; none is chosen for you:"
    rows = (
        (each.id, each.name or "(no name)", _worth(each.value), ", ".join(each.sources))
        for each in view.candidates
    )
    hint = "One of them: ./sluice customer show --id ID"
    return "\n".join([head, "", *(f"  {line}" for line in _columns(rows)), "", hint])


def _entry(entry: DeliveryView) -> Iterator[str]:
    verdict = "permitted" if entry.permitted else "not permitted"
    yield f"{minute(entry.at)}  {entry.outcome}: {verdict}, {words(entry.reason)}"
    yield f"  for {words(entry.purpose) or 'no purpose'}, by {entry.identifier}"
    if entry.fields:
        yield f"  fields {', '.join(entry.fields)}"
    for each in entry.consents:
        yield f"  because of {each}"
    if entry.opted_out:
        yield "  the destination was told to stop"
    if entry.evidence:
        yield f"  {entry.destination} answered {entry.evidence}"
    yield f"  policy {entry.policy}"


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    found = list(rows)
    if not found:
        return []
    return table([""] * len(found[0]), found)[1:]
