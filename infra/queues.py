"""An inbox: a queue, its dead-letter queue, and the rule that feeds it from a bus."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.target import Target

VISIBILITY_FACTOR = 6
"""AWS's advice: a batch may be throttled and retried before its messages show again."""


@dataclass(frozen=True)
class Patience:
    """How long a function may take for a batch, and how often a message is tried."""

    seconds: int
    attempts: int = 5


class Inbox(Construct):
    """Messages wait here, encrypted, at most four days; what keeps failing is set aside.

    The data key is reused for a day: without that, KMS would cost more than the queue.
    """

    def __init__(
        self, scope: Construct, name: str, target: Target, key: kms.IKey, patience: Patience
    ) -> None:
        super().__init__(scope, "Inbox")
        self.name = name
        self.dead = dead_letters(self, target, key, name)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=target.name(name),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(24),
            enforce_ssl=target.enforce_ssl,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * patience.seconds),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead, max_receive_count=patience.attempts
            ),
        )

    def listen(
        self, bus: events.EventBus, types: Sequence[str], detail: Mapping[str, Any] | None = None
    ) -> None:
        """Takes the events of these types (and detail) from the bus; what EventBridge cannot
        deliver within a day goes to the dead-letter queue, in the same shape."""
        rule = events.CfnRule(
            self,
            "Rule",
            event_bus_name=bus.event_bus_name,
            event_pattern={"detail-type": list(types), **({"detail": detail} if detail else {})},
            targets=[
                events.CfnRule.TargetProperty(
                    id="inbox",
                    arn=self.queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.dead.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185
                    ),
                )
            ],
        )
        for queue in (self.queue, self.dead):
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )


def dead_letters(scope: Construct, target: Target, key: kms.IKey, name: str) -> sqs.Queue:
    """A queue for what could not be handled, kept for two weeks."""
    return sqs.Queue(
        scope,
        "Dead",
        queue_name=target.name(name, "dead"),
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(24),
        enforce_ssl=target.enforce_ssl,
        retention_period=Duration.days(14),
        visibility_timeout=Duration.minutes(5),
    )


def as_json(value: object) -> str:
    """Compact JSON, the same for the same value."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
