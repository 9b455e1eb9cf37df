"""A server of somebody else's: Mailchimp's API with shapes that the demo company never shows."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.standins.secrets import credentials
from local.vendors import HOST
from schemas.config import Source

PREFIX = "/hosted/marketing"
LIST = "9f8e7d6c5b"
MEMBERS: tuple[dict[str, Any], ...] = (
    {
        "id": "62eeb292278cc15f5817cb78f7790b08",
        "email_address": "ÉLODIE.Marchand@Example.COM",
        "status": "subscribed",
        "timestamp_opt": "2024-02-29T23:59:59+02:00",
        "timestamp_signup": "",
        "last_changed": "2026-10-01T08:00:00.123456+00:00",
        "merge_fields": {"FNAME": "Élodie", "LNAME": "Marchand", "SHOE": 41, "ADDRESS": ""},
        "interests": {"9143cf3bd1": True},
        "stats": {"avg_open_rate": 0.5, "ecommerce_data": None},
        "a_field_of_next_year": {"nested": [1, 2, {"three": None}]},
    },
    {
        "id": "0bc83cb571cd1c50ba6f3e8a78ef1346",
        "email_address": "o'brien+news@mail.example.org",
        "status": "unsubscribed",
        "last_changed": "2026-10-02T08:00:00Z",
        "merge_fields": {},
    },
    {
        "id": "55502f40dc8b7c769880b10874abc9d0",
        "email_address": "kim@example.net",
        "status": "transactional",
        "timestamp_opt": "2026-09-01T00:00:00+00:00",
        "last_changed": "2026-10-03T08:00:00+00:00",
        "merge_fields": {"PHONE": "(202) 555-0177", "FNAME": None},
        "sms_phone_number": "",
        "location": {"latitude": 0, "country_code": ""},
    },
)


@dataclass
class LetterServer:
    """Where it listens, and what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[LetterServer]:
    """The server, on a port of its own."""
    said = LetterServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(said))
    server.daemon_threads = True
    said.url = f"http://127.0.0.1:{server.server_port}{PREFIX}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def foreign_sources(url: str) -> dict[str, Source]:
    """Two shops of one vendor at the stand-ins, and the foreign server."""
    shops = {name: Source(connector="shopify", base_url=f"http://{HOST}/{name}") for name in SHOPS}
    # Two members a page, so that there is more than one.
    letters = Source(
        connector="mailchimp",
        base_url=url,
        settings={"list": LIST, "page_size": 2, "activity_page_size": 2, "country": "US"},
    )
    return {**shops, "letters": letters}


SHOPS = ("shopify-eu", "shopify-us")


def secrets() -> Iterator[tuple[str, Mapping[str, str]]]:
    """What the second stage needs to read them; the stand-ins know the shops'."""
    yield "letters/api", {"api_key": "k-us1"}
    for shop in SHOPS:
        yield from ((f"{shop}/{kind}", known) for kind, known in credentials(shop).items())


def _handler(said: LetterServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(self.path)
            authorised = self.headers.get("authorization", "").startswith(("Basic ", "Bearer "))
            status, body = answer(self.path) if authorised else (401, {"title": "API Key Invalid"})
            content = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def answer(target: str) -> tuple[int, dict[str, Any]]:
    """A page of members, or one member's activity: none."""
    url = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    members = f"{PREFIX}/3.0/lists/{LIST}/members"
    if url.path.rstrip("/") == members:
        start = int(query.get("offset", "0"))
        page = MEMBERS[start : start + int(query.get("count", "10"))]
        return 200, {"members": page, "list_id": LIST, "total_items": len(MEMBERS), "_links": []}
    if url.path.startswith(members):
        return 200, {"activity": [], "email_id": "", "list_id": LIST}
    return 404, {"title": "Resource Not Found", "status": 404}
