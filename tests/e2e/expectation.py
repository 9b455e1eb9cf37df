"""What the hub must come to know of the company: by the connectors and the pure function alone."""

import time
from collections.abc import Iterator, Mapping

from adapters.http_answer import encode
from connectors import registry
from connectors.contract import Connector, Page, Pull, Request, Response
from local.company.model import Company
from local.standins import wire
from local.standins.hub import Hub, build
from local.standins.secrets import credentials
from schemas.config import Config, Source
from schemas.errors import BadRecord
from schemas.observation import Observation


def observations(company: Company, config: Config) -> dict[str, list[Observation]]:
    """Source → what its records say, read as a first sync reads them, without a socket."""
    return {name: list(_read(company, name, source)) for name, source in config.sources.items()}


def _read(company: Company, name: str, source: Source) -> Iterator[Observation]:
    connector = registry.load(source.connector)
    vendor = _Vendor(company, name, connector)
    for kind in connector.SPEC.kinds:
        pull = connector.pull(source, kind, {}, company.now)
        for record in vendor.records(pull):
            try:
                yield connector.normalise(name, source, kind, record)
            except BadRecord:
                continue


class _Vendor:
    """A stand-in in this process. A second passes between two requests, so no limit is met."""

    def __init__(self, company: Company, name: str, connector: Connector) -> None:
        self.seconds = time.time()
        self.hub = Hub(build(company, lambda: self.seconds), lambda: self.seconds)
        self.name = name
        self.base = "/3.0" if connector.SPEC.name == "mailchimp" else ""
        secret = credentials(name)["api"]
        ask = connector.token_request(secret)
        token = connector.read_token(secret, self.answer(ask, {})).value if ask else None
        self.headers = connector.authorise(secret, token)

    def records(self, pull: Pull) -> Iterator[object]:
        """Every record of a pull."""
        answer: Response | None = None
        while True:
            try:
                wanted = pull.send(answer)
            except StopIteration:
                return
            if isinstance(wanted, Page):
                answer = None
                yield from wanted.records
            else:
                answer = self.answer(wanted, self.headers)
                assert answer.status < 300 or answer.status in wanted.accept, answer.body

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The stand-in's answer."""
        self.seconds += 1
        kind, body = encode(request)
        asked = wire.Request(
            method=request.method,
            path=f"{self.base}/{request.path.lstrip('/')}",
            query=request.query,
            headers={"content-type": kind, **{n.lower(): v for n, v in headers.items()}},
            body=body or b"",
        )
        said = self.hub.answer(self.name, asked)
        assert said is not None
        return Response(said.status, {n.lower(): v for n, v in said.headers.items()}, said.body)
