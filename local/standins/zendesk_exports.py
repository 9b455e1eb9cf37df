"""Zendesk's incremental exports: what changed since a cursor or a time, a page at a time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from urllib.parse import quote

from local.standins.limits import Window
from local.standins.moments import seconds
from local.standins.wire import Clock, Record, Request, Response, reply

MOST: Final = 1000
TOO_RECENT: Final = 60
"""Seconds: what changed later than this ago is not exported yet."""
A_MINUTE: Final = {"exports": 10, "exports-cursor": 20, "talk": 10}
TALK: Final = "/api/v2/channels/voice/stats/incremental/calls.json"

Place = tuple[float, int]


class Exports:
    """Exports with limits of their own; a `Throttled` says when to come back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.windows = {name: Window(limit, 60, clock) for name, limit in A_MINUTE.items()}

    def cursor(self, request: Request, kind: str, records: dict[str, Record]) -> Response:
        """By cursor, or from `start_time` when there is none yet."""
        headers = self._count("exports-cursor")
        cursor = request.query.get("cursor", "")
        since = _read(cursor) if cursor else self._start(request)
        if since is None:
            return _bad_start(cursor)
        size = _size(request)
        found = self._stream(records, since)
        page = found[:size]
        after = _write(_place(page[-1])) if page else None
        path = f"{request.base}/api/v2/incremental/{kind}/cursor"
        body = {
            kind: page,
            "after_url": f"{path}?cursor={quote(after)}&per_page={size}" if after else None,
            "before_url": None,
            "after_cursor": after,
            "before_cursor": None,
            "end_of_stream": len(found) <= size,
        }
        return reply(200, body, headers=headers, page=request.path)

    def timed(self, request: Request, kind: str, records: dict[str, Record]) -> Response:
        """By time: `next_page` starts where this page ended, so its last second comes again."""
        headers = self._count("exports")
        since = self._start(request)
        if since is None:
            return _bad_start("")
        found = self._stream(records, since)
        page, end = _page(found, _size(request), since)
        body = {
            kind: page,
            "count": len(page),
            "end_of_stream": len(found) == len(page),
            "end_time": end,
            "next_page": f"{request.base}/api/v2/incremental/{kind}.json?start_time={end}",
        }
        return reply(200, body, headers=headers, page=request.path)

    def calls(self, request: Request, records: dict[str, Record]) -> Response:
        """Talk: `next_page` is never null; an empty page means no more for now."""
        headers = self._count("talk")
        start = request.number("start_time", -1)
        if start < 0:
            return _bad_start("")
        found = self._stream(records, (start, 2**63))
        page, end = _page(found, _size(request), (start, 0))
        body = {
            "calls": page,
            "count": len(page),
            "end_time": end,
            "next_page": f"{request.base}{TALK}?start_time={end}",
        }
        return reply(200, body, headers=headers, page=request.path)

    def _count(self, name: str) -> dict[str, str]:
        """Count one export; its headers."""
        window = self.windows[name]
        if not window.take():
            raise Throttled(window.resets())
        state = f"total={window.limit}; remaining={window.remaining()}; resets={window.resets()}"
        return {} if name == "talk" else {f"zendesk-ratelimit-incremental-{name}": state}

    def _start(self, request: Request) -> Place | None:
        start = request.number("start_time", -1)
        return None if start < 0 or start > self._clock() - TOO_RECENT else (start, -1)

    def _stream(self, records: dict[str, Record], since: Place) -> list[Record]:
        """Records changed after a place, oldest first, but for those of the last minute."""
        recent = self._clock() - TOO_RECENT
        found = [r for r in records.values() if since < _place(r) and _place(r)[0] <= recent]
        return sorted(found, key=_place)


class Throttled(Exception):
    """One export too many; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


def _size(request: Request) -> int:
    return max(1, min(request.number("per_page", MOST), MOST))


def _page(found: list[Record], size: int, since: Place) -> tuple[list[Record], int]:
    """A page by time never parts records of one second: the next one starts after it."""
    page = found[:size]
    end = int(_place(page[-1])[0]) if page else int(since[0])
    page += [record for record in found[size:] if int(_place(record)[0]) == end]
    return page, end


def _place(record: Record) -> Place:
    key = record.get("id")
    return seconds(str(record.get("updated_at", ""))), key if isinstance(key, int) else 0


def _write(place: Place) -> str:
    return urlsafe_b64encode(f"{place[0]}||{place[1]}|".encode()).decode()


def _read(cursor: str) -> Place | None:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, key, _ = text.split("|")
        return float(moment), int(key)
    except ValueError:
        return None


def _bad_start(cursor: str) -> Response:
    if cursor:
        return reply(400, {"error": "InvalidPaginationParameter", "description": "Bad cursor"})
    text = "Too recent start_time. Use a start_time older than 60 seconds"
    return reply(400, {"error": "StartTimeTooRecent", "description": text})
