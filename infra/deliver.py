"""A destination: its own queue, so that a slow one delays nobody else."""

from aws_cdk import aws_events as events
from constructs import Construct

from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience
from infra.storage import Storage

PATIENCE = Patience(60, attempts=10)
"""A vendor that is down or short of calls is no reason to set a message aside within the hour."""
FEED = Feed(batch=10, concurrency=2)
NEWS = ("CustomerChanged", "CustomersMerged", "CustomerSplit", "ConsentChanged")


class Deliver(Construct):
    """Everything that belongs to one destination, named `deliver-<destination>`."""

    def __init__(
        self, scope: Construct, system: str, shared: Shared, storage: Storage, bus: events.EventBus
    ) -> None:
        super().__init__(scope, f"Deliver-{system}")
        name = f"deliver-{system}"
        self.inbox = Inbox(self, name, shared.target, storage.key, PATIENCE)
        self.inbox.listen(bus, NEWS)
        job = Job(name, "deliver", PATIENCE.seconds, memory=512, system=system)
        self.function = function = Function(self, "Deliver", shared, job)
        function.takes_from(self.inbox, storage.key, FEED)
        secret = shared.target.secret(system, "api")
        function.reads_secret(secret, "secretsmanager:PutSecretValue")
        function.reads_secret(shared.target.secret("pepper", "graph"))
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
                     on=storage.graph.table_arn)  # fmt: skip
        function.may("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
                     on=storage.graph.table_arn,
                     keys=("S#*", f"SYS#{system}", f"L#delivery#{system}#*"))  # fmt: skip
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
                     on=storage.journal.table_arn)  # fmt: skip
        function.may("sqs:ChangeMessageVisibility", on=self.inbox.queue.queue_arn)
        function.encrypts(storage.key, via="dynamodb")
