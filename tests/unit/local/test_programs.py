"""A program is stopped with all that it started, and nothing else is ever touched."""

import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local import processes, programs, whereabouts
from local.__main__ import alone
from local.programs import LocalError, Running

PARENT = (
    "import subprocess, sys, time, pathlib; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
)


@pytest.fixture
def running(tmp_path: Path) -> Running:
    planned = Running(0, 0, programs.new_mark())
    arguments = ["-c", PARENT, str(tmp_path / "child")]
    return programs.start(Path(sys.executable), arguments, planned, tmp_path / "log", {})


def _until_it_has_a_child(running: Running) -> None:
    def known() -> int:
        members = processes.members(running.pid)
        return sum(running.mark in processes.environment(pid) for pid in members)

    while known() < 2:  # it starts one first thing
        assert programs.is_running(running)


def test_stopping_ends_the_workers_too(running: Running) -> None:
    _until_it_has_a_child(running)
    programs.stop(running)
    assert processes.members(running.pid) == []


def test_workers_that_outlived_a_killed_program_are_ended(running: Running) -> None:
    _until_it_has_a_child(running)
    os.kill(running.pid, 9)
    programs.stop(running)
    assert processes.members(running.pid) == []


def test_a_process_that_has_the_number_by_now_is_left_alone(running: Running) -> None:
    stranger = replace(running, mark=programs.new_mark())
    programs.stop(stranger)
    assert programs.is_running(running)
    programs.stop(running)


def test_a_program_holds_nothing_of_who_started_it(tmp_path: Path) -> None:
    """Else `flock make up` would keep its lock, and `make up | tee` never end."""
    end, held = os.pipe()
    os.set_inheritable(held, True)
    planned = Running(0, 0, programs.new_mark())
    code = "import time; time.sleep(60)"
    running = programs.start(Path(sys.executable), ["-c", code], planned, tmp_path / "log", {})
    os.close(held)
    os.set_blocking(end, False)
    try:
        assert os.read(end, 1) == b""  # closed everywhere
    finally:
        os.close(end)
        programs.stop(running)


def test_a_torn_record_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "record").write_text('{"pid": 12')
    assert programs.recall(tmp_path / "record") is None


def test_a_record_says_what_was_remembered(tmp_path: Path) -> None:
    programs.remember(Running(1, 2, "m"), tmp_path / "new" / "record.json")
    assert programs.recall(tmp_path / "new" / "record.json") == Running(1, 2, "m")


def test_a_taken_port_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_bind", lambda port: 0)
    with pytest.raises(LocalError, match=r"Port 4566 is taken: stop what listens there"):
        programs.require_port(4566)


@pytest.mark.parametrize("there", [True, False])
def test_what_is_kept_for_a_stage_is_its_owners_alone(tmp_path: Path, there: bool) -> None:
    home = tmp_path / "home"
    if there:
        home.mkdir(mode=0o755)
    with alone(home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    whereabouts.write(tmp_path / "other" / "targets.json", "local", {})
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700
