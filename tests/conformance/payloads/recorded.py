"""The recorded payloads beside the project; the tests that read them skip where they are not."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Inbound, Json
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord
from schemas.observation import Observation

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "payloads"
NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
KEY = "an invented secret"

beside = pytest.mark.skipif(not FOLDER.is_dir(), reason="there are no recorded payloads here")


def recorded(name: str) -> Any:  # noqa: ANN401 - a vendor's JSON
    """One file of them."""
    return json.loads((FOLDER / name).read_text())


def responses(name: str) -> list[Any]:
    """The bodies of the answers in a recording, whether it holds one or many."""
    found = recorded(name)
    return [one["response"] for one in (found if isinstance(found, list) else [found])]


def system(connector: str) -> Source:
    """A source of the vendor."""
    return Source(
        connector=connector,
        base_url="https://vendor.example",
        settings={"country": "US", "list": "16ed227135", "currency": "USD", "roles": []},
    )


def observe(connector: str, kind: str, record: Json) -> Observation:
    """Normalised, and the same when it is normalised again."""
    vendor = load(connector)
    found = vendor.normalise("src", system(connector), kind, record)
    assert found == vendor.normalise("src", system(connector), kind, record)
    assert Observation.model_validate_json(found.model_dump_json()) == found
    return found


def webhook(headers: Mapping[str, str], body: bytes) -> Inbound:
    """As it arrives."""
    return Inbound("POST", "https://hub.example/webhooks/src", {"secret": KEY}, headers, body)


def signed(message: bytes) -> str:
    """Base64 of HMAC-SHA256 with the invented secret."""
    return b64encode(new(KEY.encode(), message, sha256).digest()).decode()


def received(connector: str, request: Inbound) -> Iterator[Observation]:
    """Verified, parsed, normalised; what is kept to be replayed is left out."""
    vendor = load(connector)
    assert vendor.verify(system(connector), {"secret": KEY}, request, NOW) is None
    for kind, record in vendor.parse(system(connector), request).records:
        if kind == "privacy_request":
            with pytest.raises(BadRecord, match="replayed"):
                observe(connector, kind, record)
        else:
            yield observe(connector, kind, record)
