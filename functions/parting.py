"""Records left their subjects: what those alone said of them goes, once nobody relies on it."""

from adapters.graph import Stores
from functions import wiring
from rules.resolution_islands import Laws
from rules.resolution_parting import tend


def settled() -> int:
    """One turn; the number of subjects that are settled by it."""
    _, policy = wiring.policy()
    stores = Stores(wiring.graph(), wiring.journal(), wiring.pause, wiring.jitter)
    laws = Laws(policy.identity, wiring.pepper("graph"), wiring.token, wiring.now)
    return stores.run(tend(wiring.now(), laws))
