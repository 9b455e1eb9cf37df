"""Who a record is about when its source has no contact for it."""

import json
from collections.abc import Iterable
from hashlib import sha256

from schemas.errors import BadRecord
from schemas.identifiers import Claim, Subject


def anonymous(source: str, claims: Iterable[Claim]) -> Subject:
    """The subject that is its exact set of identifiers: the same set, the same subject.

    A record without any names nobody: `BadRecord`.
    """
    pairs = sorted({(claim.identifier.type, claim.identifier.value) for claim in claims})
    if not pairs:
        message = "the record names nobody: it has no contact and no usable identifier"
        raise BadRecord(message)
    digest = sha256(json.dumps(pairs, ensure_ascii=False).encode()).hexdigest()
    return Subject(source=source, object="anonymous", id=digest)
