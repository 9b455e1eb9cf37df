"""Secrets: read rarely, seen when they change, named and never shown in errors."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from adapters.aws import ServiceError
from adapters.secrets import KEPT_SECONDS, Secrets
from schemas.errors import Misconfigured

if TYPE_CHECKING:
    from adapters.aws import Aws

NAME = "sluice/test/shop/api"


@dataclass
class Manager:
    """Secrets Manager, and a clock."""

    held: dict[str, str]
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert service == "secretsmanager"
        self.asked.append(operation)
        if operation == "PutSecretValue":
            self.held[payload["SecretId"]] = payload["SecretString"]
            return {}
        if payload["SecretId"] not in self.held:
            raise ServiceError("InvalidRequestException", {})
        return {"SecretString": self.held[payload["SecretId"]]}

    def secrets(self) -> Secrets:
        return Secrets(cast("Aws", self), "test", lambda: self.seconds)


def test_a_secret_is_read_once_until_it_may_have_been_rotated() -> None:
    manager = Manager({NAME: '{"token": "one"}'})
    secrets = manager.secrets()
    assert secrets.get("shop", "api") == secrets.get("shop", "api") == {"token": "one"}
    manager.held[NAME] = '{"token": "two"}'
    assert secrets.get("shop", "api") == {"token": "one"}
    manager.seconds = KEPT_SECONDS
    assert secrets.get("shop", "api") == {"token": "two"}
    assert len(manager.asked) == 2


def test_a_refused_secret_is_read_anew() -> None:
    manager = Manager({NAME: '{"token": "one"}'})
    secrets = manager.secrets()
    secrets.get("shop", "api")
    manager.held[NAME] = '{"token": "two"}'
    secrets.forget("shop", "api")
    assert secrets.get("shop", "api") == {"token": "two"}


def test_a_rotated_secret_is_written_back_and_used() -> None:
    manager = Manager({NAME: '{"refresh": "one"}'})
    secrets = manager.secrets()
    secrets.put("shop", "api", {"refresh": "two"})
    assert json.loads(manager.held[NAME]) == {"refresh": "two"}
    assert secrets.get("shop", "api") == {"refresh": "two"}
    assert manager.asked == ["PutSecretValue"]


@pytest.mark.parametrize("stored", [None, "plain-text-hunter2", '["hunter2"]'])
def test_an_unusable_secret_is_named_and_not_shown(stored: str | None) -> None:
    manager = Manager({NAME: stored} if stored else {})
    with pytest.raises(Misconfigured, match=NAME) as caught:
        manager.secrets().get("shop", "api")
    assert "hunter2" not in str(caught.value)
