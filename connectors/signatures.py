"""What webhook signatures have in common: keyed hashes, constant-time comparison, freshness."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest, digest
from typing import Final

from connectors.contract import Secret
from schemas.errors import Misconfigured

TOLERANCE: Final = timedelta(minutes=5)


def hmac_sha256(key: str | bytes, message: bytes) -> str:
    """Base64 of HMAC-SHA256."""
    raw = key.encode() if isinstance(key, str) else key
    return b64encode(digest(raw, message, "sha256")).decode()


def keys(secret: Secret, vendors: str = "secret") -> tuple[str, ...]:
    """The webhook secret, and during a rotation the `previous` one too. `vendors` is what the
    vendor calls it: that name is as good as `secret`."""
    names = dict.fromkeys(("secret", vendors, "previous"))
    found = [secret[name] for name in names if secret.get(name)]
    if not found:
        message = "the webhook secret needs a field named secret"
        raise Misconfigured(message)
    return tuple(found)


def matches(given: str, expected: Iterable[str]) -> bool:
    """Whether `given` is one of `expected`; the time taken tells nothing."""
    raw = given.encode()
    results = [compare_digest(raw, one.encode()) for one in expected]
    return any(results)


def fresh(at: datetime, now: datetime) -> bool:
    """Within five minutes, either way: clocks differ."""
    return abs(now - at) <= TOLERANCE
