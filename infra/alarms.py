"""What wakes someone: messages set aside, a stream that falls behind, functions that fail."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.target import Target

BEHIND = Duration.minutes(5)


@dataclass(frozen=True)
class Trouble:
    """When a metric says that something is wrong, and what to do then."""

    metric: cloudwatch.Metric
    threshold: float
    advice: str
    periods: int = 1


class Alarms(Construct):
    """All alarms go to one topic; who listens is the company's choice (docs/deploy.md)."""

    def __init__(self, scope: Construct, target: Target, key: kms.IKey) -> None:
        super().__init__(scope, "Alarms")
        self.target = target
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=target.name("alarms"),
            master_key=key,
            enforce_ssl=target.enforce_ssl,
        )
        # A topic with a policy of its own loses the default one, by which alarms could publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def dead_letters(self, name: str, queue: sqs.IQueue) -> None:
        """From the first message that was set aside."""
        metric = queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic="Maximum"
        )
        advice = f"{name} set a message aside: ./sluice status names the reason."
        self._alarm(f"{name}-dead", Trouble(metric, 1, advice))

    def errors(self, name: str, function: lambda_.IFunction) -> None:
        """When a function ends badly, rather than naming the messages that failed."""
        metric = function.metric_errors(period=Duration.minutes(5), statistic="Sum")
        advice = f"{name} fails: see its log group /sluice/{self.target.stage}/{name}."
        self._alarm(f"{name}-errors", Trouble(metric, 1, advice))

    def unanswered(self, api: apigateway.IHttpApi) -> None:
        """When the API could not answer: busy, not set up, or an error in it."""
        metric = api.metric_server_error(period=Duration.minutes(5), statistic="Sum")
        advice = f"The API fails: see the log groups /sluice/{self.target.stage}/*."
        self._alarm("api-errors", Trouble(metric, 1, advice))

    def behind(self, name: str, function: lambda_.IFunction) -> None:
        """When the stream's oldest record waits for longer than five minutes."""
        metric = function.metric("IteratorAge", period=Duration.minutes(1), statistic="Maximum")
        advice = f"{name} is behind: changes reach destinations late. See its errors."
        self._alarm(f"{name}-behind", Trouble(metric, BEHIND.to_milliseconds(), advice, periods=3))

    def too_large(self) -> None:
        """From the first link that was refused because a whole group of records is too large."""
        metric = cloudwatch.Metric(
            namespace=self.target.metrics,
            metric_name="LinksTooLarge",
            dimensions_map={"service": "announce"},
            period=Duration.minutes(5),
            statistic="Sum",
        )
        advice = (
            "Too many records hang together, so links were refused as too_large: "
            "./sluice review list names them. Correct the source that made them."
        )
        self._alarm("announce-too-large", Trouble(metric, 1, advice))

    def _alarm(self, name: str, trouble: Trouble) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self.target.name(name),
            alarm_description=trouble.advice,
            metric=trouble.metric,
            threshold=trouble.threshold,
            evaluation_periods=trouble.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
