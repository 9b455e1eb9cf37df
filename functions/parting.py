"""Records left their subjects: what those alone said of them goes, once nobody relies on it."""

from functions import wiring
from rules.resolution_parting import tend


def settled() -> int:
    """One turn; the number of subjects that are settled by it."""
    _, policy = wiring.policy()
    return wiring.stores().run(tend(wiring.now(), wiring.laws(policy.identity)))
