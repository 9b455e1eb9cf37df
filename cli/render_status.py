"""The status of a stage, at a glance."""

from collections.abc import Iterable, Iterator

from cli.render import ago, listed, minute, table, words
from schemas.views import DestinationView, QueueView, SourcesView, SourceView, StatusView

REFUSED = ("absent", "rejected")


def status(view: StatusView) -> str:
    """Sources, what became of their records, destinations, and what is stuck."""
    return "\n".join(
        [
            f"stage {view.stage}, {minute(view.at)} UTC, policy {view.policy}",
            "",
            *sources(view.sources),
            "",
            _sum(view),
            "",
            *_destinations(view.destinations),
            *_stuck(view),
        ]
    )


def source_list(view: SourcesView) -> str:
    """The sources and how far each was read."""
    return "\n".join([*sources(view.items), *_troubles(view.items)])


def sources(items: Iterable[SourceView]) -> list[str]:
    """A line for each source."""
    head = ("source", "connector", "pulled", "webhooks", "set aside", "read", "every")
    return table(
        head,
        (
            (
                each.name,
                each.connector,
                str(each.pulled),
                str(each.webhooks),
                str(each.set_aside),
                ago(_age(each)),
                each.schedule.removeprefix("rate(").removesuffix(")"),
            )
            for each in items
        ),
    )


def _age(source: SourceView) -> int | None:
    """Of the checkpoint that is furthest behind."""
    ages = [each.age_seconds for each in source.checkpoints if each.age_seconds is not None]
    return max(ages, default=None)


def _sum(view: StatusView) -> str:
    records = sum(each.pulled + each.webhooks for each in view.sources)
    return (
        f"{records} records -> {view.customers} customers of {view.subjects} subjects "
        f"({view.merges} joined); {view.reviews} pairs kept apart, {view.set_aside} set aside"
    )


def sent(of: DestinationView) -> int:
    """How many it has as they are now."""
    return sum(of.outcomes.get(name, 0) for name in ("sent", "unchanged"))


def held_back(of: DestinationView) -> int:
    """How many the gate withheld, and how many the vendor would not take."""
    return sum(of.outcomes.get(name, 0) for name in ("withheld", *REFUSED))


def because(of: DestinationView) -> dict[str, int]:
    """Why they were held back, and how many are tried again since it does not answer."""
    held = {str(reason): n for reason, n in of.withheld_because.items()}
    others = (*REFUSED, "retrying")
    return held | {name: of.outcomes[name] for name in others if of.outcomes.get(name)}


def _destinations(items: Iterable[DestinationView]) -> list[str]:
    head = ("destination", "mode", "sent", "shadow", "withheld", "because")
    return table(
        head,
        (
            (
                each.name,
                each.mode,
                str(sent(each)),
                str(each.outcomes.get("shadow", 0)),
                str(held_back(each)),
                listed(because(each)) or "-",
            )
            for each in items
        ),
    )


def _stuck(view: StatusView) -> Iterator[str]:
    """Only what somebody should look at."""
    told = [*_troubles(view.sources), *_waiting(view)]
    if told:
        yield ""
        yield from told


def _troubles(items: Iterable[SourceView]) -> Iterator[str]:
    for source in items:
        for each in source.checkpoints:
            if each.reason:
                yield f"{source.name} {each.kind}: {each.reason}"
        for reason, count in source.set_aside_because.items():
            yield f"{source.name}: {count} set aside, {reason}"


def _waiting(view: StatusView) -> Iterator[str]:
    for queue in view.queues:
        if queue.waiting or queue.working or queue.dead:
            yield _queue(queue)


def _queue(queue: QueueView) -> str:
    parts = {"waiting": queue.waiting, "working": queue.working, "given_up": queue.dead}
    told = ", ".join(f"{count} {words(name)}" for name, count in parts.items() if count)
    return f"queue {queue.name}: {told}"
