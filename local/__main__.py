"""`python -m local run|up|down`: everything on this machine, in the foreground or behind."""

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from cli.failure import Failure
from local import journey, service, stage
from local.programs import LocalError, own
from local.stage import Stage
from local.telling import Teller
from schemas.errors import SluiceError

FAILURES = (LocalError, SluiceError, Failure, OSError, BotoCoreError, ClientError)
CHECK_SECONDS = 1.0
LAST_PORT = 65_535
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(here: Stage, teller: Teller) -> None:
    """Brings the stage up and through its first journey, a line a step."""
    try:
        for step in (*stage.STEPS, *journey.STEPS):
            teller.begin(step.name)
            teller.end(step.run(here, teller.meanwhile))
        teller.write(journey.summary(here))
    except KeyboardInterrupt:
        _stop(here.home)
        raise


def run(here: Stage, teller: Teller) -> int:
    """Brings the stage up and keeps it until Ctrl-C; stops all of it whatever happens."""
    try:
        up(here, teller)
        teller.write("Running until Ctrl-C.")
        while service.find(here.cloud.service):
            time.sleep(CHECK_SECONDS)
        raise LocalError(f"The local cloud has ended; its log is {here.cloud.service.log}")
    except KeyboardInterrupt:
        return 0
    finally:
        down(here.home, teller)


def down(home: Path, teller: Teller) -> None:
    """Stops all of it; what the cloud holds is kept for the next time."""
    teller.begin("stop")
    teller.meanwhile("cloud, stand-ins")
    _stop(home)
    teller.end("nothing is left running")


def _stop(home: Path) -> None:
    """To the end, however often somebody presses Ctrl-C meanwhile."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    stage.stop(home)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Two at once would deploy into each other."""
    own(home)
    with (home / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                f"Another make up or make run is at work in {home}: wait for it, or end it."
            ) from None
        yield


def main(arguments: Sequence[str]) -> int:
    """Exit code 0, or 1 with a message that says what to do."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("run", "up", "down"))
    parser.add_argument("--port", type=_port, default=0, help="for the cloud; default: a free one")
    parser.add_argument("--home", type=Path, default=stage.HOME, help="where its files are kept")
    options = parser.parse_args(arguments)
    for number in ENDINGS:  # a shell's background job ignores the first
        signal.signal(number, _interrupt)
    teller, home = Teller(), options.home.resolve()
    try:
        if options.command == "down":
            down(home, teller)
            return 0
        with alone(home):
            here = Stage(home=home, port=options.port)
            if options.command == "run":
                return run(here, teller)
            up(here, teller)
    except KeyboardInterrupt:
        return 130
    except FAILURES as error:
        teller.clear()
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number up to {LAST_PORT}")
    return port


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
