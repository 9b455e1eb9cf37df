"""The dry run of other rules foretells what their adoption makes of the customers."""

import json
from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any, NamedTuple

import pytest

from adapters import policy as shelf
from functions import evidence, judging, resolve, trying, wiring
from rules.resolution_crowds import standing
from rules.resolution_islands import Laws
from schemas.graph import Verdict
from schemas.policy import IdentityRules, Policy
from tests.fakes.graph import NOW, PEPPER, World, policy, wire
from tests.property.test_resolution import FIRST, HISTORIES
from tests.property.test_resolution_ignored import Split, out, spelt
from tests.property.test_resolution_restated import observed, rules, whole
from tests.simulator.histories import expected
from tests.simulator.reading import graph_in, heads
from tests.simulator.world import run_alone

Moves = set[tuple[str, frozenset[str]]]


def asked(identity: IdentityRules) -> dict[str, Any]:
    given = Policy.model_validate({**policy().model_dump(), "identity": identity.model_dump()})
    return given.model_dump(mode="json")


def told(candidate: dict[str, Any]) -> tuple[dict[str, Any], Moves]:
    """The dry run to its end, and whom it would move."""
    claims = {"sub": "u-1", "cognito:groups": "[privacy]"}
    body: dict[str, Any] = {"policy": candidate}
    moves: Moves = set()
    while True:
        event = {
            "routeKey": "POST /v1/policy/diff",
            "headers": {},
            "body": json.dumps(body),
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
        view = json.loads(evidence.handler(event)["body"])
        assert "detail" not in view, view
        moves |= {(each["kind"], frozenset(each["customers"])) for each in view["items"]}
        if view.get("next") is None:
            return view, moves
        body["cursor"] = view["next"]


def moved(before: dict[str, str], after: dict[str, str]) -> Moves:
    """Old customers that become one, and those that become several."""
    merged = {("merge", each) for each in _over(after, before) if len(each) > 1}
    parted = {("split", frozenset({old})) for old, n in _parts(before, after) if n > 1}
    return merged | parted


def _over(whole_: dict[str, str], parts: dict[str, str]) -> Iterable[frozenset[str]]:
    found = defaultdict(set)
    for s, label in whole_.items():
        found[label].add(parts[s])
    return map(frozenset, found.values())


def _parts(whole_: dict[str, str], parts: dict[str, str]) -> Iterable[tuple[str, int]]:
    found = defaultdict(set)
    for s, label in whole_.items():
        found[label].add(parts[s])
    return ((label, len(each)) for label, each in found.items())


def adoptable(random: Random) -> IdentityRules:
    """Rules of types that some record has."""
    found = rules(random)
    types = {name: rule for name, rule in found.types.items() if name != "cookie"}
    return found.model_copy(update={"types": types})


class Known(NamedTuple):
    """What the dry run is about, and what the customers are now and then."""

    world: World
    new: IdentityRules
    before: dict[str, str]
    after: dict[str, str]


def world_of(seed: int, monkeypatch: pytest.MonkeyPatch) -> Known:
    random = Random(seed)
    received = [spelt(random, each) for each in observed(random, 16)]
    old, new = adoptable(random), adoptable(random)
    world = wire(monkeypatch, policy=("v1", Policy.model_validate(asked(old))))
    shelf.first(world.table, wiring.policy()[1], NOW.isoformat())
    for start in range(0, len(received), 4):
        resolve.resolve_batch(received[start : start + 4])
    splits = split(random, world, old)
    world.stream()
    monkeypatch.setattr(trying, "PAGE", 3)
    monkeypatch.setattr(trying, "SCANNED", 7)
    said = [each.said for each in splits if each.said]
    before = expected(received, old, PEPPER, said=said).labels
    after = expected(received, new, PEPPER, said=out(splits, received, new, PEPPER)).labels
    return Known(world, new, before, after)


def split(random: Random, world: World, old: IdentityRules) -> list[Split]:
    """People take some links of some subjects out, before other rules are tried."""
    every = sorted(heads(world.table.store).items())
    links = [(s, key) for s, head in every for key in sorted(standing(head))]
    chosen = random.sample(links, min(len(links), random.randrange(4)))
    said = [Verdict(kind="ignore", a=s, b=key, at=NOW, by="ann") for s, key in chosen]
    judging.said(said)
    return [Split(verdict.a, (old,), random, verdict) for verdict in said]


def test_it_names_every_merge_and_split_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 5):
        with monkeypatch.context() as patch:
            world, new, before, after = world_of(seed, patch)
            view, moves = told(asked(new))
            assert moves == moved(before, after), f"seed {seed}"
            old = wiring.policy()[1].identity
            tried = set(before.values()) if new != old else set()
            assert view["seen"] == len(tried), f"seed {seed}, rules that are in force are not tried"
            laws = Laws(new, PEPPER, wiring.token, wiring.now)
            run_alone(whole(laws), world.table.store, wiring.journal().store)  # type: ignore[attr-defined]
            assert graph_in(world.table.store, new, PEPPER).labels == after, f"seed {seed}"


def test_without_reading_records_again_it_overlooks_some(monkeypatch: pytest.MonkeyPatch) -> None:
    def overlooked(seed: int) -> bool:
        with monkeypatch.context() as patch:
            _, new, before, after = world_of(seed, patch)
            patch.setattr(trying, "reads_otherwise", lambda _old, _new: False)
            return told(asked(new))[1] != moved(before, after)

    assert any(overlooked(seed) for seed in range(20))
