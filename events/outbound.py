"""Events that leave the graph: ids, versions and names of changed fields, no personal data."""

from schemas.frozen import Frozen


class CustomerChanged(Frozen):
    """A customer's folded view is new or different. Consumers drop versions they have seen."""

    customer: str
    version: int
    changed: tuple[str, ...]


class CustomersMerged(Frozen):
    """`merged` are now part of `customer`."""

    customer: str
    merged: tuple[str, ...]
    version: int


class CustomerSplit(Frozen):
    """`customer` fell apart into `parts` (its own id among them when it remains)."""

    customer: str
    parts: tuple[str, ...]
    version: int


class ConsentChanged(Frozen):
    """Consent for a purpose changed; what it is now must be read, never taken from here."""

    customer: str
    purpose: str
    version: int
