"""For whoever runs the hub: what flows, why something was or was not sent, and a pull on demand."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from adapters import bus, ledger, lists
from adapters.customers import Customers
from adapters.table import Key, Write
from events.inbound import SyncRequested
from functions import counting, showing, wiring
from functions.caller import Access, Role, clearance, require
from functions.finding import by_id
from functions.problem import Answer, NotServed, answer
from functions.serving import Request, Route, serve, whole
from rules import ledger_rows, listing
from rules.announcing import customers_of
from rules.consent import ADDRESSES
from rules.identity_evidence import stated
from rules.keys import type_of
from schemas.decision import DeliveryRow
from schemas.errors import BadRecord
from schemas.graph import Node, Review
from schemas.ledger_views import DeliveryView, WhyView
from schemas.views import (
    AsideView,
    QuarantineView,
    ReviewsView,
    ReviewView,
    SourcesView,
    SyncView,
)

MAY: Final[tuple[Role, ...]] = ("operator", "privacy")
PAGE: Final = 50
REMEMBERED: Final = timedelta(days=1)
LONGEST_KEY: Final = 255


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """The routes of an operator; all but the last only read."""
    routes: dict[str, Route] = {
        "GET /v1/status": _status,
        "GET /v1/sources": _sources,
        "GET /v1/why": _why,
        "GET /v1/quarantine": _quarantine,
        "GET /v1/reviews": _reviews,
        "POST /v1/sources/{name}/sync": _sync,
    }
    return serve(event, routes)


def _status(request: Request) -> Answer:
    require(request.caller, *MAY)
    return answer(200, counting.status())


def _sources(request: Request) -> Answer:
    require(request.caller, *MAY)
    return answer(200, SourcesView(items=counting.sources()))


def _sync(request: Request) -> Answer:
    """Asks for a pull. The same idempotency key within a day asks once, and is answered alike."""
    require(request.caller, *MAY)
    name = request.path["name"]
    if name not in wiring.config().sources:
        known = ", ".join(wiring.config().sources)
        raise NotServed(404, f"There is no source of this name. sluice.yaml has: {known}.")
    key = request.headers.get("idempotency-key") or wiring.token()
    if len(key) > LONGEST_KEY:
        raise NotServed(400, f"An idempotency key has at most {LONGEST_KEY} characters.")
    id_ = sha256(f"sync\0{name}\0{key}".encode()).hexdigest()[:32]
    asked = Key(f"ASKED#{id_}", "SYNC")
    before = wiring.graph().get(asked)
    if before:
        return answer(202, SyncView.model_validate_json(str(before["data"])))
    now = wiring.now()
    event = bus.envelope(SyncRequested(), source=name, id=id_, time=now)
    bus.publish(wiring.aws(), wiring.settings().inbound_bus, [event])
    view = SyncView(source=name, request=id_, at=now)
    expires = int((now + REMEMBERED).timestamp())
    data = view.model_dump_json()
    wiring.graph().write(Write("put", asked, {"data": data, "expires": expires}))
    return answer(202, view)


def _why(request: Request) -> Answer:
    allowed = clearance(request.caller, MAY, wiring.policy()[1])
    customer, destination = (request.query.get(each, "") for each in ("customer", "destination"))
    named = wiring.config().destinations.get(destination)
    if not customer or not named:
        known = ", ".join(wiring.config().destinations)
        raise NotServed(400, f"Ask with customer=<id> and destination= one of: {known}.")
    found = by_id(Customers(wiring.graph()), customer)
    if not found:
        raise NotServed(404, "There is no customer of this id; find it with /v1/context.")
    ((id_, island),) = found
    subjects = sorted(s for s, label in island.labels.items() if label == id_)
    rows = [row for s in subjects for row in ledger.entries(wiring.graph(), s, destination)]
    rows.sort(key=lambda row: (row.at, row.number), reverse=True)
    first, limit = _offset(request), request.limit(PAGE)
    by_address = _by_address([island.nodes[s] for s in subjects], destination, rows)
    return answer(
        200,
        WhyView(
            customer=id_,
            destination=destination,
            mode=named.mode,
            items=tuple(_entry(row, allowed) for row in rows[first : first + limit]),
            by_address=tuple(
                _entry(row, allowed).model_copy(update={"customer": row.customer})
                for row in by_address
            ),
            next=str(first + limit) if len(rows) > first + limit else None,
        ),
    )


def _by_address(
    nodes: Iterable[Node], destination: str, entered: Iterable[DeliveryRow]
) -> list[DeliveryRow]:
    """The last states of their addresses that are entered elsewhere: before a split, under the
    other side.
    """
    addresses = {k for node in nodes for k in stated(node) if type_of(k) in ADDRESSES}
    keys = [ledger_rows.state_key(destination, each) for each in sorted(addresses)]
    states = map(ledger_rows.row_from, wiring.graph().get_many(keys).values())
    known = {(row.identifier, row.number) for row in entered}
    return [row for row in states if row and (row.identifier, row.number) not in known]


def _offset(request: Request) -> int:
    number = whole(request.query.get("cursor", "0"))
    if number is None:
        raise NotServed(400, "This cursor is not one that was answered; begin without it.")
    return number


def _entry(row: DeliveryRow, allowed: Access) -> DeliveryView:
    decision = row.decision
    return DeliveryView(
        destination=row.destination,
        identifier=type_of(row.identifier),
        at=row.at,
        outcome=row.outcome,
        permitted=decision.permitted,
        reason=decision.reason,
        purpose=decision.purpose,
        policy=decision.policy,
        fields=decision.fields,
        consents=tuple(showing.consent(allowed, each) for each in decision.evidence),
        evidence=row.evidence,
        opted_out=row.opted_out,
    )


def _quarantine(request: Request) -> Answer:
    require(request.caller, *MAY)
    owners = [f"Q#{owner}" for owner in (*wiring.config().sources, counting.ANNOUNCE)]
    page = _page(request, owners)
    rows = tuple(
        AsideView.model_validate(
            {
                "source": str(row["pk"]).removeprefix("Q#"),
                "id": row["sk"],
                **{name: row[name] for name in ("kind", "reason", "at")},
            }
        )
        for row in page.items
    )
    return answer(200, QuarantineView(items=rows, next=page.next))


def _reviews(request: Request) -> Answer:
    require(request.caller, *MAY)
    page = _page(request, listing.partitions(listing.REVIEWS))
    found = {str(row["sk"]): Review.model_validate_json(str(row["data"])) for row in page.items}
    names = {str(row["island"]) for row in page.items}
    islands = Customers(wiring.graph()).islands(names) if names else {}
    labels = {s: label for each in islands.values() for s, label in each.labels.items()}
    views = tuple(
        ReviewView(
            id=id_,
            type=type_of(review.identifier),
            reason=review.reason,
            detail=review.detail,
            customers=customers_of(review.subjects, labels),
        )
        for id_, review in found.items()
    )
    return answer(200, ReviewsView(items=views, next=page.next))


def _page(request: Request, partitions: tuple[str, ...] | list[str]) -> lists.Page:
    cursor = request.query.get("cursor", "")
    try:
        return lists.page(wiring.graph(), partitions, cursor, request.limit(PAGE))
    except BadRecord as error:
        raise NotServed(400, f"{error.reason}.") from error
