"""The templates as a whole: what AWS's own checks say, and where the local cloud's differs."""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

import pytest

from tests.unit.infra.template import Json

LAYER = Path(__file__).resolve().parents[3] / "build" / "layer" / "aarch64"
AARCH64 = 183  # e_machine of the ELF header
UNCHECKED_HASH = 1  # PEP 552: taken as it is, whatever the source's date

CDK_REDUNDANT = "W3005"  # the library states dependencies that references imply
RETOLD = "W6001"  # one stack tells the tools about both


def without_differences(template: Json) -> Json:
    """The template without assets, architecture and the denial of plain HTTP."""
    if isinstance(template, list):
        return [without_differences(each) for each in template if not _denies_plain_http(each)]
    if not isinstance(template, dict):
        return template
    kept = {
        key: without_differences(value)
        for key, value in template.items()
        if key not in {"S3Key", "Architectures", "CompatibleArchitectures", "Metadata"}
    }
    return None if _is_policy_of_denial_only(template) else kept


def _denies_plain_http(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and value.get("Effect") == "Deny"
        and value.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    )


def _is_policy_of_denial_only(value: Mapping[str, Any]) -> bool:
    if value.get("Type") not in {"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}:
        return False
    statements = value["Properties"]["PolicyDocument"]["Statement"]
    return all(_denies_plain_http(statement) for statement in statements)


def normal(path: Path) -> dict[str, Any]:
    template = without_differences(json.loads(path.read_text()))
    resources = template["Resources"]
    template["Resources"] = {
        _unhashed(name): each for name, each in resources.items() if each is not None
    }
    text = json.dumps(template, sort_keys=True)
    layers = [name for name, each in resources.items() if each and "LayerVersion" in each["Type"]]
    for layer in layers:
        text = text.replace(layer, _unhashed(layer))
    found: dict[str, Any] = json.loads(text)
    return found


def _unhashed(logical_id: str) -> str:
    return "Layer" if logical_id.startswith("Layer") else logical_id


@pytest.mark.parametrize("stack", ["sluice-dev", "sluice-dev-state"])
def test_the_local_template_is_the_one_for_aws_but_for_three_things(
    assemblies: Mapping[str, Path], stack: str
) -> None:
    aws, local = (
        normal(assemblies[place] / f"{stack}.template.json") for place in ("aws", "local")
    )
    assert local == aws


def test_only_the_local_cloud_takes_plain_http(assemblies: Mapping[str, Path]) -> None:
    denials = {
        place: (assemblies[place] / "sluice-dev.template.json").read_text().count("SecureTransport")
        for place in ("aws", "local")
    }
    assert denials["aws"] > 0
    assert denials["local"] == 0


def test_aws_has_nothing_to_say_against_the_templates(assemblies: Mapping[str, Path]) -> None:
    templates = sorted(assemblies["aws"].glob("*.template.json"))
    assert len(templates) == 2
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(  # noqa: S603 - our own linter
        [linter, "--ignore-checks", CDK_REDUNDANT, RETOLD, "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_what_is_not_acknowledged_stops_the_synthesis(
    assemblies: Mapping[str, Path], tmp_path: Path
) -> None:
    from aws_cdk import App, Stack, aws_sqs  # noqa: PLC0415 - takes seconds to import

    from infra.app import hold_to_solutions  # noqa: PLC0415

    app = App(outdir=str(tmp_path / "out"))
    aws_sqs.Queue(Stack(app, "careless"), "NoDeadLetters")
    hold_to_solutions(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()


@pytest.mark.skipif(not LAYER.is_dir(), reason="the layer for AWS is not built: make synth")
def test_the_layer_holds_what_the_runtime_can_load() -> None:
    libraries = [*LAYER.rglob("*.so"), *LAYER.rglob("*.so.*")]
    compiled = list(LAYER.rglob("*.pyc"))
    assert libraries
    assert compiled
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == AARCH64, library
    for module in compiled:
        header = module.read_bytes()[:8]
        assert header[:4] == MAGIC_NUMBER, module
        assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH, module
