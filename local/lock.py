"""Writes the lock files, and says whether they are still those of what is asked for.

`python -m local.lock [--check | --upgrade]`. Checking needs no network: each lock file names the
digest of the requirements that it was made from.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

from local.install import ROOT, UV

FOLDER = ROOT / "requirements"
NAMES = ("tools", "runtime", "dev", "cloud")  # dev is constrained to what runtime says
SHARED = {"dev": ("runtime",)}


def header(name: str) -> str:
    """The first line of a lock file."""
    asked = b"".join((FOLDER / f"{part}.in").read_bytes() for part in (name, *SHARED.get(name, ())))
    return f"# Made by make lock; asked for: {hashlib.sha256(asked).hexdigest()[:16]}\n"


def complaints(name: str) -> Iterator[str]:
    """What is wrong with a lock file, and what to do."""
    text = (FOLDER / f"{name}.txt").read_text()
    if not text.startswith(header(name)):
        yield f"requirements/{name}.txt is older than {name}.in: run make lock"
    if re.search(r"^(--|.*://)", text, re.MULTILINE):
        yield f"requirements/{name}.txt carries an address: run make lock without index options"
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.partition("\n")[2])
    yield from (
        f"requirements/{name}.txt: {entry.split()[0]} has no hash: run make lock"
        for entry in entries
        if "--hash=sha256:" not in entry
    )


def write(name: str, *, upgrade: bool) -> int:
    """Resolves one lock file for every platform, keeping versions unless told to upgrade."""
    lock = FOLDER / f"{name}.txt"
    done = subprocess.run(
        [
            *(UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
            *(("--upgrade",) if upgrade else ()),
            *("--output-file", lock, FOLDER / f"{name}.in"),
        ],
        cwd=ROOT,
        check=False,
    )
    if done.returncode == 0:
        body = re.sub(r"\A# Made by make lock.*\n", "", lock.read_text())
        lock.write_text(header(name) + body.replace(f"{FOLDER}/", "requirements/"))
    return done.returncode


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 when every lock file is right."""
    parser = argparse.ArgumentParser(prog="python -m local.lock", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    options = parser.parse_args(arguments)
    if options.check:
        found = [line for name in NAMES for line in complaints(name)]
        print(*found, sep="\n", end="\n" if found else "")
        return int(bool(found))
    return max(write(name, upgrade=options.upgrade) for name in NAMES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
