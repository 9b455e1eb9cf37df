"""Events that enter: they carry the normalised record, on queues that are encrypted and brief."""

from typing import Literal

from schemas.frozen import Frozen
from schemas.observation import Observation


class RecordObserved(Frozen):
    """A version of a source record was received or pulled.

    `movable` says that its next version may be about somebody else, as may records of its kind.
    """

    observation: Observation
    via: Literal["webhook", "pull"] = "pull"
    movable: bool = False


class RecordChanged(Frozen):
    """A source said that a record changed, but not what it is now: fetch it."""

    kind: str
    ids: tuple[str, ...]


class SyncRequested(Frozen):
    """A schedule or a person asks for a pull of one source, from its checkpoint."""

    kinds: tuple[str, ...] = ()
    """Empty means all."""
