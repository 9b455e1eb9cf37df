"""Where a stage goes, and what it may be called."""

import pytest

from infra.target import Target
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
