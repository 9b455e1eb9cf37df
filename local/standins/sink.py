"""A receiver of Standard Webhooks 1.0.0: verifies, remembers, and knows a repeat."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

from local.standins.secrets import credentials
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, reply

TOLERANCE: Final = 300
KEPT: Final = 5000


class WebhookSink(System):
    """Remembers each message once by its id; `count` says how often it came."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("webhook-sink")
        self._key = b64decode(credentials(self.name)["webhook"]["secret"].removeprefix("whsec_"))
        self._clock = clock
        self.records = {"received": {}}

    def handle(self, request: Request) -> Response:
        """204 for a genuine message, 401 for any other."""
        received = self.records["received"]
        if request.method == "GET":
            return reply(200, {"received": list(received.values()), "total": len(received)})
        if not self._genuine(request):
            return reply(401, {"error": "invalid signature"})
        key = request.headers["webhook-id"]
        known: Record = received.setdefault(key, {"id": key, "count": 0, "path": request.path})
        known |= {"count": known["count"] + 1, "body": request.json()}
        while len(received) > KEPT:
            del received[next(iter(received))]
        return reply(204)

    def refuse(self, status: int, retry_after: int) -> Response:
        """The status, and when to come back if that is the question."""
        headers = {"retry-after": str(retry_after)} if status in {429, 503} else {}
        return reply(status, {"error": "refused"}, headers=headers)

    def reset(self) -> None:
        """Forget what was received."""
        super().reset()
        self.records["received"].clear()

    def _genuine(self, request: Request) -> bool:
        key = request.headers.get("webhook-id", "")
        stamp = request.headers.get("webhook-timestamp", "")
        if not key or not stamp.isdigit() or abs(self._clock() - int(stamp)) > TOLERANCE:
            return False
        content = b".".join((key.encode(), stamp.encode(), request.body))
        wanted = b64encode(hmac.new(self._key, content, sha256).digest()).decode()
        given = request.headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(f"v1,{wanted}", one) for one in given)
