"""What the first run shows: who got what, and three customers with the command that shows each."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.api import Api, path
from cli.render import listed, money, table
from cli.render_status import because, held_back, sent
from local.company.model import Company
from schemas.ledger_views import WhyView
from schemas.views import ContextView, StatusView


def destinations(status: StatusView) -> list[str]:
    """A line for each destination: sent, decided in shadow, withheld, and why."""
    rows = (
        (
            each.name,
            str(sent(each)),
            str(each.outcomes.get("shadow", 0)),
            str(held_back(each)),
            listed(because(each)),
        )
        for each in status.destinations
    )
    return table(("destination", "sent", "shadow", "withheld", "because"), rows)


def stories(hub: Api, company: Company) -> Iterator[str]:
    """Ada, Ben and Cem, Dora, as the hub knows them now."""
    known = company.stories
    yield "Three stories"
    yield _line("Ada", _ada(hub, known["ada"]["phone"]), "customer show --phone +12025550143")
    phone = known["ben"]["phone"]
    yield _line("Ben, Cem", _shared(hub, phone), f"customer show --phone {phone}")
    email = known["dora"]["email"]
    yield _line("Dora", _dora(hub, email), f"why --customer {email} --destination mailchimp")


def _ada(hub: Api, phone: str) -> str:
    view = ContextView.model_validate(hub.get("agent", "/v1/context", {"phone": phone}))
    if view.customer is None:
        return f"{len(view.candidates)} customers have her number"
    calls = [each for each in view.history if each.kind == "call"]
    today = datetime.now(UTC).date()
    phoned = f"phoned {'today' if calls[0].at.date() == today else 'before'}" if calls else ""
    worth = [f"{w.orders} web orders, {money(w.amount, w.currency)}" for w in view.customer.value]
    return "; ".join(part for part in (phoned, *worth) if part)


def _shared(hub: Api, phone: str) -> str:
    view = ContextView.model_validate(hub.get("agent", "/v1/context", {"phone": phone}))
    return f"share a phone; {max(len(view.candidates), 1)} customers, a review"


def _dora(hub: Api, email: str) -> str:
    view = ContextView.model_validate(hub.get("agent", "/v1/context", {"email": email}))
    if view.customer is None:
        return f"{len(view.candidates)} customers have her address"
    query = {"customer": view.customer.id, "destination": "mailchimp"}
    why = WhyView.model_validate(hub.get("operator", path("why"), query))
    still = why.items and not why.items[0].permitted
    return f"opted out; a later sync said subscribed; {'still out' if still else 'let in'}"


def _line(who: str, what: str, command: str) -> str:
    return f" {who:<9}{what:<58} ./sluice {command}"
