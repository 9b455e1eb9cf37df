"""What is kept of customers that fell apart."""

from pydantic import AwareDatetime

from schemas.frozen import Frozen


class Bond(Frozen):
    """One customer that fell apart between `since` and `until`: what each part kept of it.

    Parts hold subjects and the usable addresses that they carry still; who or what is in no
    customer any more is a part of its own.
    """

    parts: tuple[frozenset[str], ...]
    since: AwareDatetime
    until: AwareDatetime
