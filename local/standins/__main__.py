"""`python -m local.standins --port N`: the stand-ins until they are stopped."""

import argparse
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from uuid import uuid4

from local.company.generate import DEFAULT_SEED, generate
from local.company.model import Company
from local.standins.control import Control
from local.standins.hub import Hub, build
from local.standins.server import Server
from local.standins.wire import Record

SAVE_EVERY = 2.0


def main() -> int:
    """Serve until SIGINT or SIGTERM; with `--state`, keep the records between runs."""
    arguments = _arguments()
    kept = _load(arguments.state)
    now = datetime.fromisoformat(kept["now"]) if kept else arguments.now
    company = generate(now, arguments.seed, arguments.shop)
    hub = Hub(build(company, time.time), time.time)
    hub.adopt(kept.get("records", {}))
    about = {"instance": arguments.instance, "pid": os.getpid(), "seed": arguments.seed}
    control = Control(hub, {**about, "now": now.isoformat()}, lambda: hub.adopt(_fresh(company)))
    try:
        server = Server(arguments.port, hub, control)
    except OSError as error:
        print(
            f"port {arguments.port}: {error.strerror}. Choose another with --port.", file=sys.stderr
        )
        return 1
    print(json.dumps({"url": server.url, "instance": arguments.instance}), flush=True)
    _run(server, hub, arguments.state, now)
    return 0


def _fresh(company: Company) -> Record:
    """The records as they were generated."""
    return Hub(build(company, time.time), time.time).snapshot()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.standins", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--state", type=Path, help="keep the records in this file")
    parser.add_argument("--shop", action="append", help="a Shopify shop; may be repeated")
    parser.add_argument("--now", type=datetime.fromisoformat, default=datetime.now(UTC))
    parser.add_argument("--instance", default=uuid4().hex, help="what /_control/health answers")
    arguments = parser.parse_args()
    arguments.shop = arguments.shop or ["shopify-eu"]
    return arguments


def _load(state: Path | None) -> Record:
    if state is None or not state.exists():
        return {}
    kept: Record = json.loads(state.read_text())
    return kept


def _save(hub: Hub, state: Path | None, now: datetime) -> None:
    if state is None or not hub.changed:
        return
    hub.changed = False
    text = json.dumps({"now": now.isoformat(), "records": hub.snapshot()})
    draft = state.with_suffix(".new")
    draft.write_text(text)
    draft.replace(state)


def _run(server: Server, hub: Hub, state: Path | None, now: datetime) -> None:
    """Serve in a thread, so that a signal can stop it."""
    stop = Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.changed = True
    while not stop.wait(SAVE_EVERY):
        _save(hub, state, now)
    hub.faults.reset()
    server.shutdown()
    server.server_close()
    _save(hub, state, now)


if __name__ == "__main__":
    sys.exit(main())
