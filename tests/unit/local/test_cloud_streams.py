"""The local cloud's streams outlive a restart: what is unread is read, and nobody goes deaf."""

import subprocess

from local.install import ROOT

BEGIN = """
import serve_cloud
from ministack.services import dynamodb as tables, lambda_svc as functions
serve_cloud.keep_streams_with_their_tables()
positions = functions._dynamodb_stream_positions
"""


def said(script: str) -> str:
    """What a script says, inside the environment of the local cloud."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [ROOT / ".venv-cloud" / "bin" / "python", "-c", BEGIN + script],
        cwd=ROOT / "local",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_what_was_not_read_when_it_stopped_is_read_when_it_starts() -> None:
    told = said(
        """
tables._stream_records["T"] = [{"n": n} for n in range(5)]
positions["follower"] = 3
state = tables.get_state()
tables._stream_records.clear()
tables.load_persisted_state(state)
print([each["n"] for each in tables.stream_records_since("T", 3, 10)], positions["follower"])
"""
    )
    assert told == "[3, 4] 3"


def test_who_had_read_more_than_is_left_reads_what_there_is() -> None:
    told = said(
        """
positions["follower"] = 19747
tables._stream_records["T"] = [{"n": 0}]
serve_cloud._wait_for_nothing_lost(positions)
print(positions["follower"])
"""
    )
    assert told == "0"
