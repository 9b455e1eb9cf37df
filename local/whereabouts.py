"""The targets file: where each stage deployed from this folder is, for the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.programs import own


def read(file: Path) -> dict[str, Any]:
    """Stage → entry; empty when there is no file, or none that can be read."""
    try:
        known: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return known


def write(file: Path, stage: str, entry: Mapping[str, Any]) -> None:
    """Sets one stage's entry; the file is for its owner alone, since it may hold passwords."""
    own(file.parent)
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({**read(file), stage: entry}, indent=1))
    draft.replace(file)
