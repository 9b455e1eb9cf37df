"""A webhook arrives: verified on its raw bytes, normalised, on the bus, and only then a 2xx."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from adapters import bus, quarantine, tallies
from connectors import registry
from connectors.contract import Connector, Delivery, Inbound
from functions import observed, wiring
from functions.problem import Answer, answer, problem
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured, RetryLater

LARGEST: Final = 256 * 1024


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """`POST /webhooks/{source}`; GET is a vendor's check that the address is ours."""
    name = (event.get("pathParameters") or {}).get("source", "")
    source = wiring.config().sources.get(name)
    if source is None:
        return problem(404, "There is no such source. Its name is in sluice.yaml, under sources.")
    try:
        return _receive(name, source, inbound(event, wiring.settings().public_url))
    except BadRecord as error:
        return problem(400, f"{error.reason}. Nothing was stored; correct it and send it again.")
    except RetryLater as error:
        wiring.logger().warning("not accepted", extra={"source": name, "reason": error.reason})
        return problem(503, "Not stored yet: send it again.", headers={"retry-after": "5"})
    except Misconfigured as error:
        wiring.logger().error("misconfigured", extra={"source": name, "reason": str(error)})
        return problem(503, "This source is not set up yet.", headers={"retry-after": "300"})
    finally:
        wiring.flush()


def inbound(event: Mapping[str, Any], public_url: str) -> Inbound:
    """The request as the vendor sent it and signed it."""
    http = event["requestContext"]["http"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    query = event.get("rawQueryString") or ""
    scheme = headers.get("x-forwarded-proto", "https")
    base = public_url or f"{scheme}://{headers.get('host', '')}"
    return Inbound(
        method=http["method"],
        url=f"{base}{event['rawPath']}{'?' if query else ''}{query}",
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=_body(event),
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return b64decode(body, validate=True)
    except NotBase64 as error:
        raise BadRecord("the body could not be decoded") from error


def _receive(name: str, source: Source, request: Inbound) -> Answer:
    connector = registry.load(source.connector)
    refusal = _refused(connector, request)
    if refusal:
        return refusal
    if connector.ping(source, request):
        return answer(200, {"source": name})
    secret = wiring.secrets().get(name, "webhook")
    forged = connector.verify(source, secret, request, wiring.now())
    if forged:
        wiring.metrics().add_metric("WebhookRefused", "Count", 1)
        return problem(401, f"{forged.reason}. Nothing was stored.")
    if request.method == "GET":
        return answer(200, {"source": name})
    try:
        delivery = connector.parse(source, request)
    except BadRecord as error:
        return _unreadable(name, request, error)
    kept, aside = publish(name, source, connector, delivery)
    return answer(200, {"accepted": kept, "set_aside": aside})


def _unreadable(name: str, request: Inbound, error: BadRecord) -> Answer:
    """The sender is who it says, so what it sent is kept, though it may be no text at all."""
    raw = request.body.decode(errors="backslashreplace")
    quarantine.keep(wiring.graph(), name, ("delivery", raw), error, wiring.now())
    return problem(400, f"{error.reason}. It is set aside; correct it and send it again.")


def _refused(connector: Connector, request: Inbound) -> Answer | None:
    if not connector.SPEC.webhooks:
        return problem(404, "This source sends no webhooks.")
    if len(request.body) > LARGEST:
        return problem(413, f"The body is over {LARGEST // 1024} KB: send fewer records at once.")
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and sent not in connector.SPEC.accepts:
        return problem(415, f"Send it as {' or '.join(connector.SPEC.accepts)}.")
    return None


def publish(name: str, source: Source, connector: Connector, found: Delivery) -> tuple[int, int]:
    """Puts a delivery's records on the bus and broken ones aside: how many of each."""
    events, aside, movable = [], 0, connector.SPEC.movable
    for kind, record in found.records:
        try:
            observation = connector.normalise(name, source, kind, record)
            events.append(observed.event(name, observation, "webhook", wiring.now(), movable))
        except BadRecord as error:
            aside += 1
            quarantine.keep(wiring.graph(), name, (kind, record), error, wiring.now())
    events += [
        observed.change(name, found.id, kind, ids, wiring.now())
        for kind, ids in found.fetch.items()
    ]
    bus.publish(wiring.aws(), wiring.settings().inbound_bus, events)
    tallies.add(wiring.graph(), {f"webhooks#{name}": 1})
    return len(events), aside
