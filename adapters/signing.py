"""AWS Signature Version 4 of a JSON call, as botocore makes it (tests/unit/test_signing.py).

Only what these calls need: POST to `/` without a query. Importing botocore's own signer would cost
each cold start some 60 ms.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol

ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Signer(Protocol):
    """Whose credentials sign; botocore's satisfy it."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary ones have a token."""

    access_key: str
    secret_key: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a signature counts."""

    service: str
    region: str


def signed(
    credentials: Signer, scope: Scope, headers: Mapping[str, str], body: bytes, at: datetime
) -> dict[str, str]:
    """`headers` (names in lower case, `host` among them) with date, token and authorization."""
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    token = {"x-amz-security-token": credentials.token} if credentials.token else {}
    sent = {**headers, "x-amz-date": stamp, **token}
    named = ";".join(sorted(sent))
    canonical = "".join(f"{name}:{sent[name].strip()}\n" for name in sorted(sent))
    request = f"POST\n/\n\n{canonical}\n{named}\n{sha256(body).hexdigest()}"
    place = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    text = f"{ALGORITHM}\n{stamp}\n{place}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(_key(credentials.secret_key, place), text.encode(), "sha256").hexdigest()
    credential = f"{credentials.access_key}/{place}"
    authorization = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders={named}, Signature={signature}"
    )
    return {**sent, "authorization": authorization}


@lru_cache(maxsize=8)
def _key(secret: str, place: str) -> bytes:
    """The same all day."""
    key = f"AWS4{secret}".encode()
    for part in place.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
