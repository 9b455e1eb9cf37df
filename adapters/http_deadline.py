"""What a connection sends and receives in one exchange, within the time that the exchange has."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an exchange is over, by the `clock`, and how long it may be silent before. Seconds."""

    at: float
    clock: Callable[[], float]
    silence: float

    def wait(self, most: float | None = None) -> float:
        """How long the next step may take; `TimeoutError` when no time is left."""
        left = self.at - self.clock()
        if left <= 0:
            raise TimeoutError
        return min(self.silence if most is None else most, left)


class Incoming(RawIOBase):
    """A socket's bytes as they arrive: a drip ends with the exchange's time, not the vendor's.

    `ended` once the other side has hung up.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self.sock, self.deadline, self.ended = sock, deadline, False
        self.raw = sock.makefile("rb", buffering=0)

    def makefile(self, *_: object, **__: object) -> BufferedReader:
        """As `HTTPResponse` asks a socket for it."""
        return BufferedReader(self)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """What has come, when there is something."""
        self.sock.settimeout(self.deadline.wait())
        count = self.raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        """The connection itself stays open."""
        self.raw.close()
        super().close()


def reply(line: HTTPConnection, deadline: Deadline) -> HTTPResponse:
    """The head of the answer to what was asked on `line`; one that is cut off is no answer."""
    incoming = Incoming(line.sock, deadline)

    def begun(_: object, **more: Any) -> HTTPResponse:  # noqa: ANN401 - as http.client calls it
        made: Any = HTTPResponse
        whole: HTTPResponse = made(incoming, **more)
        return whole

    line.response_class = begun  # type: ignore[assignment]
    answer = line.getresponse()
    if incoming.ended:
        answer.close()
        raise IncompleteRead(b"")
    return answer
