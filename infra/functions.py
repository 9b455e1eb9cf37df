"""Lambda functions: one code asset, one layer, and a role each that starts out with nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from connectors import registry
from infra.acknowledged import acknowledge
from infra.buses import Buses
from infra.queues import Inbox
from infra.storage import Storage
from infra.target import Target
from schemas.config import System
from schemas.errors import Misconfigured
from schemas.settings import Settings

LONGEST_NAME = 64
"""Of a function and of a schedule, on AWS."""


@dataclass(frozen=True)
class Job:
    """What a function is for: its name, its handler's module, its limits."""

    name: str
    handler: str
    seconds: int
    memory: int = 512
    """MB; processor time comes in proportion."""
    system: str = ""
    """The source or destination it serves; empty where it serves all."""


@dataclass(frozen=True)
class Feed:
    """How a function takes from its queue."""

    batch: int
    concurrency: int
    window: int = 0
    """Seconds to wait for a batch to fill."""


class Shared:
    """What every function has in common: tables, buses, code, layer and environment."""

    def __init__(self, scope: Construct, target: Target, storage: Storage, buses: Buses) -> None:
        self.target = target
        self.key = storage.key
        self.graph = storage.graph
        self.journal = storage.journal
        self.buses = buses
        self.architecture = (
            lambda_.Architecture.ARM_64
            if target.architecture == "arm64"
            else lambda_.Architecture.X86_64
        )
        self.runtime = lambda_.Runtime(f"python{target.python}", lambda_.RuntimeFamily.PYTHON)
        self.code = lambda_.Code.from_asset(str(target.code))
        self.layer = lambda_.LayerVersion(
            scope,
            "Layer",
            code=lambda_.Code.from_asset(str(target.layer)),
            compatible_runtimes=[self.runtime],
            compatible_architectures=[self.architecture],
            description="The locked dependencies, with byte code",
        )

    def settings(self, job: Job) -> Settings:
        """What a function is told by its environment."""
        return Settings(
            stage=self.target.stage,
            function=job.name,
            system=job.system,
            graph_table=self.graph.table_name,
            journal_table=self.journal.table_name,
            inbound_bus=self.buses.inbound.event_bus_name,
            outbound_bus=self.buses.outbound.event_bus_name,
            metrics_namespace=self.target.metrics,
        )


class Function(Construct):
    """A Lambda function, its log group, and a role that may log and trace, until `may` adds."""

    def __init__(self, scope: Construct, id: str, shared: Shared, job: Job) -> None:  # noqa: A002 - CDK's word
        super().__init__(scope, id)
        self.job = job
        self.key = shared.key
        self.name = shared.target.name(job.name)
        if len(self.name) > LONGEST_NAME:
            message = f"{self.name} is over {LONGEST_NAME} characters: use a shorter name or stage"
            raise Misconfigured(message)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/sluice/{shared.target.stage}/{job.name}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.lambda_function = self._function(shared, log_group)
        self.may("logs:CreateLogStream", "logs:PutLogEvents", on=log_group.log_group_arn)
        acknowledge(
            self.role.node.find_child("DefaultPolicy"),
            {"AwsSolutions-IAM5[Resource::*]": "X-Ray has no resources to name"},
        )

    def _function(self, shared: Shared, log_group: logs.LogGroup) -> lambda_.Function:
        function = lambda_.Function(
            self,
            "Function",
            function_name=self.name,
            code=shared.code,
            layers=[shared.layer],
            handler=f"functions.{self.job.handler}.handler",
            runtime=shared.runtime,
            architecture=shared.architecture,
            role=self.role,
            timeout=Duration.seconds(self.job.seconds),
            memory_size=self.job.memory,
            environment=shared.settings(self.job).environment(),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
        )
        acknowledge(
            function,
            {"AwsSolutions-L1": "the runtime is the Python that compiled the layer's byte code"},
        )
        return function

    def may(
        self, *actions: str, on: str | Sequence[str], keys: Sequence[str] = (), via: str = ""
    ) -> None:
        """Allows these actions on these ARNs: of a table, only on partitions like `keys`; of the
        key, only through the service `via`."""
        conditions: dict[str, dict[str, object]] = {}
        if keys:
            conditions["ForAllValues:StringLike"] = {"dynamodb:LeadingKeys": list(keys)}
        if via:
            service = f"{via}.{Aws.REGION}.amazonaws.com"
            conditions["StringEquals"] = {"kms:ViaService": service}
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=[on] if isinstance(on, str) else list(on),
                conditions=conditions or None,
            )
        )

    def reads_secret(self, name: str) -> None:
        """Allows to read one secret by its name. AWS ends its ARN with six letters of its own."""
        self.may("secretsmanager:GetSecretValue", on=_secret(name))

    def holds_credentials(self, shared: Shared, system: System) -> None:
        """Allows to read its own system's secret, and to write it where the vendor rotates it."""
        name = shared.target.secret(self.job.system, "api")
        self.reads_secret(name)
        if registry.load(system.connector).SPEC.rotates:
            self.may("secretsmanager:PutSecretValue", on=_secret(name))

    def uses_key(self, *, via: str) -> None:
        """Allows to read and write what a service keeps encrypted."""
        self.may("kms:Decrypt", "kms:GenerateDataKey", on=self.key.key_arn, via=via)

    def takes_from(self, inbox: Inbox, feed: Feed) -> None:
        """Runs for each batch on the queue; a handler names the messages that failed."""
        take = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        self.may(*take, on=inbox.queue.queue_arn)
        self.may("kms:Decrypt", on=self.key.key_arn, via="sqs")
        lambda_.CfnEventSourceMapping(
            self,
            "FromQueue",
            function_name=self.lambda_function.function_name,
            event_source_arn=inbox.queue.queue_arn,
            batch_size=feed.batch,
            maximum_batching_window_in_seconds=feed.window,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=feed.concurrency
            ),
        )


def _secret(name: str) -> str:
    return f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{name}-??????"
