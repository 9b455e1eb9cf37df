"""The first journey of a stage: sync every source, send webhooks, tell what happened."""

import http.client
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cli import targets
from cli.api import Api, path
from cli.failure import Failure
from local import service
from local.company.generate import generate
from local.company.model import Company
from local.programs import LocalError
from local.stage import Say, Stage, Step
from local.standins.secrets import credentials
from local.standins.senders import Target
from local.standins.traffic import Sent, traffic
from local.story import destinations, stories
from schemas.views import QueueView, SourceView, StatusView

PATIENCE = 420.0
"""Seconds for a sync, or for the queues to run dry, on a slow machine."""
LOOK_EVERY = 1.0
STORIES_OF = frozenset({"shopify-eu", "mailchimp", "zendesk", "hubspot"})
"""The stand-ins that know the people of the three stories."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
STUCK = 45
"""Looks in a row in which nothing that is under way moves."""
QUIET = 4
"""Looks in a row that find nothing under way: a stream takes a moment to reach its reader."""


def api(stage: Stage) -> Api:
    """The stage's HTTP API, as its local users."""
    return Api(targets.read(stage.file, "local"), _nobody)


def _nobody(role: str) -> tuple[str, str]:
    raise LocalError(f"There is no local user with the role {role}: make up makes one.")


def sync(stage: Stage, say: Say) -> str:
    """Asks for a pull of every source and waits until they are read."""
    hub, asked = api(stage), datetime.now(UTC)
    for name in stage.config.sources:
        hub.post("operator", path("sources", name, "sync"), f"first-{time.time_ns()}")
    pulls = {f"pull-{name}" for name in stage.config.sources}
    status = wait(stage, say, lambda now: [q for q in going(now, asked) if q.name in pulls])
    told = (f"{s.name} {'failed' if failed(s, asked) else s.pulled}" for s in status.sources)
    return "  ".join(told)


def webhooks(stage: Stage, say: Say) -> str:
    """Sends the demo's webhooks, a forged one and a repeated one among them."""
    say("signing")
    found: Counter[str] = Counter()
    for sent in _traffic(stage):
        status = _send(stage, sent)
        good = status < 300
        if good != (sent.fate != "refused"):
            raise LocalError(f"A webhook that should be {sent.fate} was answered {status}.")
        found[sent.fate] += 1
        say(f"{found.total()} sent")
    return (
        f"{found.total()} sent: {found['accepted']} accepted, "
        f"{found['refused']} forged refused, {found['repeated']} repeat ignored"
    )


def settle(stage: Stage, say: Say) -> str:
    """Waits until every queue is empty and nothing changes any more."""
    status = wait(stage, say, lambda now: going(now, LONG_AGO))
    return (
        f"{status.subjects} subjects -> {status.customers} customers, {status.merges} merges; "
        f"{status.reviews} kept apart, {status.set_aside} set aside"
    )


STEPS: tuple[Step, ...] = (
    Step("sync", sync),
    Step("webhooks", webhooks),
    Step("resolve", settle),
)


def summary(stage: Stage) -> str:
    """What a person reads at the end."""
    hub = api(stage)
    status = StatusView.model_validate(hub.get("operator", "/v1/status"))
    lines = [*_troubles(status), *destinations(status)]
    if {*stage.invented.values()} >= STORIES_OF and "mailchimp" in stage.config.destinations:
        lines += stories(hub, _company(stage))
    return "\n".join(lines)


def failed(source: SourceView, since: datetime) -> bool:
    """Whether a pull since then could not read everything: it is tried again later."""
    return any(each.failed_at and each.failed_at >= since for each in source.checkpoints)


def going(status: StatusView, since: datetime) -> list[QueueView]:
    """The queues whose messages are worth waiting for: not those of a source that fails."""
    failing = {f"pull-{source.name}" for source in status.sources if failed(source, since)}
    return [queue for queue in status.queues if queue.name not in failing]


def _troubles(status: StatusView) -> Iterator[str]:
    """What could not be read, and how to try it again."""
    for source in status.sources:
        reasons = [f"{each.kind}: {each.reason}" for each in source.checkpoints if each.reason]
        if reasons:
            yield f"{source.name} was not read. {'; '.join(reasons)}"
            yield f"  Mend that, then: ./sluice source sync {source.name} --wait"
    for queue in status.queues:
        if queue.waiting or queue.working:
            left = queue.waiting + queue.working
            yield f"{queue.name}: {left} still under way; ./sluice status tells when it is over"


class Settled(NamedTuple):
    """What must stand still before the journey is over."""

    busy: int
    customers: int
    outcomes: int


def wait(stage: Stage, say: Say, queues: Callable[[StatusView], Sequence[QueueView]]) -> StatusView:
    """The status once the queues are empty and the counts have stood still for a few looks; or once
    what is left has not moved for long: it waits for a system that does not answer.
    """
    hub, until = api(stage), time.monotonic() + PATIENCE
    still, before = 0, None
    while time.monotonic() < until:
        time.sleep(LOOK_EVERY)
        try:
            status = StatusView.model_validate(hub.get("operator", "/v1/status"))
        except Failure:  # a machine that is busy enough lets one answer out
            if service.find(stage.cloud.service) is None:
                raise _ended(stage) from None
            still = 0
            continue
        now = _measure(status, queues(status))
        still, before = still + 1 if now == before else 0, now
        say(f"{status.subjects} subjects, {status.customers} customers, {now.busy} events waiting")
        if still == (STUCK if now.busy else QUIET):
            return status
    raise LocalError(f"Not settled after {PATIENCE:.0f} s: ./sluice status tells what waits.")


def _ended(stage: Stage) -> LocalError:
    return LocalError(f"The local cloud has ended; its log is {stage.cloud.service.log}")


def _measure(status: StatusView, queues: Sequence[QueueView]) -> Settled:
    busy = sum(queue.waiting + queue.working for queue in queues)
    outcomes = sum(sum(each.outcomes.values()) for each in status.destinations)
    return Settled(busy, status.customers, outcomes)


def _company(stage: Stage) -> Company:
    """The very company that the stand-ins hold."""
    running = service.find(stage.systems)
    if running is None:
        raise LocalError("The stand-ins are not running: make up starts them.")
    about = service.health(running, "/_control/health")
    return generate(datetime.fromisoformat(about["now"]), about["seed"], stage.shops)


def _traffic(stage: Stage) -> tuple[Sent, ...]:
    """Of the stand-ins that are sources; nobody else is sent anything invented."""
    base_url = f"https://{stage.api_host}"  # as the hub sees itself: HubSpot signs the address
    now = datetime.now(UTC)
    at = {
        called: Target(name, credentials(called)["webhook"]["secret"], now, base_url)
        for name, called in stage.invented.items()
    }
    return traffic(_company(stage), at) if at else ()


def _send(stage: Stage, sent: Sent) -> int:
    request = sent.request
    host, _, port = stage.endpoint.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        headers = {**request.headers, "Host": stage.api_host}
        connection.request(request.method, request.path, request.body or None, headers)
        return connection.getresponse().status
    except OSError as error:
        raise LocalError(f"Nothing answers at {stage.endpoint}: {error}") from error
    finally:
        connection.close()
