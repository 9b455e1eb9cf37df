"""A page that was read: events on the bus, and what its connector says of their kinds."""

from typing import Any

import pytest

from adapters import bus
from connectors.contract import Page
from connectors.registry import load
from functions import pull
from schemas.config import Source
from tests.fakes.graph import wire

CREATED = {"id": 7, "created_at": "2026-10-01T00:00:00Z"}


def test_a_page_of_records_that_can_move_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    wire(monkeypatch)
    published: list[Any] = []
    monkeypatch.setattr(bus, "publish", lambda _aws, _bus, events: published.extend(events))
    source = Source(connector="zendesk", base_url="https://help.example.com")
    reader: Any = pull.Reader("help", source, load("zendesk"), None, None)  # type: ignore[arg-type]
    reader.page(Page("ticket", ({**CREATED, "requester_id": 8},), {}))
    reader.page(Page("user", (CREATED,), {}))
    assert [event.data.movable for event in published] == [True, False]
