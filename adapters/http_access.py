"""A system's credentials: its secret, and the short-lived token that some vendors give for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.http_answer import Unauthorised
from adapters.secrets import Secrets
from connectors.contract import Connector, Request, Response, Token
from schemas.errors import BadRecord, Misconfigured

Send = Callable[[Request], Response]

KIND: Final = "api"
MARGIN_SECONDS: Final = 60.0
MARGIN_SHARE: Final = 0.1


@dataclass(slots=True)
class Access:
    """What authorises calls to one system; `clock` is monotonic seconds."""

    system: str
    connector: Connector
    secrets: Secrets
    clock: Callable[[], float]
    token: str | None = None
    until: float = 0.0

    def headers(self, request: Request, now: datetime, send: Send) -> Mapping[str, str]:
        """The headers that authorise and sign a request, with a new token where one is due."""
        if self.clock() >= self.until:
            self._renew(send)
        secret = self.secrets.get(self.system, KIND)
        signed = self.connector.sign(secret, request, now)
        return {**self.connector.authorise(secret, self.token), **signed}

    def renew(self) -> None:
        """The vendor refused: read the secret and ask for a token anew, at the next request."""
        self.secrets.forget(self.system, KIND)
        self.token, self.until = None, 0.0

    def _renew(self, send: Send) -> None:
        secret = self.secrets.get(self.system, KIND)
        request = self.connector.token_request(secret)
        if request is None:
            self.token, self.until = None, float("inf")
            return
        try:
            answer = send(request)
        except (Unauthorised, BadRecord, Misconfigured):
            answer = self._again(send, secret)
        token = self.connector.read_token(self.secrets.get(self.system, KIND), answer)
        self._keep(token)

    def _again(self, send: Send, refused: Mapping[str, str]) -> Response:
        """Another instance may have rotated the secret since it was read."""
        self.secrets.forget(self.system, KIND)
        secret = self.secrets.get(self.system, KIND)
        request = self.connector.token_request(secret)
        message = f"{self.system} refuses its credentials: ./sluice connect {self.system}"
        if request is None or secret == refused:
            raise Misconfigured(message)
        try:
            return send(request)
        except (Unauthorised, BadRecord) as error:
            raise Misconfigured(message) from error

    def _keep(self, token: Token) -> None:
        if token.secret is not None:
            self.secrets.put(self.system, KIND, token.secret)
        margin = min(MARGIN_SECONDS, token.expires_in * MARGIN_SHARE)
        self.token, self.until = token.value, self.clock() + token.expires_in - margin
