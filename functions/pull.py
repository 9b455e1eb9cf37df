"""A schedule fires or a webhook names a record: read the source, page by page.

A page's checkpoint moves only after every event of it was accepted by the bus.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters import bus, quarantine
from adapters.checkpoints import Checkpoints
from connectors import registry
from connectors.contract import Connector, Page, Pull
from events.inbound import RecordChanged, SyncRequested
from functions import calling, observed, wiring
from functions.deferring import defer
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured, RetryLater, SluiceError

ENOUGH_MS: Final = 60_000
"""A pull that has less time left hands over to the next one."""
RESERVE_SECONDS: Final = 10.0
LEASE_SECONDS: Final = 330


class TimeIsShort(Exception):
    """The rest is for the next invocation."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One source being read by this invocation."""

    name: str
    source: Source
    connector: Connector
    checkpoints: Checkpoints
    lambda_context: Any

    def sync(self, kinds: tuple[str, ...]) -> None:
        """Every kind from its checkpoint; stops at the first that cannot go on."""
        for position, kind in enumerate(kinds):
            cursor = self.checkpoints.cursor(kind)
            pull = self.connector.pull(self.source, kind, cursor, wiring.now())
            try:
                self.read(pull)
            except TimeIsShort:
                self.hand_over(kinds[position:])
                return
            except SluiceError as error:
                self.checkpoints.failed(kind, str(error), wiring.now())
                raise

    def read(self, pull: Pull) -> None:
        """Drives the connector; each page is published, then its checkpoint moves."""
        seconds = self.lambda_context.get_remaining_time_in_millis() / 1000
        until = wiring.clock() + seconds - RESERVE_SECONDS
        calling.http(self.name, self.source, until).pull(pull, self.page)

    def page(self, page: Page) -> None:
        """Publishes a page's records, sets broken ones aside, moves the checkpoint."""
        events, movable = [], self.connector.SPEC.movable
        for record in page.records:
            try:
                found = self.connector.normalise(self.name, self.source, page.kind, record)
                events.append(observed.event(self.name, found, "pull", wiring.now(), movable))
            except BadRecord as error:
                aside = (page.kind, record)
                quarantine.keep(wiring.graph(), self.name, aside, error, wiring.now())
        bus.publish(wiring.aws(), wiring.settings().inbound_bus, events)
        if page.cursor:
            self.checkpoints.advance(page.kind, page.cursor, len(page.records), wiring.now())
            if self.lambda_context.get_remaining_time_in_millis() < ENOUGH_MS:
                raise TimeIsShort

    def hand_over(self, kinds: tuple[str, ...]) -> None:
        """Asks for the rest to be read by the next invocation."""
        request = bus.envelope(
            SyncRequested(kinds=kinds), source=self.name, id=wiring.token(), time=wiring.now()
        )
        bus.publish(wiring.aws(), wiring.settings().inbound_bus, [request])


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """An SQS batch of requests to read; those that cannot be met now stay on the queue."""
    failed = [each["messageId"] for each in event["Records"] if not _done(each, context)]
    wiring.flush()
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _done(message: Mapping[str, Any], context: Any) -> bool:  # noqa: ANN401 - Lambda's
    """A vendor that is down is asked again soon; what a person must change waits longer."""
    try:
        _read(json.loads(message["body"]), context)
    except RetryLater as error:
        wiring.logger().warning("read later", extra={"reason": error.reason})
        defer(message, error)
    except (SluiceError, ValueError) as error:
        wiring.logger().warning("not read", extra={"reason": str(error)})
    else:
        return True
    return False


def _read(message: Mapping[str, Any], context: Any) -> None:  # noqa: ANN401 - Lambda's
    name = wiring.settings().system
    source = wiring.config().sources.get(name)
    if source is None:
        raise Misconfigured(f"{name} is no source of sluice.yaml: deploy again")
    connector = registry.load(source.connector)
    checkpoints = Checkpoints(wiring.graph(), name)
    reader = Reader(name, source, connector, checkpoints, context)
    data = message["detail"]["data"]
    if message["detail-type"] == RecordChanged.__name__:
        wanted = RecordChanged.model_validate(data)
        reader.read(connector.fetch(source, wanted.kind, wanted.ids))
        return
    owner = wiring.token()
    if not checkpoints.lease(owner, int(wiring.now().timestamp()), LEASE_SECONDS):
        raise RetryLater("another pull of this source is under way")
    try:
        reader.sync(SyncRequested.model_validate(data).kinds or connector.SPEC.kinds)
    finally:
        checkpoints.release(owner)
