"""The HTTP API as the commands use it: a token for each role, and problems as failures."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from cli.failure import Failure
from cli.targets import Target

Json = dict[str, Any]
Send = Callable[[urllib.request.Request], tuple[int, bytes]]
AskPassword = Callable[[str], tuple[str, str]]

SECONDS: Final = 30
SIGN_IN: Final = "AWSCognitoIdentityProviderService.InitiateAuth"


def send(request: urllib.request.Request) -> tuple[int, bytes]:
    """Status and body, whatever the status."""
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:  # noqa: S310 - the target's own URL
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@dataclass(slots=True)
class Api:
    """One stage. `ask` asks a person for name and password where the target names no user."""

    target: Target
    ask: AskPassword
    send: Send = send
    _tokens: dict[str, str] = field(default_factory=dict)

    def get(self, role: str, path: str, query: Mapping[str, str] | None = None) -> Json:
        """The answer to a read."""
        filled = {name: value for name, value in (query or {}).items() if value}
        return self._call(role, "GET", f"{path}?{urlencode(filled)}" if filled else path, {})

    def post(self, role: str, path: str, key: str, body: Json | None = None) -> Json:
        """The answer to a write; the same key asks once."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self._call(role, "POST", path, headers, b"" if body is None else _bytes(body))

    def token(self, role: str) -> str:
        """A bearer token of a role, from Cognito; asked for once."""
        if role not in self._tokens:
            self._tokens[role] = self._sign_in(role)
        return self._tokens[role]

    def _call(
        self,
        role: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Json:
        sent = {"Authorization": f"Bearer {self.token(role)}", **headers}
        if self.target.host:
            sent["Host"] = self.target.host
        url = self.target.api_url.rstrip("/") + path
        request = urllib.request.Request(url, data=body, headers=sent, method=method)  # noqa: S310 - as above
        status, answer = self._sent(request)
        if status >= 300:
            raise Failure(_problem(status, answer))
        return _json(answer)

    def _sign_in(self, role: str) -> str:
        name, password = self.target.users.get(role) or self.ask(role)
        asked = {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": self.target.client_id,
            "AuthParameters": {"USERNAME": name, "PASSWORD": password},
        }
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": SIGN_IN}
        request = urllib.request.Request(  # noqa: S310 - as above
            self.target.token_url, data=json.dumps(asked).encode(), headers=headers, method="POST"
        )
        status, answer = self._sent(request)
        token = _json(answer).get("AuthenticationResult", {}).get("AccessToken")
        if status >= 300 or not token:
            message = f"{name} could not sign in as {role}: check the name and the password"
            raise Failure(message)
        return str(token)

    def _sent(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            return self.send(request)
        except (urllib.error.URLError, OSError) as error:
            start = "make up starts it" if self.target.endpoint else "check the network"
            message = f"nothing answers at {self.target.api_url}: {start}"
            raise Failure(message) from error


def path(*parts: str) -> str:
    """A path of the API, each part quoted."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def _bytes(body: Json) -> bytes:
    return json.dumps(body).encode()


def _problem(status: int, answer: bytes) -> str:
    told = _json(answer)
    said = told.get("detail") or told.get("message") or told.get("title") or "no reason given"
    return f"{said} ({status})"


def _json(answer: bytes) -> Json:
    try:
        found = json.loads(answer or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
