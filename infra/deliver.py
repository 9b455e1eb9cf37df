"""A destination: its own queue, so that a slow one delays nobody else."""

from constructs import Construct

from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience
from schemas.config import Destination

PATIENCE = Patience(60, attempts=10)
"""A vendor that is down or short of calls is no reason to set a message aside within the hour."""
FEED = Feed(batch=10, concurrency=2)
NEWS = ("CustomerChanged", "CustomersMerged", "CustomerSplit", "ConsentChanged")


class Deliver(Construct):
    """Everything that belongs to one destination, named `deliver-<destination>`."""

    def __init__(
        self, scope: Construct, shared: Shared, system: str, destination: Destination
    ) -> None:
        super().__init__(scope, f"Deliver-{system}")
        name = f"deliver-{system}"
        self.inbox = Inbox(self, name, shared.target, shared.key, PATIENCE)
        self.inbox.listen(shared.buses.outbound, NEWS)
        job = Job(name, "deliver", PATIENCE.seconds, memory=512, system=system)
        self.function = function = Function(self, "Deliver", shared, job)
        function.takes_from(self.inbox, FEED)
        function.may("sqs:ChangeMessageVisibility", on=self.inbox.queue.queue_arn)
        function.holds_credentials(shared, destination)
        function.reads_secret(shared.target.secret("pepper", "graph"))
        graph = shared.graph.table_arn
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", on=graph)
        own = (f"SYS#{system}", f"L#delivery#{system}#*")
        enters = ("dynamodb:PutItem", "dynamodb:ConditionCheckItem")
        function.may(*enters, on=graph, keys=("S#*", *own))
        function.may("dynamodb:UpdateItem", "dynamodb:DeleteItem", on=graph, keys=own)
        function.may("dynamodb:Query", on=shared.journal.table_arn)
        function.uses_key(via="dynamodb")
