"""The stand-ins as a program: they start, say where, keep what was written, and stop."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.standins.secrets import SECRETS

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "local.standins"]


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    command = [*PROGRAM, "--port", "0", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.json"))
    headers = {"authorization": f"Bearer {SECRETS['hubspot']['api']['access_token']}"}
    path = "/hubspot/crm/v3/objects/contacts/1001"
    with running(*state, "--instance", "mine") as url:
        health = httpx.get(f"{url}/_control/health").json()
        httpx.patch(url + path, headers=headers, json={"properties": {"city": "Leeds"}})
    with running(*state, "--shop", "shopify-eu", "--shop", "shopify-us") as url:
        said = httpx.get(f"{url}{path}?properties=city", headers=headers).json()
        later = httpx.get(f"{url}/_control/health").json()
        httpx.post(f"{url}/_control/reset", json={"data": True})
        fresh = httpx.get(f"{url}{path}?properties=city", headers=headers).json()
    assert health["instance"] == "mine"
    assert later["now"] == health["now"]
    assert "shopify-us" in later["systems"]
    assert said["properties"]["city"] == "Leeds"
    assert fresh["properties"]["city"] is None


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(  # noqa: S603 - our own interpreter and code
            [*PROGRAM, "--port", port], capture_output=True, text=True, check=False, cwd=ROOT
        )
    assert ended.returncode == 1
    assert port in ended.stderr
