"""Faults on demand: what a stand-in does wrong next, and how often."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from local.standins.system import System
from local.standins.wire import Request, Response

KINDS: Final = ("timeout", "slow", "repeated_page", "truncated_body", "expired_token")
"""Besides these, any HTTP status."""
KEPT_PAGES: Final = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `count` requests whose path contains `path` go wrong; `seconds` is how long."""

    system: str
    kind: str
    count: int = 1
    path: str = ""
    seconds: float = 30.0
    retry_after: int = 1


class Faults:
    """Pending faults and the pages that a repeated page needs. Used under the systems' locks."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self.released = Event()
        self._pages: OrderedDict[tuple[str, str], Response] = OrderedDict()

    def add(self, fault: Fault) -> None:
        """Let it happen."""
        self.pending.append(fault)

    def reset(self) -> None:
        """Forget all, and let those go who wait for a timeout."""
        self.pending.clear()
        self.released.set()
        self.released = Event()

    def take(self, system: System, request: Request) -> Fault | None:
        """The fault for this request, counted."""
        for index, fault in enumerate(self.pending):
            if fault.system == system.name and fault.path in request.path:
                left = replace(fault, count=fault.count - 1)
                self.pending[index : index + 1] = [left] if left.count > 0 else []
                return fault
        return None

    def give_back(self, fault: Fault) -> None:
        """It did not happen: there was no page to repeat yet."""
        self.pending.insert(0, replace(fault, count=1))

    def wait(self, fault: Fault) -> None:
        """Hold the request; a reset lets it go."""
        self.released.wait(fault.seconds)

    def answer(self, fault: Fault, system: System, request: Request) -> Response:
        """The wrong answer."""
        if fault.kind.isdigit():
            return system.refuse(int(fault.kind), fault.retry_after)
        if fault.kind == "expired_token":
            return self._expired(system, request)
        if fault.kind == "repeated_page":
            return self._repeated(fault, system, request)
        right = self.right(system, request)
        return replace(right, cut=True) if fault.kind == "truncated_body" else right

    def _expired(self, system: System, request: Request) -> Response:
        if system.tokens is None:
            return system.refuse(401, 0)
        system.tokens.revoke()
        return self.right(system, request)

    def _repeated(self, fault: Fault, system: System, request: Request) -> Response:
        """The page before this one, once more; without one the fault waits for its turn."""
        before = self._pages.get((system.name, request.path))
        right = self.right(system, request)
        if before is None or before.page != right.page or not _continues(request):
            self.give_back(fault)
            return right
        return before

    def right(self, system: System, request: Request) -> Response:
        """The right answer; a page is remembered."""
        answer = system.handle(request)
        if answer.page and answer.status == 200:
            self._pages[system.name, request.path] = answer
            while len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        return answer


def _continues(request: Request) -> bool:
    """Whether a request asks for a further page rather than the first."""
    given = request.json()
    variables = given.get("variables") or {}
    if any(request.query.get(name) for name in ("cursor", "after", "start_time")):
        return True
    return request.number("offset", 0) > 0 or bool(given.get("after") or variables.get("after"))
