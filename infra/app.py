"""Synthesises the stacks: `python -m infra.app --stage NAME --out DIR`, or by the cdk CLI."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from connectors import fitting
from infra.stacks import Flow, State
from infra.target import LOCAL, ROOT, Target
from schemas import documents
from schemas.config import Config
from schemas.errors import Misconfigured


def build(app: App, target: Target, config: Config) -> None:
    """Adds the two stacks of one stage."""
    state = State(app, target)
    Flow(app, target, config, state)
    Tags.of(app).add("sluice-stage", target.stage)


def hold_to_solutions(app: App) -> None:
    """Fails the synthesis on any AwsSolutions finding that is not acknowledged on its resource."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads `sluice.yaml`, writes the assembly; 1 and a message when it cannot."""
    parser = argparse.ArgumentParser(prog="infra.app", description=__doc__)
    parser.add_argument("--stage", help="default: the context value `stage`, else dev")
    parser.add_argument("--out", type=Path, help="default: where the cdk CLI says")
    parser.add_argument("--config", type=Path, default=ROOT / "sluice.yaml")
    given = parser.parse_args(arguments)
    app = App(outdir=str(given.out) if given.out else None, analytics_reporting=False)
    stage = given.stage or app.node.try_get_context("stage") or "dev"
    try:
        build(app, Target.of(stage), _config(given.config))
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if stage != LOCAL:
        hold_to_solutions(app)
    app.synth()
    return 0


def _config(path: Path) -> Config:
    found = documents.config(path)
    fitting.fit(found, path)
    return found


if __name__ == "__main__":
    sys.exit(main())
