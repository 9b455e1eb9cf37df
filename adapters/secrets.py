"""Secrets Manager: JSON objects of strings at `sluice/<stage>/<system>/<kind>`, briefly kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.aws import Aws, ServiceError
from schemas.errors import Misconfigured

KEPT_SECONDS: Final = 300.0
"""How long a value is used before it is read again, so that a rotation is seen."""


@dataclass(slots=True)
class Secrets:
    """The secrets of one stage; `clock` is monotonic seconds."""

    aws: Aws
    stage: str
    clock: Callable[[], float]
    kept: dict[str, tuple[float, Mapping[str, str]]] = field(default_factory=dict)

    def name(self, system: str, kind: str) -> str:
        """What the secret is called; `kind` is `api`, `webhook`, or the pepper's use."""
        return f"sluice/{self.stage}/{system}/{kind}"

    def get(self, system: str, kind: str) -> Mapping[str, str]:
        """The secret; `Misconfigured` names the one that is missing."""
        name = self.name(system, kind)
        until, value = self.kept.get(name, (0.0, {}))
        if self.clock() < until:
            return value
        value = self._read(name)
        self.kept[name] = (self.clock() + KEPT_SECONDS, value)
        return value

    def forget(self, system: str, kind: str) -> None:
        """Read it anew at the next use: the other side has just refused what we hold."""
        self.kept.pop(self.name(system, kind), None)

    def put(self, system: str, kind: str, value: Mapping[str, str]) -> None:
        """A vendor has replaced the secret; what it was before is of no use any more."""
        name = self.name(system, kind)
        text = json.dumps(dict(value))
        self.aws.call("secretsmanager", "PutSecretValue", {"SecretId": name, "SecretString": text})
        self.kept[name] = (self.clock() + KEPT_SECONDS, dict(value))

    def _read(self, name: str) -> Mapping[str, str]:
        try:
            answer = self.aws.call("secretsmanager", "GetSecretValue", {"SecretId": name})
            value = json.loads(answer["SecretString"])
        except (ServiceError, KeyError, ValueError) as error:
            message = f"the secret {name} cannot be read: make it with ./sluice connect"
            raise Misconfigured(message) from error
        if not isinstance(value, dict):
            message = f"the secret {name} is not a JSON object"
            raise Misconfigured(message)
        return {str(key): str(each) for key, each in value.items()}
