"""Something changed about a customer: bring one destination up to date.

Level-triggered: an event only says whom to look at. What is sent is what is true, and permitted,
when it is sent; so events may come late, twice or in any order.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from adapters.ledger import Ledger
from connectors import registry
from events.outbound import ConsentChanged, CustomerChanged, CustomersMerged, CustomerSplit
from functions import calling, wiring
from functions.deferring import defer
from functions.delivering import concerns, deliver
from functions.office import Errand, Office
from functions.reading import Reader
from functions.sighting import Sightings
from rules.delivery import own_sources
from rules.gate import Book
from schemas.errors import BadRecord, Misconfigured, RetryLater

Message = Mapping[str, Any]

RESERVE_SECONDS: Final = 8.0
PATIENCE_SECONDS: Final = 3.0
"""A longer wait is left to the queue, where it costs nothing."""
EVENTS: Final = {
    each.__name__: each
    for each in (ConsentChanged, CustomerChanged, CustomersMerged, CustomerSplit)
}


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """An SQS batch; what could not be delivered stays on the queue, for as long as was asked."""
    seconds = context.get_remaining_time_in_millis() / 1000
    round_ = Round(wiring.clock() + seconds - RESERVE_SECONDS)
    understood = [each for each in event["Records"] if attempted(round_.hear, each)]
    done = {each["messageId"] for each in understood if attempted(round_.act, each)}
    wiring.flush()
    names = [each["messageId"] for each in event["Records"]]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names if name not in done]}


def attempted(work: Callable[[Message], None], message: Message) -> bool:
    """Whether it worked; if not, when the message comes back has been arranged."""
    try:
        work(message)
    except RetryLater as error:
        wiring.logger().warning("delivered later", extra=said(message, error))
        defer(message, error)
    except (BadRecord, Misconfigured) as error:
        wiring.logger().error("not delivered", extra=said(message, error))
    except Exception as error:  # noqa: BLE001 - one broken message must not hold up the rest
        wiring.logger().error("not delivered", extra={"message_id": message["messageId"],
                              "reason": type(error).__name__})  # fmt: skip
    else:
        return True
    return False


class Round:
    """One batch. A customer is looked at once in it: every event of it was there before."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.ahead: dict[str, list[Errand]] = {}
        self.done: dict[tuple[str, bool], int] = {}

    def hear(self, message: Message) -> None:
        """Whom a message is about."""
        self.ahead[message["messageId"]] = list(errands(message["body"]))

    def act(self, message: Message) -> None:
        """Does what a message asks for."""
        for errand in self.ahead.pop(message["messageId"]):
            if self.done.get((errand.customer, errand.decisive), -1) < errand.version:
                self._run(errand)

    @cached_property
    def office(self) -> Office:
        """Opened when there is something to deliver."""
        return open_office(self.until)

    @cached_property
    def sightings(self) -> Sightings:
        """The customers that were read so far."""
        return Sightings(self.office.reader, wiring.clock)

    def _run(self, errand: Errand) -> None:
        if wiring.clock() >= self.until:
            message = "the rest of the batch has no time left"
            raise RetryLater(message, 1.0)
        if concerns(self.office, errand):
            ahead = (each for some in self.ahead.values() for each in some)
            others = [each for each in ahead if concerns(self.office, each)]
            deliver(self.office, errand, self.sightings.of(errand, others))
            for decisive in {False, errand.decisive}:
                self.done[errand.customer, decisive] = errand.version


def errands(body: str) -> Iterator[Errand]:
    """The customers that an event is about."""
    message = json.loads(body)
    detail = message["detail"]
    data = EVENTS[message["detail-type"]].model_validate(detail["data"])
    at = datetime.fromisoformat(detail["time"])
    match data:
        case CustomerSplit():
            yield from (Errand(part, 0, at) for part in data.parts)
        case CustomersMerged():
            yield from (Errand(each, 0, at) for each in (*data.merged, data.customer))
        case CustomerChanged():
            yield Errand(data.customer, data.version, at, frozenset(data.changed))
        case _:
            yield Errand(data.customer, 0, at)


def open_office(until: float) -> Office:
    """Everything that deliveries to this function's destination share."""
    name = wiring.settings().system
    destination = wiring.config().destinations.get(name)
    if destination is None:
        message = f"{name} is no destination of sluice.yaml: deploy again"
        raise Misconfigured(message)
    http = calling.http(name, destination, until)
    http.patience = PATIENCE_SECONDS
    pepper = wiring.pepper()
    return Office(
        name=name,
        destination=destination,
        connector=registry.load(destination.connector),
        own_sources=own_sources(wiring.config(), name, destination),
        book=Book(*wiring.policy()),
        pepper=pepper,
        reader=Reader(wiring.graph(), wiring.journal()),
        ledger=Ledger(wiring.graph(), name, pepper),
        http=http,
        now=wiring.now,
        clock=wiring.clock,
        token=wiring.token,
    )


def said(message: Message, error: Exception) -> dict[str, str]:
    """Which message, and why; errors of ours never carry anything personal."""
    return {"message_id": message["messageId"], "reason": str(error)}
