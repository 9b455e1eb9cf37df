"""The graph changed: fold the customers it concerns, keep the lists in step, say what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters import bus, quarantine
from adapters.customers import Customers
from adapters.typed import decode
from functions import wiring
from functions.folding import Views, fold_all
from functions.following import Announcement, follow
from functions.problem import Answer
from rules.announcing import Change
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.rows import key_of

Record = Mapping[str, Any]


def handler(event: Mapping[str, Any], _context: object = None) -> Answer:
    """A batch of the table's stream. What is reported failed comes again, and all after it."""
    try:
        return {"batchItemFailures": _attempt(event["Records"])}
    finally:
        wiring.flush()


def _attempt(records: Sequence[Record]) -> list[dict[str, str]]:
    """The whole batch at once; if an item of it is broken, each on its own."""
    try:
        announce([change(record) for record in records])
    except (RetryLater, Misconfigured) as error:
        wiring.logger().warning("not announced", extra={"reason": str(error)})
        return [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]
    except Exception as error:  # noqa: BLE001 - one broken item must not hold up all the others
        if len(records) == 1:
            _park(records[0], error)
            return []
        for record in records:
            failed = _attempt([record])
            if failed:
                return failed
    return []


def change(record: Record) -> Change:
    """A stream record as the item's two images."""
    images = record["dynamodb"]
    old, new = images.get("OldImage"), images.get("NewImage")
    return Change(key_of(decode(images["Keys"])), old and decode(old), new and decode(new))


def announce(changes: Sequence[Change]) -> None:
    """Folds first, so that whoever hears of a customer finds it as it is; then tells; and only
    then notes that it is told.
    """
    customers, pepper = Customers(wiring.graph()), wiring.pepper()
    news = follow(customers, changes, pepper)
    views = Views(customers, wiring.policy()[1].identity, pepper)
    untold = fold_all(views, news.jobs, news.seen)
    for kept in untold.values():
        news.say_changed(kept)
    wiring.graph().write_many(news.writes(pepper))
    _publish(news.said)
    customers.told(kept.profile for kept in untold.values())
    wiring.metrics().add_metric("CustomersFolded", "Count", len(news.jobs))
    wiring.metrics().add_metric("EventsAnnounced", "Count", len(news.said))
    wiring.metrics().add_metric("LinksTooLarge", "Count", news.too_large)


def _publish(said: Sequence[Announcement]) -> None:
    now = wiring.now()
    events = [
        bus.envelope(each.data, source="announce", id=each.id, time=now, subject=each.data.customer)
        for each in said
    ]
    bus.publish(wiring.aws(), wiring.settings().outbound_bus, events)


def _park(record: Record, error: Exception) -> None:
    """Sets the item's key aside with the reason; the item itself stays where it is."""
    key = key_of(decode(record["dynamodb"]["Keys"]))
    reason = f"could not be announced: {type(error).__name__}"
    raw = {"pk": key.pk, "sk": key.sk, "sequence": record["dynamodb"]["SequenceNumber"]}
    found = ("change", raw)
    quarantine.keep(wiring.graph(), "announce", found, BadRecord(reason), wiring.now())
    wiring.metrics().add_metric("ChangesSetAside", "Count", 1)
    wiring.logger().error("set aside", extra={"reason": reason, "partition": key.pk})
