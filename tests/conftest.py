"""No test opens a socket, but those that speak to a server of their own on loopback."""

import socket
from pathlib import Path

import pytest

SERVED = tuple(Path(__file__).parent / name for name in ("e2e", "conformance"))
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting raises; where a server is part of the test, only off this machine."""
    served = any(request.path.is_relative_to(folder) for folder in SERVED)
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int] | str) -> None:
        local = isinstance(address, tuple) and address[0] in LOOPBACK
        if not (served and local) and self.family != socket.AF_UNIX:
            pytest.fail(f"a test connected to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
