"""What is deployed: one layer of locked dependencies, and one folder of code.

Both are compiled to byte code that the runtime takes as it is, since importing from source costs a
cold start more than everything else. The runtime is the minor version of the Python that builds.
"""

import compileall
import hashlib
import os
import platform
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.install import ROOT, UV
from local.programs import LocalError

BUILD = ROOT / "build"
LOCK = ROOT / "requirements" / "runtime.txt"
PACKAGES = ("schemas", "events", "rules", "adapters", "connectors", "functions", "pages")
PLATFORMS = {
    "aarch64": "aarch64-manylinux2014",  # AWS: also old enough for the runtimes on Amazon Linux 2
    "x86_64": "x86_64-manylinux2014",
}
# The signer and the credential chain need no service model; the rest is never imported.
UNNEEDED = ("bin", "botocore/data", "**/tests", "**/*.pyi", "**/py.typed")
KEPT_METADATA = "METADATA"  # importlib.metadata answers version() from it


def runtime() -> str:
    """The Lambda runtime that what is built here runs on."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def layer_of(arch: str) -> Path:
    """Where the layer of an architecture lies; `host` is this machine."""
    return BUILD / "layer" / arch


def build_layer(arch: str) -> Path:
    """Builds the dependency layer, unless it's there already, and returns its folder."""
    layer = layer_of(arch)
    inputs = digest([LOCK, Path(__file__)], runtime(), arch, platform.machine())
    if is_current(layer, inputs):
        return layer
    with replacing(layer, inputs) as draft:
        target = draft / "python"
        _install(target, arch)
        _strip(target)
        _compile(target, "/opt/python")
    return layer


def build_code(documents: dict[str, str], own: Sequence[str] = ()) -> Path:
    """Copies the deployed packages, and those of one's own, and writes the documents beside them.

    `documents` maps a file name to its text.
    """
    out = BUILD / "code"
    sources = sorted(_sources([*PACKAGES, *own]))
    inputs = digest(sources, runtime(), repr(sorted(documents.items())))
    if is_current(out, inputs):
        return out
    with replacing(out, inputs) as draft:
        for source in sources:
            copy = draft / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        for name, text in documents.items():
            (draft / name).write_text(text)
        _compile(draft, "/var/task")
    return out


def _install(target: Path, arch: str) -> None:
    host = [] if arch == "host" else ["--python-platform", PLATFORMS[arch]]
    done = subprocess.run(
        [
            *(str(UV), "pip", "install", "--quiet", "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--link-mode", "copy", "--target", str(target), *host),
            *("--python", sys.executable, "--requirements", str(LOCK)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(
            f"The layer could not be built: is the package index reachable?\n{done.stderr}"
        )


def _strip(target: Path) -> None:
    for pattern in UNNEEDED:
        for path in sorted(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in target.glob("*.dist-info/**/*"):
        if path.is_file() and path.name != KEPT_METADATA:
            path.unlink()
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _compile(folder: Path, prefix: str) -> None:
    """Compiles without checks of the source's date, which unpacking a zip would change."""
    compiled = compileall.compile_dir(
        folder,
        quiet=2,
        force=True,
        stripdir=str(folder),
        prependdir=prefix,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        message = f"Something under {folder} has a syntax error: make check names it."
        raise LocalError(message)


def _sources(packages: Iterable[str]) -> Iterable[Path]:
    for package in packages:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def digest(files: Iterable[Path], *words: str) -> str:
    """One digest of the content and names of files, and of words."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in files:
        total.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + path.read_bytes())
    return total.hexdigest()


def is_current(folder: Path, expected: str) -> bool:
    """Whether a built folder is that of these inputs."""
    return folder.is_dir() and stamp_of(folder) == expected


@contextmanager
def replacing(folder: Path, inputs: str) -> Iterator[Path]:
    """A folder to fill; it takes the place of the old one, stamped, only once it is complete."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        yield draft
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
        folder.with_name(folder.name + ".stamp").write_text(inputs)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def stamp_of(folder: Path) -> str:
    """The digest that was written beside a folder; empty when none was."""
    written = folder.with_name(folder.name + ".stamp")
    return written.read_text() if written.is_file() else ""
