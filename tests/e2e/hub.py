"""A deployed stage, as tests drive and inspect it: its API, tables, queues, buses and log."""

import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

from botocore.credentials import Credentials

from adapters.aws import Aws
from adapters.table import Item, Key, decode, key_of
from cli.api import Api
from local import cloud, journey
from local.stage import Stage
from local.standins.senders import Signed
from rules.keys import Pepper
from rules.resolution_items import island_from
from schemas.graph import Island, Profile
from tests.e2e.waiting import steady

SETTLING = 420.0
"""Seconds until the queues run dry, on a machine that has other things to do."""
DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Reply(NamedTuple):
    """An answer over HTTP; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Hub:
    """One stage. The clients are the local account's root user's."""

    stage: Stage
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, name: str) -> Any:  # noqa: ANN401 - boto3 makes its clients from data
        """A boto3 client, kept."""
        if name not in self.clients:
            self.clients[name] = self.stage.client(name)
        return self.clients[name]

    @cached_property
    def api(self) -> Api:
        """The HTTP API, as the local users."""
        return journey.api(self.stage)

    @cached_property
    def aws(self) -> Aws:
        """The functions' own client, as the root user."""
        root = Credentials(cloud.ROOT_KEY, cloud.ROOT_KEY)
        return Aws(cloud.REGION, lambda: root, lambda _: None, lambda: 0.0, self.stage.endpoint)

    @property
    def base_url(self) -> str:
        """The address by which the hub knows itself, which HubSpot signs."""
        return f"https://{self.stage.api_host}"

    @cached_property
    def queues(self) -> dict[str, str]:
        """Name → URL."""
        found = self.client("sqs").list_queues(QueueNamePrefix="sluice-local-")["QueueUrls"]
        return {url.rpartition("/sluice-local-")[2]: url for url in found}

    @cached_property
    def pepper(self) -> Pepper:
        """What the graph's keys are made with."""
        said = self.client("secretsmanager").get_secret_value(SecretId="sluice/local/pepper/graph")
        held = json.loads(said["SecretString"])
        return Pepper(bytes.fromhex(held["secret"]), int(held["version"]))

    def send(self, signed: Signed) -> Reply:
        """Sends a webhook, as a vendor would."""
        return self.call(signed.method, signed.path, signed.headers, signed.body)

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Any request to the API."""
        _, _, netloc = self.stage.endpoint.partition("://")
        connection = http.client.HTTPConnection(netloc, timeout=60)
        try:
            sent = {**headers, "Host": self.stage.api_host}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
            told = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        return Reply(answer.status, told, json.loads(text) if text else None)

    def sync(self, *sources: str) -> None:
        """Asks for pulls."""
        for source in sources:
            self.api.post("operator", f"/v1/sources/{source}/sync", uuid4().hex)

    def source(self, name: str) -> dict[str, Any]:
        """What `status` says of a source."""
        said = self.api.get("operator", "/v1/sources")["items"]
        return next(each for each in said if each["name"] == name)

    def rows(self, output: str = "GraphTable") -> dict[Key, Item]:
        """A whole table."""
        asked: dict[str, Any] = {"TableName": self.stage.outputs[output], "ConsistentRead": True}
        items: list[Item] = []
        while True:
            page = self.aws.call("dynamodb", "Scan", asked)
            items += [decode(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return {key_of(item): item for item in items}
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def waiting(self) -> dict[str, int]:
        """Messages under way, by queue; what was given up and what tests listen to not counted."""
        working = (n for n in self.queues if not n.endswith("-dead") and not n.startswith("e2e-"))
        found = {name: sum(self.depth(name)) for name in working}
        return {name: count for name, count in found.items() if count}

    def depth(self, name: str) -> tuple[int, int]:
        """Messages of a queue that wait and that are being worked on."""
        asked = {"QueueUrl": self.queues[name], "AttributeNames": list(DEPTHS)}
        told = self.client("sqs").get_queue_attributes(**asked)["Attributes"]
        return int(told[DEPTHS[0]]), int(told[DEPTHS[1]])

    def settle(self, seconds: float = SETTLING) -> dict[Key, Item]:
        """The graph, once nothing is under way and each customer's view is that of its island."""

        def quiet() -> dict[Key, Item] | None:
            if self.waiting():
                return None
            rows = self.rows()
            return rows if in_step(rows) else None

        return steady(quiet, "the hub comes to rest", seconds)

    def put(self, queue: str, bodies: Iterable[str]) -> None:
        """Puts messages on a queue, in this order."""
        waiting = list(bodies)
        for start in range(0, len(waiting), 10):
            entries = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(waiting[start : start + 10])
            ]
            self.client("sqs").send_message_batch(QueueUrl=self.queues[queue], Entries=entries)

    def empty(self) -> None:
        """Takes everything off the graph but the policy."""
        table = self.stage.outputs["GraphTable"]
        for key in self.rows():
            if key.pk != "POLICY":
                typed = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
                self.aws.call("dynamodb", "DeleteItem", {"TableName": table, "Key": typed})

    def shorten_visibility(self, queue: str, seconds: int) -> None:
        """What a dead worker held comes back after this; the real wait is of no interest here."""
        self.client("sqs").set_queue_attributes(
            QueueUrl=self.queues[queue], Attributes={"VisibilityTimeout": str(seconds)}
        )


def islands(rows: Mapping[Key, Item]) -> list[Island]:
    """The islands that were not taken over."""
    found = (island_from(item) for key, item in rows.items() if key.pk.startswith("G#"))
    return [island for island in found if island.into is None]


def profiles(rows: Mapping[Key, Item]) -> dict[str, Profile]:
    """The folded views of the customers that there are."""
    found = (
        Profile.model_validate_json(str(item["data"]))
        for key, item in rows.items()
        if key.pk.startswith("C#")
    )
    return {profile.customer: profile for profile in found if not profile.gone}


def in_step(rows: Mapping[Key, Item]) -> bool:
    """Whether every customer's view holds exactly the customer's subjects."""
    wanted: dict[str, set[str]] = {}
    for island in islands(rows):
        for s, customer in island.labels.items():
            wanted.setdefault(customer, set()).add(s)
    return {c: set(p.subjects) for c, p in profiles(rows).items()} == wanted
