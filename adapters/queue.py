"""SQS: when a message that could not be worked on is to be seen again."""

from typing import Final

from adapters.aws import Aws, ServiceError

LONGEST: Final = 12 * 3600
PARTS: Final = 6


def defer(aws: Aws, queue_arn: str, receipt: str, seconds: float) -> None:
    """Shows a received message again after `seconds`; one that is gone already is left alone."""
    _, _, _, region, account, name = queue_arn.split(":", PARTS - 1)
    base = (aws.endpoint or f"https://sqs.{region}.amazonaws.com").rstrip("/")
    request = {
        "QueueUrl": f"{base}/{account}/{name}",
        "ReceiptHandle": receipt,
        "VisibilityTimeout": min(LONGEST, max(0, round(seconds))),
    }
    try:
        aws.call("sqs", "ChangeMessageVisibility", request)
    except ServiceError:
        return
