"""The connection against a server that misbehaves, on loopback."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters import http_connection
from adapters.http_connection import Call, Connection, Unreachable
from schemas.errors import Misconfigured

GET = Call("GET", "/people", {"accept": "application/json"}, None)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Any: Thing\r\n\r\n{}"


@dataclass
class Server:
    """Answers each request on a connection with the next script; none hangs up instead."""

    scripts: list[bytes | None]
    accepted: int = 0
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while self.scripts:
                peer, _ = self.listener.accept()
                self.accepted += 1
                with peer:
                    self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while self.scripts:
            heard = peer.recv(65536)
            if not heard:
                return
            self.heard.append(heard)
            script = self.scripts.pop(0)
            if script is None:
                return
            peer.sendall(script)
            if b"close" in script or b"content-length: 9" in script:
                return

    def close(self) -> None:
        self.scripts.clear()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(2)


Given = Callable[..., tuple[Server, Connection]]


@pytest.fixture
def given() -> Iterator[Given]:
    made: list[tuple[Server, Connection]] = []

    def build(*scripts: bytes | None) -> tuple[Server, Connection]:
        server = Server(list(scripts))
        made.append((server, Connection(urlsplit(server.url), time.monotonic, private=True)))
        return made[-1]

    yield build
    for server, connection in made:
        connection.close()
        server.close()


def ready() -> None:
    """Nothing to check."""


def test_a_connection_is_kept_and_headers_are_lower_case(given: Given) -> None:
    server, connection = given(OK, OK)
    answers = [connection.exchange(GET, ready) for _ in range(2)]
    assert [(a.status, a.body, a.headers["x-any"]) for a in answers] == [(200, b"{}", "Thing")] * 2
    assert server.accepted == 1


def test_the_hook_runs_with_the_connection_open_and_nothing_written(given: Given) -> None:
    server, connection = given(OK)

    def look() -> None:
        assert connection.line is not None
        assert connection.line.sock is not None
        assert server.heard == []

    connection.exchange(GET, look)
    assert len(server.heard) == 1


def test_a_hook_that_refuses_writes_nothing(given: Given) -> None:
    server, connection = given(OK)

    def refuse() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        connection.exchange(GET, refuse)
    assert server.heard == []


def test_a_connection_closed_meanwhile_is_replaced_once(given: Given) -> None:
    server, connection = given(OK, None, OK)
    connection.exchange(GET, ready)
    assert connection.exchange(GET, ready).status == 200
    assert server.accepted == 2


@pytest.mark.parametrize(
    "script",
    [
        None,
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\n{}",
        b"not http, close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-close: the head ends he",
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(given: Given, script: bytes | None) -> None:
    _, connection = given(script)
    with pytest.raises(Unreachable):
        connection.exchange(GET, ready)


def test_an_answer_without_a_length_ends_with_the_connection(given: Given) -> None:
    _, connection = given(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwhole", OK)
    assert connection.exchange(GET, ready).body == b"whole"
    assert connection.exchange(GET, ready).body == b"{}"


def test_a_silent_server_is_given_up(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "READ_SECONDS", 0.05)
    _, connection = given(b"", b"")
    with pytest.raises(Unreachable, match="Timeout"):
        connection.exchange(GET, ready)


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nx-drip: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"]
)
def test_a_drip_ends_with_the_time_of_the_exchange(
    monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(http_connection, "TOTAL_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        with suppress(OSError), listener, listener.accept()[0] as peer:
            peer.sendall(start)
            for _ in range(500):
                peer.sendall(b"x")
                if over.wait(0.01):
                    return

    threading.Thread(target=drip, daemon=True).start()
    place = urlsplit(f"http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(Unreachable, match="Timeout"):
        Connection(place, time.monotonic, private=True).exchange(GET, ready)
    over.set()


def test_no_address_is_tried_when_the_time_is_over(given: Given) -> None:
    server, _ = given(OK)
    moments = iter([0.0, 31.0])
    late = Connection(urlsplit(server.url), lambda: next(moments), private=True)
    with pytest.raises(Unreachable, match="Timeout"):
        late.exchange(GET, ready)
    assert server.accepted == 0


def test_a_body_without_end_is_refused(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "LARGEST", 1000)
    _, connection = given(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000)
    with pytest.raises(Misconfigured, match="smaller pages"):
        connection.exchange(GET, ready)


def test_nobody_there_is_unreachable() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    connection = Connection(urlsplit(f"http://127.0.0.1:{port}"), time.monotonic, private=True)
    with pytest.raises(Unreachable):
        connection.exchange(GET, ready)


def test_the_checked_address_is_the_one_that_is_called(given: Given) -> None:
    server, _ = given(OK)
    looked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"]

    port = urlsplit(server.url).port
    place = urlsplit(f"http://vendor.example:{port}")
    connection = Connection(place, time.monotonic, private=True, resolver=resolver)
    connection.exchange(GET, ready)
    connection.close()
    assert looked == ["vendor.example"]
    assert f"Host: vendor.example:{port}".encode() in server.heard[0]


def test_a_private_address_is_never_dialled(given: Given) -> None:
    server, _ = given(OK)
    connection = Connection(urlsplit(server.url), time.monotonic)
    with pytest.raises(Misconfigured):
        connection.exchange(GET, ready)
    assert server.accepted == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for vendor.example that nobody else vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("vendor.example")]), False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "vendor.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def secure(certificate: Path, host: str, tls: ssl.SSLContext | None) -> Connection:
    """A connection to a TLS server on loopback that goes by `host`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve() -> None:
        with suppress(OSError), listener, context.wrap_socket(listener.accept()[0], True) as peer:
            peer.recv(65536)
            peer.sendall(OK)

    threading.Thread(target=serve, daemon=True).start()
    place = urlsplit(f"https://{host}:{port}")
    return Connection(place, time.monotonic, True, lambda *_: ["127.0.0.1"], tls)


def test_the_certificate_is_checked_for_the_name_in_the_base_url(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    connection = secure(certificate, "vendor.example", trusting)
    assert connection.exchange(GET, ready).status == 200
    connection.close()
    for host, tls in (("other.example", trusting), ("vendor.example", None)):
        with pytest.raises(Misconfigured, match="certificate"):
            secure(certificate, host, tls).exchange(GET, ready)
