"""Two local stages beside each other: the product, and the same topology with empty handlers."""

import compileall
import json
import py_compile
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local import stage as local_stage
from local import synth
from local.install import ROOT
from local.layer import BUILD
from local.stage import Stage
from schemas import documents
from schemas.config import Config
from tests.bench import floor

HOME: Final = BUILD / "bench"
EMPTY: Final = Path(floor.__file__).parent / "functions"
INSIDE: Final = Path("tests/bench/floor/functions")
"""Where the empty handlers find each other, here and in the packed code."""


def shadowed(config: Config) -> Config:
    """The project's own configuration, with nothing sent: a vendor's limits are not ours."""
    shadow = {
        name: each.model_copy(update={"mode": "shadow"})
        for name, each in config.destinations.items()
    }
    return config.model_copy(update={"destinations": shadow})


@contextmanager
def stages() -> Iterator[tuple[Stage, Stage]]:
    """The product and the floor, deployed from one template; both end with the context."""
    config = documents.config(ROOT / "sluice.yaml")
    assembly = synth.assembly(synth.LOCAL, config)
    pair = tuple(
        Stage(home=HOME / name, persistent=False, config=shadowed(config))
        for name in ("product", "floor")
    )
    try:
        for stage in pair:
            _forget(stage)
            stage.assembly = _own(assembly, stage, empty=stage.home.name == "floor")
            local_stage.start_cloud(stage, _silently)
            local_stage.deploy_stacks(stage, _silently)
            local_stage.prepare_stage(stage, _silently)
        product, empty = pair
        yield product, empty
    finally:
        for stage in pair:
            stage.cloud.stop()


def _own(assembly: Path, stage: Stage, *, empty: bool) -> Path:
    """A copy of the assembly, its code with this stage's configuration and handlers."""
    own = stage.home / "assembly"
    shutil.copytree(assembly, own)
    (code,) = (path.parent for path in own.glob("asset.*/config.json"))
    (code / "config.json").write_text(stage.config.model_dump_json())
    if empty:
        _replace_handlers(code)
    return own


def _replace_handlers(code: Path) -> None:
    shutil.copytree(EMPTY, code / INSIDE, ignore=shutil.ignore_patterns("__pycache__"))
    (code / INSIDE.parent / "__init__.py").touch()
    for source in EMPTY.glob("[a-z]*.py"):
        shutil.copyfile(source, code / "functions" / source.name)
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(code, quiet=2, force=True, invalidation_mode=unchecked)


def _forget(stage: Stage) -> None:
    """Stops what a killed run may have left, and removes its files."""
    stage.cloud.stop()
    shutil.rmtree(stage.home, ignore_errors=True)


def metrics(stage: Stage, *names: str) -> dict[str, float]:
    """Sums over what the functions wrote to their logs in CloudWatch's embedded format."""
    totals = dict.fromkeys(names, 0.0)
    for line in stage.cloud.service.log.read_text(errors="replace").splitlines():
        if line.startswith('{"_aws"'):
            said: dict[str, Any] = json.loads(line)
            for name in names:
                totals[name] += sum(said.get(name, []))
    return totals


def _silently(_text: str) -> None:
    pass
