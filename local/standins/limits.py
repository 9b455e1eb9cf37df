"""The vendors' limits: leaky buckets, windows, simultaneous requests."""

from collections import deque
from threading import Lock

from local.standins.wire import Clock


class Bucket:
    """Holds `size` points and regains `rate` of them a second."""

    def __init__(self, size: float, rate: float, clock: Clock) -> None:
        self.size, self.rate, self._clock = size, rate, clock
        self.reset()

    def reset(self) -> None:
        """Fill it."""
        self._level, self._at = self.size, self._clock()

    def available(self) -> float:
        """Points in it now."""
        now = self._clock()
        self._level = min(self.size, self._level + (now - self._at) * self.rate)
        self._at = now
        return self._level

    def take(self, points: float) -> bool:
        """Take the points if they are there."""
        if self.available() < points:
            return False
        self._level -= points
        return True


class Window:
    """At most `limit` requests in any `seconds`."""

    def __init__(self, limit: int, seconds: float, clock: Clock) -> None:
        self.limit, self.seconds, self._clock = limit, seconds, clock
        self._taken: deque[float] = deque()

    def reset(self) -> None:
        """Forget what was taken."""
        self._taken.clear()

    def take(self) -> bool:
        """Count one request if it is within the limit."""
        if self.remaining() <= 0:
            return False
        self._taken.append(self._clock())
        return True

    def remaining(self) -> int:
        """Requests still allowed now."""
        oldest = self._clock() - self.seconds
        while self._taken and self._taken[0] <= oldest:
            self._taken.popleft()
        return self.limit - len(self._taken)

    def resets(self) -> int:
        """Whole seconds, at least one, until a request is allowed again or the window is empty."""
        if not self._taken:
            return 1
        return max(1, int(self._taken[0] + self.seconds - self._clock() + 0.999))


class Simultaneous:
    """At most `limit` requests at one time. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._lock, self._inside = limit, Lock(), 0

    def enter(self) -> bool:
        """Come in, if there is room; who came in must leave."""
        with self._lock:
            if self._inside >= self._limit:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Make room."""
        with self._lock:
            self._inside -= 1
