"""Listens on a bus: a queue of the test's own that gets a copy of every event."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.hub import Hub

NOT_MINE = "e2e-"


@dataclass
class Tap:
    """Every event of one bus since the tap was opened."""

    hub: Hub
    url: str
    taken: list[str] = field(default_factory=list)

    def bodies(self, *types: str) -> list[str]:
        """The messages so far of these types (or of all), as a function gets them."""
        while self._take():
            pass
        wanted = [body for body in self.taken if not types or _type(body) in types]
        return list(dict.fromkeys(wanted))

    def _take(self) -> bool:
        sqs: Any = self.hub.client("sqs")
        found = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.taken.append(message["Body"])
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return bool(found)


def open_tap(hub: Hub, output: str) -> Tap:
    """A tap on the bus that a stack output names."""
    bus, name = hub.stage.outputs[output], f"sluice-local-{NOT_MINE}{output.lower()}"
    sqs, events = hub.client("sqs"), hub.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"]
    rule = events.put_rule(
        Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": "sluice."}]})
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, rule["RuleArn"])})
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "tap", "Arn": arn}])
    return Tap(hub, url)


def _type(body: str) -> str:
    return str(json.loads(body)["detail-type"])


def _policy(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
