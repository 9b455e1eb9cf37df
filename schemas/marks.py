"""What people say of an identifier."""

from pydantic import AwareDatetime

from schemas.frozen import Frozen


class Mark(Frozen):
    """Who blocked or trusted it, or took that back; when, and why."""

    at: AwareDatetime
    by: str
    why: str = ""
