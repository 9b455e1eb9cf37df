"""How far all keys have come to another pepper, kept and answered as it is."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.frozen import Frozen

Stage = Literal["known", "begun", "alone", "done"]
"""Everybody comes to know both names of an identifier; new ones are made with the pepper, and the
sweep takes the others there; nobody looks for a former name, and the last sweep takes those away;
none is left.
"""


class RekeyView(Frozen):
    """The pepper (its `version`) that keys are made with, or are being taken to."""

    version: int
    mark: str = ""
    """Tells that pepper from another of the same number, and nothing of what it is."""
    stage: Stage = "done"
    at: AwareDatetime | None = None
    """When this stage began."""
    starts_at: AwareDatetime | None = None
    """When all have ended who ran in the stage before the last; what is to be done begins then."""
    seen: int = 0
    """Items that the sweep of this stage has looked at."""

    @property
    def under_way(self) -> bool:
        """Whether former names are in use anywhere."""
        return self.stage != "done"


class RekeyAsked(Frozen):
    """To which pepper; its secret must be in `pepper/graph` already."""

    version: Annotated[int, Field(ge=2, le=9999)]
