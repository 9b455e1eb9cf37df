"""The HTTP server: loopback only, a thread per connection, silent."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from local.standins.control import Control
from local.standins.hub import Hub
from local.standins.wire import Request, Response, reply

LARGEST: Final = 10_000_000
IDLE: Final = 30.0


class Server(ThreadingHTTPServer):
    """Serves a hub and its control API on 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, hub: Hub, control: Control) -> None:
        self.hub, self.control = hub, control
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, prefix: str, request: Request) -> Response | None:
        """The answer of the control API or of a system."""
        if prefix == "_control":
            return self.control.handle(request)
        return self.hub.answer(prefix, request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    disable_nagle_algorithm = True
    timeout = IDLE
    server: Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            self._send(reply(413, {"error": "too large"}))
            return
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        _, prefix, *rest = url.path.split("/", 2)
        answer = self.server.answer(prefix, self._request(prefix, unquote("/".join(rest)), body))
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names the base class looks for

    def _request(self, prefix: str, path: str, body: bytes) -> Request:
        host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
        return Request(
            method=self.command,
            path=f"/{path}",
            query=dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            base=f"http://{host}/{prefix}",
        )

    def _send(self, answer: Response) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut:
            self.close_connection = True
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base class's signature
        """Nothing: what a stand-in receives names people."""
