"""Both files are read as the deployment reads them, without a stage."""

from pathlib import Path

import pytest

from cli import __main__ as command
from cli import files
from local import check
from schemas import documents

ROOT = Path(files.__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files, where no stage was ever deployed."""
    for name in ("sluice.yaml", "policy.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    return tmp_path


def spoil(path: Path, right: str, wrong: str) -> None:
    path.write_text(path.read_text().replace(right, wrong, 1))


def test_the_problems_of_both_are_told_at_once(folder: Path) -> None:
    spoil(folder / "sluice.yaml", "connector: zendesk", "connector: zendsk")
    spoil(folder / "policy.yaml", "trigger: recorded", "trigger: recrded")
    with pytest.raises(documents.Invalid) as caught:
        files.both(folder / "sluice.yaml", folder / "policy.yaml")
    assert {problem.file for problem in caught.value.problems} == {"sluice.yaml", "policy.yaml"}


def test_a_policy_is_checked_without_a_stage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["policy", "check"]) == 0
    assert "policy.yaml can be adopted" in capsys.readouterr().out
    spoil(folder / "policy.yaml", "trust: [shopify-eu", "trust: [shopfy-eu")
    assert command.main(["policy", "check"]) == 1
    assert "Write shopify-eu." in capsys.readouterr().err
    assert command.main(["policy", "show"]) == 1
    assert "no stage local is deployed from here" in capsys.readouterr().err


def test_a_policy_that_is_tried_elsewhere_is_held_to_the_systems_of_this_folder(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path_factory.mktemp("trial") / "policy.yaml"
    (folder / "policy.yaml").rename(elsewhere)
    spoil(elsewhere, "    phone:\n      level: 2", "    nosuch:customer:\n      level: 0")
    assert command.main(["policy", "check", str(elsewhere)]) == 1
    assert '"nosuch" is no source of sluice.yaml' in capsys.readouterr().err
    (folder / "sluice.yaml").unlink()
    assert command.main(["policy", "check", str(elsewhere)]) == 0
    assert "if the stage has its sources" in capsys.readouterr().out


def test_make_check_reads_both_files(folder: Path) -> None:
    (step,) = (each for each in check.STEPS if each.name == "configuration")
    assert step.run() == ""
    spoil(folder / "policy.yaml", "  warehouse:", "  warehous:")
    told = step.run().splitlines()
    assert len(told) == 2
    assert all(line.startswith("policy.yaml:") for line in told)


def test_nobody_named_is_not_understood(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["customer", "show"])
    assert ended.value.code == 2
    assert "--phone" in capsys.readouterr().err
