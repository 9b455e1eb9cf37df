"""Delivering to one destination: what goes out, what is held back, what the ledger says."""

from datetime import timedelta
from functools import partial

import pytest

from adapters.ledger import COME_BACK
from adapters.table import Units
from connectors.contract import Response
from rules.resolution_items import island_from, island_item, island_key
from schemas.bonds import Bond
from schemas.errors import Misconfigured, RetryLater
from schemas.rows import Write
from tests.simulator.mailing import START, Hub, Killed, address, key_of

ADA = address("ada")


@pytest.fixture
def hub() -> Hub:
    return Hub()


def answer(status: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json"} | named, b"{}")


def test_given_a_grant_then_only_cleared_fields_are_sent_and_entered(hub: Hub) -> None:
    ada = hub.knows("ada", city="Ghent")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    assert hub.service.people[ADA] == {
        "status": "on",
        "traits": {"email": ADA, "first_name": "Ada"},
        "facts": {"orders": "2"},
    }
    (entry,) = hub.ledger("ada")
    assert (entry.outcome, entry.decision.reason, entry.held) == ("sent", "granted", True)
    assert entry.decision.evidence == ("shop:customer:1@2026-05-04T00:00:00+00:00",)


def test_given_silence_then_nothing_is_sent_and_the_ledger_says_why(hub: Hub) -> None:
    hub.deliver(hub.knows("ada"))
    assert hub.service.calls == []
    assert hub.outcomes("ada") == [("withheld", "no_consent")]


def test_given_an_unchanged_state_then_nothing_is_sent_again(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.knows("ada", version=2, city="Ghent")
    hub.deliver(ada, 2)
    assert len(hub.service.calls) == 1
    hub.knows("ada", version=3, first_name="Augusta")
    hub.deliver(ada, 3)
    first, second = (key for _, _, key in hub.service.calls)
    assert first != second
    assert hub.outcomes("ada") == [("sent", "granted")] * 2


def test_given_a_withdrawal_then_what_was_sent_is_called_back_once(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.says(key_of("ada"), "withdrawn", stated=False)
    hub.deliver(ada)
    hub.deliver(ada)
    assert [status for _, status, _ in hub.service.calls] == ["on", "off"]
    assert hub.outcomes("ada") == [("sent", "granted"), ("withheld", "opted_out")]
    hub.says(key_of("ada"), days=1)
    hub.wait(2 * 86_400)
    hub.deliver(ada)
    assert hub.service.people[ADA]["status"] == "on"


def test_given_a_withdrawal_only_in_the_journal_then_it_holds(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.says(key_of("ada"), "withdrawn", where="journal")
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("withheld", "opted_out")]


def test_in_shadow_mode_the_decision_is_entered_and_nothing_sent(hub: Hub) -> None:
    hub.mode = "shadow"
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.deliver(ada)
    assert hub.service.calls == []
    assert hub.outcomes("ada") == [("shadow", "granted")]
    hub.mode = "live"
    hub.deliver(ada)
    assert hub.outcomes("ada")[-1] == ("sent", "granted")


def test_a_customer_that_is_no_more_gets_nothing(hub: Hub) -> None:
    ada = hub.knows("ada", "ben")
    ben = hub.knows("ben", into="g2")
    hub.knows("ada", "ben", into="g2")
    hub.says(key_of("ben"))
    hub.deliver(ben)
    assert hub.service.calls == []
    assert ada != ben


def test_a_grant_of_somebody_else_does_not_come_in_by_a_merge(hub: Hub) -> None:
    ada = hub.knows("ada", "ben")
    hub.says("s-ben")
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("withheld", "no_consent")]
    hub.says("s-ada")
    hub.deliver(ada)
    assert hub.outcomes("ada")[-1] == ("sent", "granted")
    hub.says("s-ben", "withdrawn", days=1)
    hub.deliver(ada)
    assert hub.outcomes("ada")[-1] == ("withheld", "opted_out")


def test_an_address_used_before_still_answers_to_consent(hub: Hub) -> None:
    ada = hub.knows("ada", "ada.l")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.knows("ada", "ada.l", version=2, email=address("ada.l"))
    hub.says(key_of("ada"), "withdrawn")
    hub.deliver(ada, 2)
    assert hub.service.people == {ADA: {"status": "off"}}


def test_a_destination_that_is_not_cleared_for_addresses_is_told_none(hub: Hub) -> None:
    hub.name = "figures"
    ada = hub.knows("ada", country="BE")
    hub.deliver(ada)
    (name,) = hub.service.people
    assert name == ada
    assert ADA not in str(hub.service.people)
    hub.says(key_of("ada"), "withdrawn", purpose="counting", channel="any")
    hub.deliver(ada)
    assert hub.service.people[ada] == {"status": "off"}


def test_somebody_without_an_address_is_withheld_until_one_is_known(hub: Hub) -> None:
    nobody = hub.knows("no one")
    hub.deliver(nobody)
    assert hub.outcomes("no one") == [("withheld", "no_identifier")]
    hub.knows("no one", "ada", version=2, email=ADA)
    hub.says(key_of("ada"))
    hub.deliver(nobody, 2)
    assert list(hub.service.people) == [ADA]
    assert hub.totals() == {("sent", "granted"): 1}


def test_a_withdrawal_while_the_connection_opens_stops_the_request(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))

    def slowly() -> None:
        hub.wait(2.5)
        hub.says(key_of("ada"), "withdrawn")

    hub.service.opening = slowly
    hub.deliver(ada)
    assert hub.service.calls == []
    assert hub.outcomes("ada") == [("withheld", "opted_out")]


def test_a_slow_connection_alone_delays_but_does_not_stop(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.service.opening = lambda: hub.wait(2.5)
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("sent", "granted")]


def test_an_old_upsert_cannot_overtake_an_opt_out(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    held_up: list[float | None] = []

    def meanwhile() -> None:
        hub.service.arriving = lambda: None
        hub.says(key_of("ada"), "withdrawn")
        with pytest.raises(RetryLater) as caught:
            hub.deliver(ada)
        held_up.append(caught.value.after)

    hub.service.arriving = meanwhile
    hub.deliver(ada)
    hub.deliver(ada)
    assert held_up == [COME_BACK]
    assert [status for _, status, _ in hub.service.calls] == ["on", "off"]


def test_a_busy_vendor_is_left_alone_for_as_long_as_it_asks(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.service.answers = [answer(429, retry_after="600")]
    with pytest.raises(RetryLater) as caught:
        hub.deliver(ada)
    assert caught.value.after == 600.0
    state = hub.state("ada")
    assert state is not None
    assert (state.outcome, state.attempts, state.held) == ("retrying", 1, True)
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("sent", "granted")]


def test_consent_is_read_again_at_each_retry(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.service.answers = [answer(503)]
    hub.service.arriving = lambda: hub.says(key_of("ada"), "withdrawn")
    http = hub.office().http
    http.times = http.times.__class__(hub.now, hub.clock, lambda _s: hub.wait(2.5), lambda: 0.0)
    hub.deliver(ada, http=http)
    assert [status for _, status, _ in hub.service.calls] == ["off"]


def test_what_the_vendor_will_never_take_is_entered_as_rejected(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.service.answers = [answer(422)]
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("rejected", "granted")]
    assert hub.ledger("ada")[0].evidence == "the vendor answered 422"


def test_a_refused_opt_out_is_no_success(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    hub.says(key_of("ada"), "withdrawn")
    hub.service.answers = [answer(422)]
    with pytest.raises(Misconfigured):
        hub.deliver(ada)
    hub.deliver(ada)
    assert hub.service.people[ADA]["status"] == "off"


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_kill_at_any_step_and_one_redelivery_end_the_same(withdrawn: bool) -> None:
    def story(hub: Hub) -> str:
        ada = hub.knows("ada")
        hub.says(key_of("ada"))
        if withdrawn:
            hub.deliver(ada)
            hub.says(key_of("ada"), "withdrawn")
        return ada

    whole = Hub()
    whole.deliver(story(whole))
    for step in range(100):
        hub = Hub()
        ada = story(hub)
        before = len(hub.service.calls)
        left = [step]

        def tick(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise Killed

        hub.tick = tick
        hub.service.opening = partial(tick, "open")
        hub.service.arriving = partial(tick, "arrive")
        try:
            hub.deliver(ada)
        except Killed:
            hub.tick = lambda _name: None
            hub.service.opening = hub.service.arriving = lambda: None
            hub.wait(360)
            hub.deliver(ada)
        else:
            assert step > 10
            return
        assert hub.outcomes("ada") == whole.outcomes("ada"), step
        assert hub.service.people == whole.service.people, step
        names = {key for _, _, key in hub.service.calls[before:]}
        assert len(names) == 1, "a repeat carries the same idempotency key"


def test_an_ordinary_delivery_costs_three_writes_and_four_reads(hub: Hub) -> None:
    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    spent = hub.graph.units.read + hub.journal.units.read, hub.graph.units.write
    assert spent[0] <= 4.0
    assert spent[1] <= 3.0
    assert hub.journal.units.write == 0.0


def test_each_whom_a_customer_was_parted_from_costs_one_read_more(hub: Hub) -> None:
    def reads() -> float:
        hub.graph.units, hub.journal.units = Units(), Units()
        hub.deliver(ada)
        return hub.graph.units.read + hub.journal.units.read

    ada = hub.knows("ada")
    hub.says(key_of("ada"))
    hub.deliver(ada)
    before = reads()
    parted(hub, -1, "s-ada", "s-ben", "email#ben")
    assert reads() == before + 2.0


def test_who_took_something_along_brings_it_back(hub: Hub) -> None:
    """Ada withdrew, Ben took it along, she granted anew; one again, both were refused."""
    ada = hub.knows("ada")
    for state, days in (("granted", -9), ("withdrawn", -8), ("granted", -4)):
        hub.says("s-ada", state, days=days)
    parted(hub, -6, "s-ada", "s-ben")
    hub.deliver(ada)
    assert hub.outcomes("ada") == [("sent", "granted")]
    parted(hub, -2, "s-ada", "s-ben", "s-cem")
    hub.deliver(ada)
    assert hub.outcomes("ada")[-1] == ("withheld", "opted_out")


def parted(hub: Hub, days: int, *parts: str) -> None:
    """They were one customer until then."""
    island = island_from(hub.graph.get(island_key("g1")) or {})
    at = START + timedelta(days=days)
    bond = Bond(parts=tuple(frozenset({each}) for each in parts), since=at, until=at)
    after = island.model_copy(update={"bonds": (*island.bonds, bond)})
    hub.graph.write(Write("put", island_key("g1"), island_item(after)))
