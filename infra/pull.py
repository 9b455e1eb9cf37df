"""A source being read: its queue, what asks for a pull, and the function that does it."""

from datetime import UTC, datetime

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from events.catalogue import CATALOGUE
from events.envelope import CloudEvent
from events.inbound import SyncRequested
from infra.functions import Feed, Function, Job, Shared
from infra.queues import Inbox, Patience, as_json
from infra.storage import Storage
from schemas.config import Source

PATIENCE = Patience(300)
FEED = Feed(batch=10, concurrency=2)
"""Two at once is the least that AWS takes; a lease on the checkpoint keeps a sync alone."""


class Pull(Construct):
    """Everything that belongs to one source, named `pull-<source>`."""

    def __init__(
        self, scope: Construct, source: str, shared: Shared, storage: Storage, bus: events.EventBus
    ) -> None:
        super().__init__(scope, f"Pull-{source}")
        name = f"pull-{source}"
        self.inbox = Inbox(self, name, shared.target, storage.key, PATIENCE)
        self.inbox.listen(bus, ("RecordChanged", "SyncRequested"), {"source": [f"sluice.{source}"]})
        job = Job(name, "pull", seconds=PATIENCE.seconds, memory=512, system=source)
        self.function = Function(self, "Pull", shared, job)
        self.function.takes_from(self.inbox, storage.key, FEED)
        self._grant(shared.target.secret(source, "api"), source, storage, bus)

    def _grant(self, secret: str, source: str, storage: Storage, bus: events.EventBus) -> None:
        function = self.function
        function.may("events:PutEvents", on=bus.event_bus_arn)
        function.reads_secret(secret, "secretsmanager:PutSecretValue")
        calls = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
        function.may(
            *(f"dynamodb:{call}" for call in calls),
            on=storage.graph.table_arn,
            keys=(f"SRC#{source}", f"Q#{source}", f"SYS#{source}", f"STAT#{source}"),
        )
        function.encrypts(storage.key, via="dynamodb")

    def every(self, source: Source, name: str, storage: Storage) -> None:
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
                actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[storage.key.key_arn]
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
