"""`make up` and `make down`, as a person types them: again, in each other's way, after a kill."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest

from adapters.table import encode
from local import processes, programs
from local.install import ROOT
from local.layer import BUILD
from local.programs import Running
from rules.resolution_items import subject_item
from schemas.graph import SubjectHead
from schemas.identifiers import Subject
from tests.e2e import workers
from tests.e2e.waiting import until

HOME = BUILD / "e2e-up"
WITHOUT_JOURNEY = """
import sys
from local import __main__, journey
journey.STEPS, journey.summary = (), lambda stage: "ready"
sys.exit(__main__.main(sys.argv[1:]))
"""
"""The real entry point; the first journey has tests of its own, and takes a minute."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    said: str
    seconds: float


def local(*arguments: str) -> Ended:
    """`python -m local` with a home of its own."""
    started = time.monotonic()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", WITHOUT_JOURNEY, *arguments, "--home", str(HOME)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return Ended(done.returncode, done.stdout + done.stderr, time.monotonic() - started)


@pytest.fixture(scope="module", autouse=True)
def _stopped() -> Iterator[None]:
    local("down")
    yield
    local("down")


def running(name: str) -> Running:
    found = programs.recall(HOME / f"{name}.json")
    assert found
    return found


def alive(*programs_: Running) -> list[int]:
    """Processes that carry the marks of these programs: themselves, and their workers."""
    marks = tuple(program.mark for program in programs_)
    pids = [int(entry.name) for entry in processes.PROC.iterdir() if entry.name.isdigit()]
    said = {pid: processes.command_line(pid) + processes.environment(pid) for pid in pids}
    return [pid for pid, words in said.items() if any(mark in words for mark in marks)]


def free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_up_twice_is_the_same_stage_and_down_leaves_nothing() -> None:
    first = local("up")
    assert first.code == 0, first.said
    cloud, standins = running("cloud"), running("standins")
    second = local("up")
    assert second.code == 0, second.said
    assert (running("cloud"), running("standins")) == (cloud, standins)
    assert second.seconds < max(20.0, first.seconds)
    down = local("down")
    assert down.code == 0, down.said
    until(lambda: not alive(cloud, standins), "every process has ended", 20)
    assert free(cloud.port)
    assert free(standins.port)
    assert local("down").code == 0


def test_what_a_killed_run_left_is_taken_over() -> None:
    assert local("up").code == 0
    cloud = running("cloud")
    _call_a_function(cloud)
    os.kill(cloud.pid, signal.SIGKILL)
    until(lambda: not programs.is_running(cloud), "the cloud was killed")
    again = local("up")
    assert again.code == 0, again.said
    until(lambda: not alive(cloud), "the workers of the killed cloud have ended", 20)
    assert not free(running("cloud").port)
    assert local("down").code == 0


def test_what_changes_after_a_restart_is_announced_like_what_changed_before() -> None:
    """The stream goes on where it was read to, though the cloud keeps no record of it itself."""
    for name in ("before", "after"):
        assert local("up").code == 0
        assert not workers.of(HOME, "announce")
        _change(name)
        until(lambda: workers.of(HOME, "announce"), f"it was announced {name} the restart", 60)
        assert local("down").code == 0


def _change(name: str) -> None:
    """A subject that nobody else knows, nor any run before: the same again would be no change."""
    name += str(time.time_ns())
    stage = json.loads((HOME / "targets.json").read_text())["local"]
    head = SubjectHead(
        s=name, subject=Subject(source="shop", object="customer", id=name), version=1, island="none"
    )
    row = {"pk": f"S#{name}", "sk": "HEAD", **subject_item(head)}
    table = boto3.client(
        "dynamodb", endpoint_url=stage["endpoint"], region_name=stage["region"],
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    table.put_item(TableName=stage["outputs"]["GraphTable"], Item=encode(row))


def _call_a_function(cloud: Running) -> None:
    """Lets the cloud start a worker, which outlives a kill of the cloud."""
    host = json.loads((HOME / "targets.json").read_text())["local"]["host_header"]
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=60)
    connection.request("GET", "/webhooks/nobody", headers={"Host": host})
    assert connection.getresponse().status == 404
    connection.close()
    assert workers.of(HOME, "receive")


def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = local("up", "--port", str(port))
    assert ended.code == 1
    assert str(port) in ended.said
    assert "taken" in ended.said
    assert "Traceback" not in ended.said
    known = programs.recall(HOME / "cloud.json")
    assert known is None or not alive(known)
