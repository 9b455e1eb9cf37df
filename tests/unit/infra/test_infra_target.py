"""Where a stage goes, what it may be called, and that it needs a file that can be used."""

import os
from pathlib import Path

import pytest

from infra.target import Target
from local.synth import node
from schemas.errors import Misconfigured


def test_the_stage_called_local_goes_to_the_local_cloud() -> None:
    local = Target.of("local")
    assert not local.enforce_ssl
    assert local.layer.name == "host"


def test_every_other_stage_goes_to_aws_on_arm() -> None:
    prod = Target.of("prod")
    assert prod.enforce_ssl
    assert (prod.architecture, prod.layer.name) == ("arm64", "aarch64")
    assert prod.name("resolve") == "sluice-prod-resolve"
    assert prod.secret("hubspot", "api") == "sluice/prod/hubspot/api"


@pytest.mark.parametrize("stage", ["", "Prod", "pre-prod", "9lives", "averyverylongstage"])
def test_a_stage_that_cannot_be_part_of_a_name_is_refused_with_advice(stage: str) -> None:
    with pytest.raises(Misconfigured, match="lower-case letters and digits"):
        Target.of(stage)


def test_a_connector_that_there_is_not_ends_the_synthesis_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or the CDK library compiles for a minute
    os.environ.setdefault("JSII_NODE", node())
    from infra import app  # noqa: PLC0415 - takes seconds, and only these tests need it

    path = tmp_path / "sluice.yaml"
    path.write_text("company: x\nsources:\n  a: {connector: shopfy, base_url: https://x.example}\n")
    out = tmp_path / "out"
    assert app.main(["--stage", "dev", "--config", str(path), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith(
        'sluice.yaml:3  sources.a.connector: there is no connector "shopfy". Write shopify.'
    )
