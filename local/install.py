"""Installs what the project needs from the lock files; the standard library is enough to run it.

Each environment carries the digest of what was put into it, so a second run takes no time.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
UV = TOOLS / "bin" / "uv"
ENVIRONMENTS = {"dev": ROOT / ".venv", "cloud": ROOT / ".venv-cloud"}
LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"  # bare: functions see their layer only
SPACE_NEEDED = 1_500_000_000  # bytes; both environments and their byte code


class InstallError(Exception):
    """An environment could not be made; the message says what to do."""


def lock_digest(name: str) -> str:
    """The digest of what an environment is made of: its lock file and this Python."""
    lock = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    return hashlib.sha256(lock + sys.version.encode()).hexdigest()


def is_current(environment: Path, name: str) -> bool:
    """Whether the environment was completed from the lock file as it is now."""
    stamp = environment / "installed"
    return stamp.is_file() and stamp.read_text() == lock_digest(name)


def run(command: Sequence[str | Path], hint: str) -> None:
    """Runs an installer; on failure its own words follow the advice."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{hint}\n{(done.stderr or done.stdout).strip()[-1500:]}"
        raise InstallError(message)


def require_space() -> None:
    """Refuses to begin what the disk could not hold."""
    if shutil.disk_usage(ROOT).free < SPACE_NEEDED:
        raise InstallError(f"{ROOT} has less than 1.5 GB free: make room, then run this again.")


def install_uv() -> None:
    """Puts the pinned uv into .tools, with the pip that Python brings."""
    if is_current(TOOLS, "tools"):
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    run(
        [sys.executable, "-m", "venv", TOOLS],
        "This Python can't make virtual environments. On Debian or Ubuntu: "
        "apt-get install python3-venv, then run this again.",
    )
    run(
        [
            *(TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"),
            *("-r", "requirements/tools.txt"),
        ],
        "uv could not be installed: is the package index reachable? "
        "Behind a proxy set HTTPS_PROXY, or PIP_INDEX_URL to your mirror.",
    )
    (TOOLS / "installed").write_text(lock_digest("tools"))


def install(name: str) -> None:
    """Makes one environment hold exactly what its lock file names."""
    environment = ENVIRONMENTS[name]
    if is_current(environment, name):
        return
    (environment / "installed").unlink(missing_ok=True)
    run(
        [UV, "venv", "--quiet", "--allow-existing", "--python", sys.executable, environment],
        f"{environment.name} could not be made: remove that folder and run this again.",
    )
    run(
        [
            *(UV, "pip", "sync", "--quiet", "--require-hashes"),
            *("--python", environment / "bin" / "python", f"requirements/{name}.txt"),
        ],
        f"requirements/{name}.txt could not be installed: is the package index reachable? "
        "Behind a proxy set HTTPS_PROXY, or UV_DEFAULT_INDEX to your mirror.",
    )
    (environment / "installed").write_text(lock_digest(name))


def make_lambda_python() -> None:
    """Makes the Python without packages that runs the functions on this machine."""
    run(
        [UV, "venv", "--quiet", "--clear", "--python", sys.executable, LAMBDA_PYTHON.parents[1]],
        ".venv-lambda could not be made: remove that folder and run this again.",
    )


def main(arguments: Sequence[str]) -> int:
    """Installs what is missing and says how long it took."""
    parser = argparse.ArgumentParser(prog="python -m local.install", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is in place")
    options = parser.parse_args(arguments)
    missing = [name for name, where in ENVIRONMENTS.items() if not is_current(where, name)]
    if not missing and is_current(TOOLS, "tools") and LAMBDA_PYTHON.exists():
        if not options.quiet:
            print("install   in place")
        return 0
    started = time.monotonic()
    try:
        require_space()
        install_uv()
        for name in missing:
            print(f"install   requirements/{name}.txt", flush=True)
            install(name)
        make_lambda_python()
    except (InstallError, OSError) as error:
        print(f"install   {error}", file=sys.stderr)
        return 1
    print(f"install   locked {time.monotonic() - started:31.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
