"""Process start to first answer of each function, against importing boto3 and making one client.

The functions run as deployed: the packed code, the layer with its byte code, a bare interpreter.
AWS and the vendor are a stub on loopback that answers at once, so what is measured is ours.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import boto3

from connectors import registry
from events.inbound import SyncRequested
from events.outbound import CustomerChanged
from functions import observed
from local.install import LAMBDA_PYTHON, ROOT
from local.layer import build_code, build_layer
from local.standins import senders
from schemas import documents
from schemas.config import Config, Source
from schemas.settings import Settings
from tests.bench.figure import Figure
from tests.bench.orders import order

ROUNDS: Final = 5
SYSTEM: Final = "mailchimp"
SECRET: Final = "ab" * 32
NOW: Final = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
FLOOR: Final = "import boto3; boto3.client('dynamodb', region_name='eu-central-1')"
FIRST: Final = """
import json, sys
from functions import {module}
class Context:
    def get_remaining_time_in_millis(self): return 300_000
answer = {module}.handler(json.loads(sys.argv[1]), Context())
sys.exit(0 if {expected} else str(answer))
"""
POLICY: Final = {
    "pk": {"S": "POLICY"},
    "sk": {"S": "x"},
    "hash": {"S": "x"},
    "data": {"S": documents.policy(ROOT / "policy.yaml").model_dump_json(exclude_defaults=True)},
}


class Stub(BaseHTTPRequestHandler):
    """Answers AWS's operations, and a vendor's, as an empty account would."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Else each answer waits 40 ms for an acknowledgement."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(_answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked))

    def do_GET(self) -> None:
        self._send({"members": [], "total_items": 0})

    def log_message(self, *_: object) -> None:
        return

    def _send(self, answer: Mapping[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _answer(operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    match operation:
        case "GetSecretValue":
            held = {"secret": SECRET, "version": "1", "api_key": SECRET}
            return {"SecretString": json.dumps(held)}
        case "GetItem" if asked["Key"]["pk"]["S"] == "POLICY":
            return {"Item": POLICY}
        case "BatchExecuteStatement":
            return {"Responses": [{} for _ in asked["Statements"]]}
        case "GetQueueUrl":
            return {"QueueUrl": f"http://127.0.0.1/{asked['QueueName']}"}
        case "GetQueueAttributes":
            return {"Attributes": dict.fromkeys(asked["AttributeNames"], "0")}
        case _:
            return {}


def firsts() -> dict[str, tuple[dict[str, Any], str]]:
    """Function → the first event it gets, and what its answer must be."""
    done = "answer['batchItemFailures'] == []"
    return {
        "receive": (_webhook(), "answer['statusCode'] == 200"),
        "context": (_asked("/v1/context", phone="+12025550143"), "answer['statusCode'] == 404"),
        "operate": (_asked("/v1/sources"), "answer['statusCode'] == 200"),
        "pull": (_queued(SyncRequested.__name__, {"data": {}}), done),
        "resolve": (_queued("RecordObserved", _observed()), done),
        "announce": (_changed(), done),
        "deliver": (_queued(CustomerChanged.__name__, _moved()), done),
    }


def _webhook() -> dict[str, Any]:
    target = senders.Target("shopify-eu", SECRET, datetime.now(UTC))
    sent = senders.shopify(target, "orders/create", order())
    return {
        "pathParameters": {"source": "shopify-eu"},
        "rawPath": sent.path,
        "headers": sent.headers,
        "requestContext": {"http": {"method": "POST"}},
        "body": sent.body.decode(),
    }


def _asked(path: str, **query: str) -> dict[str, Any]:
    claims = {"sub": "someone", "cognito:groups": "[agent operator]"}
    return {
        "rawPath": path,
        "routeKey": f"GET {path}",
        "queryStringParameters": query,
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
    }


def _queued(kind: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps({"detail-type": kind, "detail": detail})
    attributes = {"ApproximateReceiveCount": "1"}
    return {"Records": [{"messageId": "1", "body": body, "attributes": attributes}]}


def _observed() -> dict[str, Any]:
    source = Source(connector="shopify", base_url="https://eu.example.com")
    observation = registry.load("shopify").normalise("shopify-eu", source, "order", order())
    event = observed.event("shopify-eu", observation, "webhook", NOW, ("order",))
    return event.model_dump(mode="json")


def _moved() -> dict[str, Any]:
    data = CustomerChanged(customer="c1", version=2, changed=("value",))
    return {"time": NOW.isoformat(), "data": data.model_dump(mode="json")}


def _changed() -> dict[str, Any]:
    keys = {"pk": {"S": "S#1"}, "sk": {"S": "R#C#customer#1"}}
    return {"Records": [{"dynamodb": {"Keys": keys, "SequenceNumber": "1", "NewImage": keys}}]}


def measure() -> Iterator[Figure]:
    """`init.ratio.<function>`: the quickest of alternating runs; neighbours slow the others."""
    with _served() as endpoint, _packed(endpoint) as code:
        mine_in = _environment(endpoint, code)
        floor_in = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(boto3.__file__).parents[1])}
        for name, (event, expected) in firsts().items():
            script = FIRST.format(module=name, expected=expected)
            mine, floor = [], []
            for _ in range(ROUNDS + 1):
                mine.append(_run([script, json.dumps(event)], mine_in))
                floor.append(_run([FLOOR], floor_in))
            yield Figure(f"init.ratio.{name}", min(mine[1:]) / min(floor[1:]), "1", ROUNDS)


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _packed(endpoint: str) -> Iterator[Path]:
    """The code as it is deployed, with every system where the stub answers."""
    config = documents.config(ROOT / "sluice.yaml")
    built = build_code({"config.json": config.model_dump_json()})
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        shutil.copytree(built, code)
        (code / "config.json").write_text(_moved_to(endpoint, config).model_dump_json())
        yield code


def _moved_to(endpoint: str, config: Config) -> Config:
    moved = {"base_url": endpoint}
    sources = {name: each.model_copy(update=moved) for name, each in config.sources.items()}
    return config.model_copy(update={"sources": sources})


def _run(arguments: list[str], environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [str(LAMBDA_PYTHON), "-P", "-c", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return time.perf_counter() - start


def _environment(endpoint: str, code: Path) -> dict[str, str]:
    settings = Settings(
        stage="local",
        function="bench",
        system=SYSTEM,
        graph_table="graph",
        journal_table="journal",
        inbound_bus="in",
        outbound_bus="out",
    )
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{build_layer('host') / 'python'}:{code}",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **settings.environment(),
    }
