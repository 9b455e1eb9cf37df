"""Records become the graph: one queue, one function, whole batches."""

from aws_cdk import aws_events as events
from constructs import Construct

from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience
from infra.storage import Storage

PATIENCE = Patience(60)
FEED = Feed(batch=50, concurrency=4, window=1)
"""One batch is read in one call, so a second's wait for it to fill is repaid."""


class Resolve(Construct):
    """The only function that writes subjects, identifiers and islands."""

    def __init__(
        self, scope: Construct, shared: Shared, storage: Storage, inbound: events.EventBus
    ) -> None:
        super().__init__(scope, "Resolve")
        self.inbox = Inbox(self, "resolve", shared.target, storage.key, PATIENCE)
        self.inbox.listen(inbound, ("RecordObserved",))
        self.function = function = Function(
            self, "Resolve", shared, Job("resolve", "resolve", PATIENCE.seconds, memory=1024)
        )
        function.takes_from(self.inbox, storage.key, FEED)
        function.reads_secret(shared.target.secret("pepper", "graph"))
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
                     "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
                     "dynamodb:ConditionCheckItem", "dynamodb:PartiQLInsert",
                     on=storage.graph.table_arn)  # fmt: skip
        function.may("dynamodb:PartiQLInsert", on=storage.journal.table_arn)
        function.encrypts(storage.key, via="dynamodb")
