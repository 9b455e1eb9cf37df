"""The contract every connector is held to. A new one gets it with one line:

    TestAcme = connector_suite("acme", samples={"person": [{"id": 1, ...}]})

A fifth connector's own module works where the registry name does. Nothing here opens a socket.
"""

import inspect
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

import pytest

from connectors.contract import (
    Connector,
    Delivery,
    Json,
    Page,
    Refused,
    Request,
    Response,
    Upsert,
)
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.identifiers import Identifier
from schemas.observation import Observation
from tests.contract.connector_driving import inbound, played

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
LONG = "x" * 10_240
JUNK: tuple[Json, ...] = (None, [], {}, LONG, -1, "a\x00b", "\ud800", [{"id": {}}], True)
SECRET = {"secret": "whsec_" + "QUJD" * 12, "previous": "whsec_" + "REVG" * 12}
ADA = Upsert(
    identifier=Identifier(type="email", value="ada@example.com"),
    traits={"first_name": "Ada"},
    facts={"value": "1240.00"},
    customer="cust_1",
    version=7,
    idempotency_key="cust_1-7",
    at=NOW,
)


@dataclass(frozen=True)
class Subject:
    """The connector under test, its settings, and genuine records of some of its kinds."""

    connector: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    lists: bool = False
    """Whether the vendor's pages are bare lists: then an empty one is a page, elsewhere it is no
    answer."""

    @property
    def module(self) -> Connector:
        return load(self.connector)

    @property
    def system(self) -> Source:
        return Source(
            connector=self.connector,
            base_url="https://vendor.example",
            settings={"country": "DE", **self.settings},
        )

    def observe(self, kind: str, record: Json) -> Observation:
        return self.module.normalise("acme-eu", self.system, kind, record)


def connector_suite(
    connector: str,
    settings: Mapping[str, Any] | None = None,
    samples: Mapping[str, Sequence[Any]] | None = None,
    *,
    lists: bool = False,
) -> type:
    """The tests of one connector, as a class that pytest collects."""
    subject = Subject(connector, settings or {}, samples or {}, lists)
    return type("ConnectorContract", (_Suite,), {"subject": subject, "__test__": True})


class _Suite:
    subject: Subject
    __test__ = False

    def test_it_states_its_facts(self) -> None:
        spec = self.subject.module.SPEC
        assert spec.name.isidentifier()
        assert spec.kinds or spec.destination, "it is neither a source nor a destination"
        assert len(set(spec.kinds)) == len(spec.kinds)
        assert set(spec.objects) <= set(spec.kinds), "contacts are records of a kind"
        assert set(spec.movable) <= set(spec.kinds) - set(spec.objects), "contacts stay themselves"

    def test_its_functions_take_what_the_driver_gives(self) -> None:
        for name, wanted in inspect.getmembers(Connector, inspect.isfunction):
            if name.startswith("_"):
                continue
            given = inspect.signature(getattr(self.subject.module, name))
            assert list(given.parameters) == list(inspect.signature(wanted).parameters)[1:], name

    def test_a_pull_asks_the_vendor_by_a_path_below_its_base_url(self) -> None:
        for kind in self.subject.module.SPEC.kinds:
            first = next(self.subject.module.pull(self.subject.system, kind, {}, NOW))
            assert isinstance(first, Request)
            assert first.path.startswith("/")
            assert "://" not in first.path

    @pytest.mark.parametrize(
        "body", [b"", b'{"records": [', b'[{"id": 1}', b"[", b"null", b"{}", b"\xff"]
    )
    def test_an_answer_that_is_cut_short_is_asked_for_again(self, body: bytes) -> None:
        for kind in self.subject.module.SPEC.kinds:
            with pytest.raises(RetryLater):
                self._answered(kind, body)

    def test_an_empty_list_is_a_page_only_where_pages_are_lists(self) -> None:
        for kind in self.subject.module.SPEC.kinds:
            if self.subject.lists:
                page = self._answered(kind, b"[]")
                assert isinstance(page, Page)
                assert page.records == ()
            else:
                with pytest.raises(RetryLater):
                    self._answered(kind, b"[]")

    def _answered(self, kind: str, body: bytes) -> Request | Page:
        pull = self.subject.module.pull(self.subject.system, kind, {}, NOW)
        next(pull)
        return pull.send(Response(200, {"content-type": "application/json"}, body))

    @pytest.mark.parametrize("junk", [None, [], "text", 7, {}, {"id": None}, {"id": LONG}])
    def test_what_is_no_record_is_set_aside(self, junk: Json) -> None:
        for kind in self.subject.module.SPEC.kinds:
            with pytest.raises(BadRecord):
                self.subject.observe(kind, junk)

    def test_an_unknown_kind_is_set_aside(self) -> None:
        if self.subject.module.SPEC.kinds:
            with pytest.raises(BadRecord):
                self.subject.observe("no_such_kind", {"id": 1})

    def test_a_record_means_the_same_every_time(self) -> None:
        for kind, record in self._samples():
            found = self.subject.observe(kind, deepcopy(record))
            assert found == self.subject.observe(kind, record)
            assert Observation.model_validate_json(found.model_dump_json()) == found
            assert found.subject.source == "acme-eu"
            assert found.record.occurred_at.utcoffset() == timedelta(0)

    def test_what_may_be_about_somebody_else_next_time_is_said_to_be(self) -> None:
        movable = self.subject.module.SPEC.movable
        for kind, record in self._samples():
            for found in self._guest(kind, record):
                assert found.record.kind in movable or found.subject.own, "it may get a contact"
                assert found.record.kind not in movable or found.interaction, "only they move"

    def _guest(self, kind: str, record: Json) -> list[Observation]:
        """As it is, and without its contact, where it can be without."""
        found = []
        for changed in (record, {**record, "customer": None}, {**record, "requester_id": None}):
            with suppress(BadRecord):
                found.append(self.subject.observe(kind, changed))
        return found

    def test_normalising_changes_no_record(self) -> None:
        for kind, record in self._samples():
            before = json.dumps(record, sort_keys=True)
            self.subject.observe(kind, record)
            assert json.dumps(record, sort_keys=True) == before

    def test_a_grant_says_when_it_was_given(self) -> None:
        for kind, record in self._samples():
            for signal in self.subject.observe(kind, record).consents:
                assert signal.state == "withdrawn" or signal.effective_at is not None

    def test_one_broken_field_never_breaks_more_than_its_record(self) -> None:
        for kind, record in self._samples():
            for name in record:
                for value in JUNK:
                    reason = self._reason(kind, {**record, name: value})
                    assert LONG not in reason
                    assert "@" not in reason, "a reason quotes what the record says"

    def _reason(self, kind: str, record: Json) -> str:
        try:
            self.subject.observe(kind, record).model_dump_json()
        except BadRecord as error:
            return error.reason
        return ""

    def test_a_webhook_without_a_genuine_signature_is_refused(self) -> None:
        module = self.subject.module
        if not module.SPEC.webhooks:
            with pytest.raises(Misconfigured):
                module.verify(self.subject.system, SECRET, inbound(b"{}"), NOW)
            return
        tried: tuple[dict[str, str], ...] = (
            {},
            _Everything("forged"),
            _Everything("höchst ungültig"),
        )
        for headers in tried:
            found = module.verify(self.subject.system, SECRET, inbound(b"{}", headers), NOW)
            assert isinstance(found, Refused)

    def test_what_bears_a_record_is_never_a_ping(self) -> None:
        bodies = [json.dumps(record).encode() for _, record in self._samples()]
        for kind in self.subject.module.SPEC.accepts:
            for body in (*bodies, b"", b"{}", b"[]", b"a=1&email=ada@example.com"):
                sent = inbound(body, {"content-type": kind})
                assert not self.subject.module.ping(self.subject.system, sent)

    def test_a_webhook_secret_that_was_never_set_accepts_nothing(self) -> None:
        module = self.subject.module
        if module.SPEC.webhooks:
            stamped = _Everything(str(int(NOW.timestamp() * 1000)))
            with pytest.raises(Misconfigured):
                module.verify(self.subject.system, {}, inbound(b"{}", stamped), NOW)

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"null", b"7", b"[" * 100_000])
    def test_a_genuine_webhook_with_a_broken_body_is_refused_or_ignored(self, body: bytes) -> None:
        module = self.subject.module
        if not module.SPEC.webhooks:
            return
        try:
            found = module.parse(self.subject.system, inbound(body))
        except BadRecord:
            return
        assert isinstance(found, Delivery)
        assert not found.records
        assert not found.fetch

    @pytest.mark.parametrize("verb", ["push", "opt_out", "erase"])
    def test_writing_can_be_repeated(self, verb: str) -> None:
        write = getattr(self.subject.module, verb)
        if not self.subject.module.SPEC.destination:
            with pytest.raises(Misconfigured):
                played(write(self.subject.system, ADA))
            return
        first, outcome = played(write(self.subject.system, ADA))
        again, _ = played(write(self.subject.system, ADA))
        assert first == again
        assert first, "nothing was sent"
        assert outcome.status in {"sent", "absent", "rejected"}
        assert "@" not in outcome.evidence
        assert md5(b"ada@example.com", usedforsecurity=False).hexdigest() not in outcome.evidence, (
            "a guessable hash"
        )

    def _samples(self) -> list[tuple[str, Any]]:
        found = self.subject.samples.items()
        return [(kind, record) for kind, records in found for record in records]


class _Everything(dict[str, str]):
    """Headers of which every one says the same."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self._value = value

    def get(self, key: str, default: object = None) -> str:
        del key, default
        return self._value
