"""Runs MiniStack, inside the environment that holds it: `python -P local/serve_cloud.py PYTHON`.

Some things differ from its own command. Functions run on a Python without packages, so that they
see the layer and nothing else, as on AWS. The process ends once its state is saved: its polling
threads would keep it for minutes. Roles are asked for what AWS asks for. A stream is followed
beside the queues and outlives a restart; a queue's function gets as large a batch as it asks for.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

STREAM_PAUSE: Final = 0.1  # seconds
ROOT: Final = Path(__file__).resolve().parent.parent


def follow_streams_beside_queues() -> None:
    """Follows the tables' streams in a thread of their own.

    MiniStack's one poller waits for each function of a stream, and no queue moves meanwhile.
    """
    functions: Any = import_module("ministack.services.lambda_svc")
    read = functions._poll_dynamodb_streams  # noqa: SLF001 - it has no setting for it

    def poll() -> bool:
        _wait_for_nothing_lost(functions._dynamodb_stream_positions)  # noqa: SLF001 - as above
        return bool(read())

    follower = threading.Thread(target=lambda: _repeat(poll), daemon=True)

    def begun() -> bool:
        if not follower.is_alive():
            follower.start()
        return False

    functions._poll_dynamodb_streams = begun  # noqa: SLF001


def _wait_for_nothing_lost(positions: Any) -> None:  # noqa: ANN401 - MiniStack's own
    """Who has read further than there is reads all there is: a state that was saved without its
    streams does not say what it lacks.
    """
    tables: Any = import_module("ministack.services.dynamodb")
    records, trimmed = tables._stream_records, tables._stream_trimmed  # noqa: SLF001 - as above
    starts = {place: trimmed.get_scoped(*place, 0) for place, _ in records.all_items()}
    ends = [starts[place] + len(found) for place, found in records.all_items()]
    for place, reached in list(positions.all_items()):
        if reached > max(ends, default=0):
            positions.set_scoped(*place, min(starts.values(), default=0))


def _repeat(poll: Callable[[], bool]) -> None:
    while True:
        try:
            moved = poll()
        except Exception as error:  # noqa: BLE001 - MiniStack's own poller goes on likewise
            sys.stderr.write(f"stream poller: {error}\n")
            moved = False
        if not moved:
            time.sleep(STREAM_PAUSE)


def keep_streams_with_their_tables() -> None:
    """What a stream's function has not read yet is saved with the table, and read after a restart.

    MiniStack saves how far it was read, but no record: whoever follows a stream would wait until
    as many changes have come again.
    """
    tables: Any = import_module("ministack.services.dynamodb")
    functions: Any = import_module("ministack.services.lambda_svc")
    save, load = tables.get_state, tables.load_persisted_state
    records, trimmed = tables._stream_records, tables._stream_trimmed  # noqa: SLF001 - as above

    def saved() -> dict[str, Any]:
        read = functions._dynamodb_stream_positions  # noqa: SLF001 - as above
        done = min((place for _, place in read.all_items()), default=0)
        unread, before = type(records)(), type(trimmed)()
        for (account, region, table), found in records.all_items():
            gone = trimmed.get_scoped(account, region, table, 0)
            skipped = max(0, min(done - gone, len(found)))
            unread.set_scoped(account, region, table, found[skipped:])
            before.set_scoped(account, region, table, gone + skipped)
        return {**save(), "stream_records": unread, "stream_trimmed": before}

    def loaded(data: dict[str, Any] | None) -> None:
        load(data)
        records.update((data or {}).get("stream_records", {}))
        trimmed.update((data or {}).get("stream_trimmed", {}))

    tables.get_state, tables.load_persisted_state = saved, loaded


def fill_batches_as_aws_does() -> None:
    """Hands a function up to its mapping's BatchSize; MiniStack stops at one receive call's ten."""
    queues: Any = import_module("ministack.services.sqs")
    receive = queues._receive_messages_for_esm  # noqa: SLF001 - it has no setting for it

    def filled(url: str, most: int) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        while len(batch) < most and (found := receive(url, most - len(batch))):
            batch += found
        return batch

    queues._receive_messages_for_esm = filled  # noqa: SLF001


def check_permissions_as_aws_does(calls: str) -> None:
    """See `local.cloud_permissions`; `calls` is the file to note them in, if any."""
    sys.path.append(str(ROOT))  # last: MiniStack's own packages come first
    permissions: Any = import_module("local.cloud_permissions")
    permissions.authorise_statements_as_aws_does()
    permissions.limit_partitions_as_aws_does()
    if calls:
        permissions.write_down(calls)


async def serve(port: int) -> None:
    """Serves until a signal asks to stop; MiniStack saves its state on the way out."""
    config = import_module("hypercorn.config").Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1.0
    config.loglevel = "WARNING"
    app = import_module("ministack.app").app
    await import_module("hypercorn.asyncio").serve(app, config)


async def serve_and_leave(port: int) -> None:
    """Never returns: what still runs by then are threads that poll."""
    await serve(port)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.executable = sys.argv[1]
    check_permissions_as_aws_does(os.environ.get("CALLS_FILE", ""))
    follow_streams_beside_queues()
    keep_streams_with_their_tables()
    fill_batches_as_aws_does()
    asyncio.run(serve_and_leave(int(os.environ["GATEWAY_PORT"])))
