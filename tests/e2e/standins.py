"""The vendors' stand-ins, as tests steer them and ask what they were told."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from local.company.generate import generate
from local.company.model import Company


@dataclass
class Standins:
    """The stand-ins at an address, and the shops that they play."""

    url: str
    shops: tuple[str, ...] = ("shopify-eu",)

    @cached_property
    def company(self) -> Company:
        """The company as it was made up, before anything was written to it."""
        about = self._ask("GET", "health")
        return generate(datetime.fromisoformat(about["now"]), about["seed"], self.shops)

    def fault(self, system: str, kind: str, **more: object) -> None:
        """Something goes wrong with the next requests to a system."""
        self._ask("POST", "faults", {"system": system, "kind": kind, **more})

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self._ask("POST", "reset", {})

    def put(self, system: str, kind: str, record: dict[str, Any]) -> None:
        """Adds or replaces a record, as it is."""
        self._ask("POST", "records", {"system": system, "kind": kind, "record": record})

    def records(self, system: str, kind: str) -> list[dict[str, Any]]:
        """What a system holds."""
        found = self._ask("GET", f"records?{urlencode({'system': system, 'kind': kind})}")
        return list(found["records"])

    def requests(self, system: str) -> list[dict[str, Any]]:
        """What a system was asked, oldest first."""
        return list(self._ask("GET", f"requests?{urlencode({'system': system})}")["requests"])

    def tokens_live(self, system: str, seconds: float) -> None:
        """How long tokens issued from now on live."""
        self._ask("POST", "settings", {"system": system, "token_seconds": seconds})

    def _ask(self, method: str, control: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/_control/{control}", data=body, method=method
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            text = answer.read()
        return json.loads(text) if text else None
