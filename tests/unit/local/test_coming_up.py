"""What `make up` makes of its files, of systems that fail, and of another one at work already."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters import policy as shelf
from cli.failure import Failure
from local import __main__, journey, prepare, service, stage, vendors
from local.install import ROOT
from local.programs import LocalError, Running
from local.stage import Stage
from schemas import documents
from schemas.config import Config, Destination, Source
from schemas.policy import PurposeRule
from schemas.views import CheckpointView, QueueView, SourceView, StatusView
from tests.fakes.table import FakeTable

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def configured(**sources: str) -> Config:
    kinds = {
        name: Source(connector="shopify" if "shop" in name else "zendesk", base_url=url)
        for name, url in sources.items()
    }
    return Config(company="Lumen", sources=kinds)


def test_stopping_needs_no_file_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "config", lambda _: pytest.fail("sluice.yaml was read"))
    assert __main__.main(["down", "--home", str(tmp_path)]) == 0
    assert "nothing is left running" in capsys.readouterr().out


def test_two_at_once_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with __main__.alone(tmp_path):
        assert __main__.main(["up", "--home", str(tmp_path)]) == 1
    assert "Another make up" in capsys.readouterr().err


def test_a_number_that_is_no_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["up", "--port", "99999"])
    assert "a port is a number up to 65535" in capsys.readouterr().err


def test_another_port_than_the_running_ones_is_not_taken_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Running(1, 4000, "sluice-x")
    monkeypatch.setattr(service, "find", lambda _: runs)
    here = vendors.vendors(tmp_path, ())
    assert service.start(here, 4000) == service.start(here) == runs
    with pytest.raises(LocalError, match="make down"):
        service.start(here, 4001)


def test_only_what_leads_to_the_stand_ins_gets_invented_secrets_and_webhooks() -> None:
    config = configured(
        shop=f"http://{vendors.HOST}/shopify-eu", desk="https://lumen.zendesk.com/api"
    )
    here = Stage(config=config)
    assert here.stand_ins == {"shop": "shopify-eu"}
    assert here.shops == ("shopify-eu",)
    assert {name for name, _ in prepare.stand_in_secrets(here.stand_ins)} == {
        "shop/api", "shop/webhook",
    }  # fmt: skip


def test_a_source_that_moved_is_sent_nothing_though_a_destination_of_its_name_stayed() -> None:
    base = f"http://{vendors.HOST}/zendesk"
    config = configured(desk="https://lumen.zendesk.com/api")
    kept = Destination(connector="zendesk", base_url=base)
    config = config.model_copy(update={"destinations": {"desk": kept}})
    assert vendors.invented(config) == {}
    assert vendors.stand_ins(config) == {"desk": "zendesk"}


def test_what_does_not_move_any_more_is_not_waited_for_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck = status(read("desk"))
    answers = SimpleNamespace(get=lambda *_: stuck.model_dump(mode="json"))
    monkeypatch.setattr(journey, "api", lambda _: answers)
    monkeypatch.setattr(journey, "LOOK_EVERY", 0.0)
    here = Stage(config=configured(desk="https://lumen.zendesk.com/api"))
    found = journey.wait(here, lambda _: None, lambda now: now.queues)
    assert [*journey._troubles(found)] == [
        "pull-desk: 1 still under way; ./sluice status tells when it is over"
    ]


def test_a_cloud_that_has_ended_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(*_: object) -> None:
        raise Failure("nothing answers")

    monkeypatch.setattr(journey, "api", lambda _: SimpleNamespace(get=gone))
    monkeypatch.setattr(journey, "LOOK_EVERY", 0.0)
    here = Stage(home=tmp_path, config=configured(desk="https://lumen.zendesk.com/api"))
    with pytest.raises(LocalError, match="has ended"):
        journey.wait(here, lambda _: None, lambda now: now.queues)


def test_a_renamed_source_is_sent_the_demo_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(service, "find", lambda _: Running(1, 4000, "sluice-x"))
    about = {"now": NOW.isoformat(), "seed": 7}
    monkeypatch.setattr(service, "health", lambda *_: about)
    config = configured(support=f"http://{vendors.HOST}/zendesk")
    here = Stage(home=tmp_path, config=config, running=Running(1, 4000, "x"))
    here.outputs = {"ApiUrl": "https://abc.execute-api.eu-central-1.example.com"}
    sent = journey._traffic(here)
    assert {each.source for each in sent} == {"support"}
    assert {each.request.path for each in sent} == {"/webhooks/support"}


def test_the_stand_ins_are_replaced_when_a_shop_is_added(tmp_path: Path) -> None:
    running = Running(1, 4000, "sluice-x")
    told = {"instance": "sluice-x", "systems": ["shopify-eu", "zendesk"]}
    assert vendors._is_this(told, running, ("shopify-eu",))
    assert not vendors._is_this(told, running, ("shopify-eu", "shopify-us"))


def read(name: str, failed_at: datetime | None = None) -> SourceView:
    point = CheckpointView(
        kind="user", records=0, reason="status 500" if failed_at else "", failed_at=failed_at
    )
    queue = QueueView(name=f"pull-{name}", waiting=0, working=1, dead=0)
    return SourceView(
        name=name, connector="x", schedule="", pulled=3, checkpoints=(point,), queue=queue
    )


def status(*sources: SourceView) -> StatusView:
    queues = tuple(each.queue for each in sources if each.queue)
    return StatusView(
        stage="local", at=NOW, policy="p", customers=0, subjects=0, merges=0, reviews=0,
        set_aside=0, sources=sources, destinations=(), queues=queues,
    )  # fmt: skip


def test_a_source_that_fails_holds_up_nobody_else() -> None:
    now = status(read("desk", NOW), read("shop"))
    waited_for = [queue.name for queue in journey.going(now, NOW - timedelta(seconds=1))]
    assert waited_for == ["pull-shop"]


def test_a_failure_from_before_the_request_says_nothing_about_it() -> None:
    now = status(read("desk", NOW - timedelta(hours=1)))
    assert [queue.name for queue in journey.going(now, NOW)] == ["pull-desk"]


def test_what_could_not_be_read_is_told_with_the_command_that_tries_again() -> None:
    told = [*journey._troubles(status(read("desk", NOW), read("shop")))]
    assert told[:2] == [
        "desk was not read. user: status 500",
        "  Mend that, then: ./sluice source sync desk --wait",
    ]


def test_a_deploy_puts_a_policy_in_force_only_where_none_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = FakeTable()
    policy = documents.policy(ROOT / "policy.yaml")
    other = policy.model_copy(
        update={"purposes": {**policy.purposes, "more": PurposeRule(basis="consent")}}
    )
    first = prepare.policy(table, policy)
    assert first == f"policy {shelf.read(table)[0]}"
    assert prepare.policy(table, policy) == first
    again = prepare.policy(table, other)
    assert again == f"{first} (policy.yaml differs: ./sluice policy diff)"
    assert shelf.read(table)[1] == policy


def test_ctrl_c_pressed_again_does_not_cut_the_stopping_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {number: signal.getsignal(number) for number in __main__.ENDINGS}
    seen: list[object] = []
    monkeypatch.setattr(
        stage, "stop", lambda _: seen.extend(signal.getsignal(n) for n in __main__.ENDINGS)
    )
    try:
        __main__._stop(tmp_path)
    finally:
        for number, was in before.items():
            signal.signal(number, was)
    assert seen == [signal.SIG_IGN] * 3
