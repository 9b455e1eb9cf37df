"""Records become the graph: one queue, one function, whole batches."""

from constructs import Construct

from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience

PATIENCE = Patience(60)
FEED = Feed(batch=50, concurrency=4, window=1)
"""One batch is read in one call, so a second's wait for it to fill is repaid."""

WRITTEN = ("S#*", "I#*", "G#*", "R#*", "PARTED", "Q#*", "STAT#*")
"""Subjects, identifiers, islands; where records are that can move, and whom they left; what could
not be used; counts. Never a profile or a policy."""


class Resolve(Construct):
    """The function that makes subjects, identifiers and islands of records."""

    def __init__(self, scope: Construct, shared: Shared) -> None:
        super().__init__(scope, "Resolve")
        self.inbox = Inbox(self, "resolve", shared.target, shared.key, PATIENCE)
        self.inbox.listen(shared.buses.inbound, ("RecordObserved",))
        self.function = function = Function(
            self, "Resolve", shared, Job("resolve", "resolve", PATIENCE.seconds, memory=1024)
        )
        function.takes_from(self.inbox, FEED)
        function.reads_secret(shared.target.secret("pepper", "graph"))
        graph = shared.graph.table_arn
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", on=graph)
        function.may("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem",
                     "dynamodb:PartiQLInsert", on=graph, keys=WRITTEN)  # fmt: skip
        function.may("dynamodb:DeleteItem", on=graph, keys=("S#*", "I#*"))
        journal = shared.journal.table_arn
        function.may("dynamodb:Query", "dynamodb:PartiQLInsert", on=journal)
        function.uses_key(via="dynamodb")
