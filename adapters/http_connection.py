"""One kept-alive connection to one host, with limits on time and size."""

import select
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Final
from urllib.parse import SplitResult

from adapters.http_address import Resolver, permitted, resolve
from adapters.http_deadline import Deadline, reply
from connectors.contract import Response
from schemas.errors import Misconfigured

Hook = Callable[[], None]

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 50.0
LARGEST: Final = 16 * 2**20
CHUNK: Final = 65_536


class Unreachable(Exception):
    """No whole answer came: refused, timed out, cut short. Nobody knows what took effect."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be written."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(slots=True)
class Connection:
    """To `base`. `clock` is monotonic seconds; `private` permits loopback and private addresses."""

    base: SplitResult
    clock: Callable[[], float]
    private: bool = False
    resolver: Resolver = resolve
    tls: ssl.SSLContext | None = None
    line: HTTPConnection | None = None
    used_at: float = 0.0
    fresh: bool = True

    def exchange(self, call: Call, before_first_byte: Hook) -> Response:
        """The answer. The hook runs when the connection is open and nothing has been written.

        A kept-alive connection that the other side has closed meanwhile is replaced once. All of
        it ends at the total limit, however slowly the other side goes on.
        """
        deadline = Deadline(self.clock() + TOTAL_SECONDS, self.clock, READ_SECONDS)
        try:
            return self._exchange(call, before_first_byte, deadline)
        except Unreachable as error:
            if self.fresh or not isinstance(error.__cause__, ConnectionError):
                raise
        return self._exchange(call, before_first_byte, deadline)

    def close(self) -> None:
        """Hang up; the next exchange dials again."""
        if self.line:
            self.line.close()
        self.line = None

    def _exchange(self, call: Call, before_first_byte: Hook, deadline: Deadline) -> Response:
        whole = False
        try:
            line = self._open(deadline)
            before_first_byte()
            response = _exchange(line, call, deadline)
            self.used_at = self.clock()
            whole = True
        except ssl.SSLCertVerificationError as error:
            message = f"{self.base.hostname} shows no valid certificate: check the base_url"
            raise Misconfigured(message) from error
        except (HTTPException, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        finally:
            if not whole:
                self.close()
        return response

    def _open(self, deadline: Deadline) -> HTTPConnection:
        if self.line and self._alive(self.line):
            self.fresh = False
            return self.line
        self.close()
        self.fresh = True
        self.line = self._dial(deadline)
        return self.line

    def _alive(self, line: HTTPConnection) -> bool:
        if line.sock is None or self.clock() - self.used_at > IDLE_SECONDS:
            return False
        readable, _, _ = select.select([line.sock], [], [], 0)
        return not readable

    def _dial(self, deadline: Deadline) -> HTTPConnection:
        host = str(self.base.hostname)
        secure = self.base.scheme == "https"
        port = self.base.port or (443 if secure else 80)
        addresses = permitted(host, port, self.resolver, private=self.private)
        plain = _connect(addresses, port, deadline)
        if not secure:
            line: HTTPConnection = HTTPConnection(host, port)
            line.sock = plain
        else:
            self.tls = self.tls or ssl.create_default_context()
            line = HTTPSConnection(host, port, context=self.tls)
            line.sock = self.tls.wrap_socket(plain, server_hostname=host)
        line.auto_open = 0
        return line


def _connect(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    failure = OSError("no address")
    for address in addresses:
        try:
            wait = deadline.wait(CONNECT_SECONDS)
            found = socket.create_connection((address, port), timeout=wait)
        except OSError as error:
            failure = error
            continue
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found
    raise failure


def _exchange(line: HTTPConnection, call: Call, deadline: Deadline) -> Response:
    line.sock.settimeout(deadline.wait())
    line.request(call.method, call.target, body=call.body, headers=dict(call.headers))
    answer = reply(line, deadline)
    try:
        body = _read(answer)
    finally:
        answer.close()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Response(answer.status, headers, body)


def _read(answer: HTTPResponse) -> bytes:
    """The whole body; a short one is an error."""
    expected = answer.length
    body = bytearray()
    while chunk := answer.read1(CHUNK):
        body += chunk
        if len(body) > LARGEST:
            message = f"the vendor's answer is over {LARGEST} bytes: ask for smaller pages"
            raise Misconfigured(message)
    if expected is not None and len(body) < expected:
        raise IncompleteRead(b"", expected - len(body))
    return bytes(body)
