"""The graph changed: its stream becomes events, and the folded view of each customer."""

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.functions import Function, Job, Shared
from infra.queues import as_json, dead_letters

NEWS = (
    {
        "dynamodb": {
            "Keys": {
                "pk": {"S": [{"prefix": "S#"}, {"prefix": "I#"}, {"prefix": "G#"}]},
                "sk": {"S": ["HEAD", {"prefix": "R#C#"}, {"prefix": "K#"}]},
            }
        }
    },
    {"eventName": ["REMOVE"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "C#"}]}}}},
)
"""What somebody hears of; interactions, lists, counts and checkpoints concern nobody else. A view
is told by whoever stores it, but for its end.
"""


class Announce(Construct):
    """The only function that may put events on the outbound bus."""

    def __init__(self, scope: Construct, shared: Shared) -> None:
        super().__init__(scope, "Announce")
        self.parked = dead_letters(self, shared.target, shared.key, "announce")
        acknowledge(self.parked, {"AwsSolutions-SQS3": "it is where the stream's failures end"})
        self.function = function = Function(
            self, "Announce", shared, Job("announce", "announce", seconds=60, memory=1024)
        )
        function.may("events:PutEvents", on=shared.buses.outbound.event_bus_arn)
        graph = shared.graph.table_arn
        function.may("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", on=graph)
        listed = ("L#customer#*", "N#*")
        function.may("dynamodb:PutItem", on=graph, keys=("C#*", "Q#announce", *listed))
        function.may("dynamodb:DeleteItem", on=graph, keys=listed)
        function.may("dynamodb:PartiQLUpdate", on=graph, keys=("C#*",))
        function.may("dynamodb:BatchWriteItem", on=graph, keys=("L#*", "N#*"))
        function.reads_secret(shared.target.secret("pepper", "graph"))
        function.uses_key(via="dynamodb")
        function.may("sqs:SendMessage", on=self.parked.queue_arn)
        function.uses_key(via="sqs")
        self._follow(shared)

    def _follow(self, shared: Shared) -> None:
        stream = shared.graph.table_stream_arn
        assert stream is not None, "the graph table has a stream"
        read = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
        self.function.may(*read, on=stream)
        self.function.may("dynamodb:ListStreams", on="*")  # has no resources to name
        lambda_.CfnEventSourceMapping(
            self,
            "FromStream",
            function_name=self.function.lambda_function.function_name,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=400,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=8,
            maximum_record_age_in_seconds=21_600,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[
                    lambda_.CfnEventSourceMapping.FilterProperty(pattern=as_json(each))
                    for each in NEWS
                ]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self.parked.queue_arn
                )
            ),
        )
