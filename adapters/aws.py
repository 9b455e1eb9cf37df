"""AWS's JSON protocols over a kept-alive connection.

The functions need five services and a dozen calls; boto3's client layer would cost each cold
start some 400 ms and each call some 2 ms of processor time (`docs/adr/0002-thin-client.md`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3

from adapters.signing import Scope, Signer, signed
from schemas.errors import Misconfigured, RetryLater

Payload = Mapping[str, Any]

TARGETS: Final = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "events": ("AWSEvents", "1.1"),
    "sqs": ("AmazonSQS", "1.0"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "kms": ("TrentService", "1.1"),
}
"""Service → prefix of X-Amz-Target and version of the JSON protocol."""

THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
    }
)
DENIALS: Final = frozenset(
    {"AccessDeniedException", "AccessDenied", "UnrecognizedClientException",
     "ResourceNotFoundException", "InvalidSignatureException"}
)  # fmt: skip
ATTEMPTS: Final = 4


class ServiceError(Exception):
    """A refusal that the caller knows how to read: its `code` and the service's answer."""

    def __init__(self, code: str, answer: Payload) -> None:
        super().__init__(code)
        self.code = code
        self.answer = answer


@dataclass(slots=True)
class Aws:
    """Signed calls with retries. `pause` sleeps, `jitter` draws from [0, 1); both from wiring.

    `credentials` is asked at each call, since a function's may be renewed while it is warm.
    """

    region: str
    credentials: Callable[[], Signer]
    pause: Callable[[float], None]
    jitter: Callable[[], float]
    endpoint: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=8, retries=False)
    )

    def call(self, service: str, operation: str, payload: Payload) -> dict[str, Any]:
        """The service's answer; throttles and lost connections are retried with full jitter."""
        body = json.dumps(payload).encode()
        failure = "no answer"
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(self.jitter() * min(5.0, 0.05 * 4**attempt))
            try:
                status, answer = self._send(service, operation, body)
            except (urllib3.exceptions.HTTPError, ConnectionError) as error:
                failure = type(error).__name__
                continue
            if status < 300:
                return answer
            code = _code(answer)
            if status < 500 and code not in THROTTLES:
                raise _refusal(service, operation, code, answer)
            failure = code or str(status)
        raise RetryLater(f"{service} {operation}: {failure}")

    def _send(self, service: str, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        prefix, version = TARGETS[service]
        url = (self.endpoint or f"https://{service}.{self.region}.amazonaws.com").rstrip("/") + "/"
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "host": urlsplit(url).netloc,
            "x-amz-target": f"{prefix}.{operation}",
        }
        scope = Scope(service, self.region)
        sent = signed(self.credentials(), scope, headers, body, self.now())
        reply = self.pool.request("POST", url, body=body, headers=sent, timeout=10.0)
        return reply.status, _json(reply.data)


def _json(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: Payload) -> str:
    return str(answer.get("__type") or answer.get("code") or "").rpartition("#")[2]


def _refusal(service: str, operation: str, code: str, answer: Payload) -> Exception:
    if code in DENIALS:
        return Misconfigured(f"{service} {operation} answered {code}: check the grant and the name")
    return ServiceError(code, answer)
