"""The stacks, synthesised once for all tests: for AWS, and for a local cloud of the same stage."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from local.synth import node
from schemas.config import Config
from tests.unit.infra.template import Template

STAGE = "dev"
CONFIG = Config.model_validate(
    {
        "company": "Lumen & Loom",
        "sources": {
            "shop-eu": {"connector": "shopify", "base_url": "https://eu.example.com"},
            "shop-us": {
                "connector": "shopify",
                "base_url": "https://us.example.com",
                "schedule": "rate(5 minutes)",
            },
            "mailchimp": {"connector": "mailchimp", "base_url": "https://mail.example.com"},
            "helpdesk": {"connector": "zendesk", "base_url": "https://help.example.com"},
        },
        "destinations": {
            "mailchimp": {"connector": "mailchimp", "base_url": "https://mail.example.com"},
            "warehouse": {"connector": "webhook", "base_url": "https://in.example.com"},
        },
    }
)
"""Two shops of one vendor, a system that is source and destination, one that rotates secrets."""


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folder of the assembly: `aws`, held to cdk-nag's AwsSolutions, and `local`."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or the CDK library compiles for a minute
    os.environ.setdefault("JSII_NODE", node())
    from aws_cdk import App  # noqa: PLC0415

    from infra import app  # noqa: PLC0415 - takes seconds, and only these tests need it
    from infra.target import LOCAL, Target  # noqa: PLC0415

    root = tmp_path_factory.mktemp("infra")
    for asset in ("code", "layer", "host"):
        (root / asset).mkdir()
        (root / asset / "content").write_text(asset)
    aws = replace(Target.of(STAGE), code=root / "code", layer=root / "layer")
    local = replace(Target.of(LOCAL), stage=STAGE, code=root / "code", layer=root / "host")
    for name, target in (("aws", aws), ("local", local)):
        made = App(outdir=str(root / name / "assembly"), analytics_reporting=False)
        app.build(made, target, CONFIG)
        if name == "aws":
            app.hold_to_solutions(made)
        made.synth()
    return {"aws": root / "aws" / "assembly", "local": root / "local" / "assembly"}


@pytest.fixture(scope="session")
def flow(assemblies: Mapping[str, Path]) -> Template:
    """The stack of everything that runs, for AWS."""
    return Template.read(assemblies["aws"] / f"sluice-{STAGE}.template.json")


@pytest.fixture(scope="session")
def state(assemblies: Mapping[str, Path]) -> Template:
    """The stack of everything that is kept, for AWS."""
    return Template.read(assemblies["aws"] / f"sluice-{STAGE}-state.template.json")
