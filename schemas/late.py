"""Who was erased while records about them may still be on their way."""

from pydantic import AwareDatetime

from schemas.frozen import Frozen
from schemas.identifiers import Subject


class Late(Frozen):
    """Kept from an erasure's first call to its last, for what is newer and was under way."""

    subject: Subject
    asked: AwareDatetime
    """Until when it was to be erased: tells the last call of this erasure from one before."""
