"""Process start to first answer of each function, against importing boto3 and making one client.

The functions run as deployed: the packed code, the layer with its byte code, a bare interpreter.
AWS is a stub on loopback that answers at once, so what is measured is ours.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from local.install import LAMBDA_PYTHON, ROOT
from local.standins import senders
from local.standins.secrets import credentials
from schemas import documents
from schemas.settings import Settings
from tests.bench.figure import Figure, median
from tests.bench.normalise import order

ROUNDS: Final = 7
CODE, LAYER = ROOT / "build" / "code", ROOT / "build" / "layer" / "host" / "python"
FLOOR: Final = "import boto3; boto3.client('dynamodb', region_name='eu-central-1')"
FIRST: Final = """
import json, sys
from functions import {module}
class Context:
    def get_remaining_time_in_millis(self): return 300_000
answer = {module}.handler(json.loads(sys.argv[1]), Context())
sys.exit(0 if {expected} else str(answer))
"""


class Stub(BaseHTTPRequestHandler):
    """Answers each of AWS's operations as an empty account would."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(self._answer(self.headers["X-Amz-Target"].rpartition(".")[2])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return

    def _answer(self, operation: str) -> dict[str, Any]:
        secret = {"secret": credentials("shopify-eu")["webhook"]["secret"], "version": "1"}
        match operation:
            case "GetSecretValue":
                return {"SecretString": json.dumps(secret | {"secret": SECRET})}
            case "GetItem":
                return {"Item": POLICY}
            case _:
                return {}


SECRET: Final = "ab" * 32
POLICY: Final = {
    "pk": {"S": "POLICY"},
    "sk": {"S": "x"},
    "hash": {"S": "x"},
    "data": {"S": documents.policy(ROOT / "policy.yaml").model_dump_json(exclude_defaults=True)},
}


def firsts() -> dict[str, tuple[str, dict[str, Any], str]]:
    """Function → module, an event, and what its answer must be."""
    now = datetime.now(UTC)
    sent = senders.shopify(senders.Target("shopify-eu", SECRET, now), "orders/create", order())
    webhook = {
        "pathParameters": {"source": "shopify-eu"},
        "rawPath": sent.path,
        "headers": sent.headers,
        "requestContext": {"http": {"method": "POST"}},
        "body": sent.body.decode(),
    }
    claims = {"sub": "someone", "cognito:groups": "[agent operator]"}
    asked = {
        "rawPath": "/v1/context",
        "routeKey": "GET /v1/context",
        "queryStringParameters": {"phone": "+12025550143"},
        "requestContext": {
            "http": {"method": "GET", "path": "/v1/context"},
            "authorizer": {"jwt": {"claims": claims}},
        },
    }
    sources = asked | {"rawPath": "/v1/sources", "routeKey": "GET /v1/sources"}
    empty: dict[str, Any] = {"Records": []}
    done = "answer['batchItemFailures'] == []"
    return {
        "receive": ("receive", webhook, "answer['statusCode'] == 200"),
        "context": ("context", asked, "answer['statusCode'] in (200, 404)"),
        "operate": ("operate", sources, "answer['statusCode'] == 200"),
        "pull": ("pull", empty, done),
        "resolve": ("resolve", empty, done),
        "announce": ("announce", empty, done),
        "deliver": ("deliver", empty, done),
    }


def measure() -> Iterator[Figure]:
    """`init.ratio.<function>`: medians of alternating runs, so that a slow minute hits both."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = _environment(f"http://127.0.0.1:{server.server_port}")
    try:
        for name, (module, event, expected) in firsts().items():
            script = FIRST.format(module=module, expected=expected)
            command = [str(LAMBDA_PYTHON), "-c", script, json.dumps(event)]
            mine, floor = [], []
            for _ in range(ROUNDS + 1):
                mine.append(_run(command, environment, CODE))
                floor.append(_run([sys.executable, "-c", FLOOR], dict(os.environ), ROOT))
            yield Figure(f"init.ratio.{name}", median(mine[1:]) / median(floor[1:]), "1", ROUNDS)
    finally:
        server.shutdown()
        server.server_close()


def _run(command: list[str], environment: dict[str, str], folder: Path) -> float:
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return time.perf_counter() - start


def _environment(endpoint: str) -> dict[str, str]:
    settings = Settings(
        stage="bench",
        function="bench",
        system="mailchimp",
        graph_table="graph",
        journal_table="journal",
        inbound_bus="in",
        outbound_bus="out",
        private_addresses=True,
    )
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{LAYER}:{CODE}",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **settings.environment(),
    }
