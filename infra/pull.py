"""A source being read: its queue, what asks for a pull, and the function that does it."""

from datetime import UTC, datetime

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from events.catalogue import CATALOGUE
from events.envelope import CloudEvent
from events.inbound import SyncRequested
from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience, as_json
from schemas.config import Source

PATIENCE = Patience(300)
FEED = Feed(batch=10, concurrency=2)
"""Two at once is the least that AWS takes; a lease on the checkpoint keeps a sync alone."""
NEWS = ("RecordChanged", "SyncRequested")


class Pull(Construct):
    """Everything that belongs to one source, named `pull-<source>`."""

    def __init__(self, scope: Construct, shared: Shared, name: str, source: Source) -> None:
        super().__init__(scope, f"Pull-{name}")
        job = Job(f"pull-{name}", "pull", PATIENCE.seconds, memory=512, system=name)
        self.inbox = Inbox(self, job.name, shared.target, shared.key, PATIENCE)
        self.inbox.listen(shared.buses.inbound, NEWS, {"source": [f"sluice.{name}"]})
        self.function = function = Function(self, "Pull", shared, job)
        function.takes_from(self.inbox, FEED)
        function.may("sqs:ChangeMessageVisibility", on=self.inbox.queue.queue_arn)
        function.holds_credentials(shared, source)
        function.may("events:PutEvents", on=shared.buses.inbound.event_bus_arn)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
                     "dynamodb:DeleteItem", on=shared.graph.table_arn,
                     keys=(f"SRC#{name}", f"Q#{name}", f"SYS#{name}", f"STAT#{name}"))  # fmt: skip
        function.uses_key(via="dynamodb")
        self._every(shared, name, source)

    def _every(self, shared: Shared, name: str, source: Source) -> None:
        """Asks for a pull at the source's rate, in the shape in which EventBridge delivers."""
        role = iam.Role(self, "Clock", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                resources=[self.inbox.queue.queue_arn, self.inbox.dead.queue_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[shared.key.key_arn]
            )
        )
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            name=self.function.name,
            schedule_expression=source.schedule,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.inbox.queue.queue_arn,
                role_arn=role.role_arn,
                input=as_json(sync_requested(name)),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.inbox.dead.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=10
                ),
            ),
        )
        schedule.node.add_dependency(role.node.find_child("DefaultPolicy"))


def sync_requested(source: str) -> dict[str, object]:
    """A `SyncRequested` as it comes off the bus; the scheduler fills in the execution and time."""
    event = CloudEvent[SyncRequested](
        id="<aws.scheduler.execution-id>",
        source=f"sluice.{source}",
        type=CATALOGUE["SyncRequested"].type,
        time=datetime(1970, 1, 1, tzinfo=UTC),
        data=SyncRequested(),
    )
    detail = event.model_dump(mode="json") | {"time": "<aws.scheduler.scheduled-time>"}
    return {"detail-type": "SyncRequested", "source": event.source, "detail": detail}
