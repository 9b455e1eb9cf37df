"""The read log: whoever sees a customer leaves a row."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from functions import wiring
from functions.caller import Access
from rules import listing

READ_LOG_KEPT: Final = timedelta(days=1095)


def note(allowed: Access, customers: Sequence[str]) -> None:
    """Who saw whom, for what, which fields, when; nothing of what was seen."""
    now = wiring.now()
    name = f"{now.isoformat()}#{wiring.token()}"
    said = {
        "caller": allowed.caller,
        "role": allowed.role,
        "purpose": allowed.purpose,
        "fields": ",".join(allowed.rule.fields),
        "customers": ",".join(customers),
        "at": now.isoformat(),
    }
    expires = int((now + READ_LOG_KEPT).timestamp())
    wiring.graph().write(listing.enter(listing.READS, name, {**said, "expires": expires}))
