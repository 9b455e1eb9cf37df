"""The name of a policy: the hash of what it says."""

import json
from hashlib import sha256

from schemas.policy import Policy


def version_of(policy: Policy) -> str:
    """Equal for policies that say the same, whatever their order of keys or comments."""
    said = policy.model_dump(mode="json", exclude_defaults=True)
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
