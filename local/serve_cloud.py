"""Runs MiniStack, inside the environment that holds it: `python -P local/serve_cloud.py PYTHON`.

Two things differ from its own command. Functions run on a Python without packages, so that they see
the layer and nothing else, as on AWS. And the process ends once its state is saved: its polling
threads would keep it for minutes.
"""

import asyncio
import os
import sys
from importlib import import_module


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
    asyncio.run(serve_and_leave(int(os.environ["GATEWAY_PORT"])))
