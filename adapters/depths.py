"""How many messages wait in a queue, are worked on, and were given up."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from adapters.aws import Aws, ServiceError

COUNTED: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Depth(NamedTuple):
    """Messages of one queue, as SQS estimates them."""

    waiting: int
    working: int


@dataclass(frozen=True, slots=True)
class Depths:
    """Queues by name; their URLs are asked for once."""

    aws: Aws
    stage: str
    urls: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Depth | None:
        """The depth of `sluice-<stage>-<name>`; none when there is no such queue."""
        try:
            asked = {"QueueUrl": self._url(name), "AttributeNames": list(COUNTED)}
            found = self.aws.call("sqs", "GetQueueAttributes", asked)["Attributes"]
        except ServiceError:
            return None
        return Depth(*(int(found[each]) for each in COUNTED))

    def _url(self, name: str) -> str:
        if name not in self.urls:
            asked = {"QueueName": f"sluice-{self.stage}-{name}"}
            self.urls[name] = self.aws.call("sqs", "GetQueueUrl", asked)["QueueUrl"]
        return self.urls[name]
