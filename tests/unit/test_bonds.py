"""What the parts of a customer take along, and what lifts it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

import pytest

from rules import bonds, delivery
from rules.consent import standing
from rules.delivery import Addressee
from rules.keys import Pepper
from rules.resolution_bonds import added, bonded, fewer
from schemas.bonds import Bond
from schemas.graph import ConsentRow, Island, Node
from schemas.identifiers import Identifier
from schemas.observation import Channel

State = Literal["granted", "withdrawn"]
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ADDRESS = "email#1"
WHOLE = Addressee(
    "customer#1", Identifier(type="customer", value="1"), frozenset(), frozenset({"a"})
)
AT = Addressee("email#2", Identifier(type="email", value="2"), frozenset(), frozenset({"a"}))

PEPPER = Pepper(b"pepper")


def hour(n: float) -> datetime:
    return NOON + timedelta(hours=n)


def parted(n: float, *parts: str, until: float | None = None) -> Bond:
    """At this hour; each part is its subjects' letters, and `@` is the address."""
    named = tuple(frozenset(ADDRESS if each == "@" else each for each in part) for part in parts)
    return Bond(parts=named, since=hour(n), until=hour(n if until is None else until))


def event(
    state: State, n: float, heard: float | None = None, channel: Channel = "email"
) -> ConsentRow:
    """Effective at an hour, and heard of then or at another."""
    return ConsentRow(
        purpose="offers", channel=channel, state=state, effective_at=hour(n), stated=True,
        source="shop", record="customer:7", heard_at=hour(n if heard is None else heard),
    )  # fmt: skip


NO = event("withdrawn", 1)


def refused(
    who: str,
    known: Iterable[Bond],
    to: Addressee = WHOLE,
    at: float = 99,
    **said: ConsentRow | list[ConsentRow],
) -> bool:
    """Whether who is made of these letters is refused what they took along."""
    rows = {ADDRESS if s == "address" else s: each if isinstance(each, list) else [each]
            for s, each in said.items()}  # fmt: skip
    taken = bonds.taken_along(known, frozenset(who), rows)
    scopes = delivery.scopes(to, taken)
    return standing(scopes, "offers", "email", hour(at)).state == "withdrawn"


def test_what_was_said_by_then_binds_the_other_and_nothing_later_does() -> None:
    two = [parted(2, "a", "f")]
    assert refused("a", two, f=NO)
    assert not refused("a", two, f=event("withdrawn", 3))
    assert refused("a", two, f=event("withdrawn", 1, heard=9)), "it was in force then"
    assert refused("a", two, f=event("withdrawn", 9, heard=1)), "what is dated ahead holds at once"
    assert refused("a", two, f=NO.model_copy(update={"heard_at": None}))
    assert not refused("z", two, f=NO)
    assert not refused("a", [parted(2, "ab", "f")], b=NO), "of b, who is with them, as it stands"


def test_what_is_said_while_they_part_binds_too() -> None:
    assert refused("a", [parted(2, "a", "f", until=3)], f=event("withdrawn", 2.5))
    lifted = [NO, event("granted", 2.5)]
    assert refused("a", [parted(2, "a", "f", until=3)], f=lifted)
    assert refused("a", [parted(2, "a", "f", until=3)], f=NO, a=event("granted", 2.5))


def test_who_said_it_lifts_it_while_they_are_one_and_not_afterwards() -> None:
    two = [parted(3, "a", "f")]
    assert not refused("a", two, f=[NO, event("granted", 2)])
    assert not refused("a", two, f=[NO, event("granted", 2, heard=9)]), "late, but in force then"
    assert refused("a", two, f=[NO, event("granted", 4)])
    assert refused("a", two, f=[NO, event("granted", 2).model_copy(update={"stated": False})])


def test_a_later_grant_by_who_stayed_lifts_it() -> None:
    known = [parted(2, "ab", "f")]
    assert not refused("ab", known, f=NO, a=event("granted", 3))
    assert not refused("ab", known, f=NO, b=event("granted", 3))
    assert refused("abz", known, f=NO, z=event("granted", 3)), "a stranger who joined them"
    assert refused("ab", known, f=NO, a=event("granted", 1.5)), "given before"
    assert refused("ab", known, f=NO, a=event("granted", 3, heard=1)), "given before, dated ahead"
    assert refused("ab", known, f=NO, a=event("granted", 1.5, heard=9)), "of before, come late"
    assert refused("ab", known, f=NO, a=event("granted", 5), at=4), "its time has not come"
    assert refused("ab", known, f=NO, a=event("granted", 3).model_copy(update={"heard_at": None}))


def test_who_parts_again_cannot_lift_it_for_the_others_any_more() -> None:
    known = [parted(2, "ab", "f"), parted(4, "a", "b")]
    assert not refused("b", known, f=NO, a=event("granted", 3)), "it had lifted it for both"
    assert refused("b", known, f=NO, a=event("granted", 5))
    assert not refused("b", known, f=NO, b=event("granted", 5))
    assert refused("ab", known, f=NO, a=event("granted", 5)), "no merge loosens either"


def test_what_was_taken_along_is_handed_on_unless_it_was_lifted() -> None:
    known = [parted(2, "a", "f"), parted(4, "a", "z")]
    assert refused("z", known, f=NO)
    assert not refused("z", known, f=NO, a=event("granted", 3))
    assert refused("z", known, f=NO, z=event("granted", 3)), "it was not theirs to lift"
    assert not refused("z", known, f=NO, z=event("granted", 5))
    assert not refused("z", known, f=event("withdrawn", 3)), "they were parted from f by then"


def test_what_was_handed_on_comes_back_at_the_next_parting_also_of_a_bond_that_widened() -> None:
    two = [parted(2, "a", "f"), parted(4, "a", "f")]
    for known in (two, added(two[:1], two[1])):
        assert refused("af", known, a=[NO, event("granted", 3)], at=3.5)
        assert refused("a", known, a=[NO, event("granted", 3)]), "so it was while they were one"
        assert not refused("a", known, a=[NO, event("granted", 3), event("granted", 5)])
    once = [parted(2, "a", "f", until=2 + 5 / 60)]
    assert not refused("a", once, a=[NO, event("granted", 2.05)]), "it was never f's to keep"


def test_a_bond_that_widened_hands_on_nothing_that_was_said_after_the_other_had_left() -> None:
    known = [parted(6, "b", "c", until=11), parted(8, "a", "b")]
    assert refused("b", known, c=event("withdrawn", 10))
    assert refused("a", known, c=event("withdrawn", 7))
    assert not refused("a", known, c=event("withdrawn", 10))


def test_where_clocks_differ_it_binds_whichever_came_first() -> None:
    known = [parted(2.02, "ab", "f", until=2.1), parted(2.0, "a", "bz", until=2.08)]
    assert refused("z", known, f=NO)
    assert refused("a", known, f=NO, b=event("granted", 3))


def test_who_left_before_hands_nothing_on() -> None:
    assert not refused("z", [parted(4, "a", "f"), parted(2, "a", "z")], f=NO)


def test_of_an_address_only_what_was_for_everything_binds_another_address() -> None:
    known = [parted(2, "a", "@f")]
    assert refused("a", known, WHOLE, address=NO)
    assert not refused("a", known, AT, address=NO)
    everything = event("withdrawn", 1, channel="any")
    assert refused("a", known, AT, address=everything)
    lifted = [everything, event("granted", 1.5)]
    assert not refused("a", known, AT, address=lifted)
    assert not refused("f", known, WHOLE, address=NO), "who carries it is bound by it itself"


def test_the_evidence_names_whom_it_is_from_and_no_record_of_theirs() -> None:
    ((name, rows),) = bonds.taken_along([parted(2, "a", "f")], frozenset("a"), {"f": [NO]}).items()
    assert bonds.is_bond(name)
    assert {(row.source, row.record) for row in rows} == {("bond", "f")}


def test_more_than_can_be_read_refuses_everything() -> None:
    scopes = delivery.scopes(AT, bonds.sealed())
    assert standing(scopes, "*", "any", NOON).state == "withdrawn"


def test_a_late_withdrawal_wakes_whom_it_binds() -> None:
    known = [parted(2, "a", "f"), parted(4, "a", "z")]
    assert bonds.bound(known, "f", hour(1)) == {"a", "f", "z"}
    assert bonds.bound(known, "f", hour(5)) == {"f"}


def island(**labels: str) -> Island:
    nodes = {s: Node(created="2026", own=None, links=frozenset()) for s in labels}
    return Island(g="g1", version=1, nodes=nodes, labels=labels)


def test_what_is_committed_while_a_split_is_under_way_binds() -> None:
    after = bonded([island(a="1", f="1")], island(a="1", f="2"), hour(2), PEPPER)
    assert refused("a", after.bonds, f=event("withdrawn", 2.06))
    assert not refused("a", after.bonds, f=event("withdrawn", 2.5))
    assert refused("a", after.bonds, f=NO, a=event("granted", 2.06))


def test_what_an_address_said_binds_who_carries_it_no_more() -> None:
    def carrying(address: str, **shut: frozenset[str]) -> Island:
        node = Node(created="2026", own=None, links=frozenset({address, "cookie#1"}))
        return island(a="1").model_copy(update={"nodes": {"a": node}, **shut})

    before = carrying(ADDRESS)
    changed = bonded([before], carrying("email#2"), hour(2), PEPPER).bonds
    junk = bonded([before], carrying(ADDRESS, unusable=frozenset({ADDRESS})), hour(2), PEPPER).bonds
    assert changed == junk == (parted(2, "a", "@", until=2 + 5 / 60),)
    assert bonded([before], before.model_copy(update={"version": 2}), hour(2), PEPPER).bonds == ()


def test_a_bond_stays_while_anybody_alive_can_be_reached_by_it() -> None:
    known = (parted(1, "u", "d"), parted(2, "p", "d"))
    alone = island(p="1").model_copy(update={"bonds": known})
    assert bonded([alone], alone, hour(3), PEPPER).bonds == known
    gone = island(q="1").model_copy(update={"bonds": known})
    assert bonded([gone], gone, hour(3), PEPPER).bonds == ()


def test_a_merge_makes_no_bond() -> None:
    assert bonded([island(a="1"), island(f="2")], island(a="1", f="1"), hour(2), PEPPER).bonds == ()


def test_the_same_parting_again_widens_the_bond() -> None:
    again = added([parted(1, "a@", "f@")], parted(5, "a@", "f@"))
    assert again == [parted(1, "a@", "f@", until=5)]


def any_event(random: Random) -> ConsentRow:
    return event(random.choice(("granted", "withdrawn")), random.randrange(24))


def history(random: Random) -> list[Bond]:
    """Five subjects come together and part, again and again."""
    found, customers = [], [*"abfgz"]
    for n in range(24):
        one, *others = random.sample(customers, len(customers))
        if len(one) == 1 or (others and random.random() < 0.3):
            customers = [one + others[0], *others[1:]]
        else:
            at = random.randint(1, len(one) - 1)
            sides = one[:at], one[at:]
            found.append(parted(n, *sides))
            customers = [*others, *sides]
    return found


def test_fewer_bonds_bind_at_least_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.resolution_bonds.MOST", 4)
    joined = 0
    for seed in range(200):
        random = Random(seed)
        every = history(random)
        some: list[Bond] = []
        for bond in every:
            some = added(some, bond)
        joined += len(some) < len(every)
        assert all(sum(any(s in p for p in b.parts) for b in some) <= 4 for s in "abfgz")
        said: dict[str, Any] = {s: [any_event(random) for _ in range(3)] for s in "abfgz"}
        binding = [who for who in ("a", "z", "fg") if refused(who, every, **said)]
        for found in (some, *fewer(every)):
            assert all(refused(who, found, **said) for who in binding), f"seed {seed}"
    assert joined > 100


def test_who_parts_from_many_makes_room_among_their_own_bonds_alone() -> None:
    """Else what d said would bind a, who had left b when b came to c, who had been with d."""
    every = [parted(1, "a", "b"), *(parted(n, "c", s) for n, s in enumerate("defghij", 2))]
    every.append(parted(9, "b", "c"))
    some: list[Bond] = []
    for bond in every:
        some = added(some, bond)
    assert some == every
    some = added(some, parted(10, "c", "k"))
    assert some == [every[0], parted(2, "c", "d", "e", until=3), *every[3:], parted(10, "c", "k")]
    assert not refused("a", some, d=NO)


def test_of_too_many_bonds_the_older_are_joined_first_and_strangers_last() -> None:
    many = [parted(1, "a", "b"), parted(2, "b", "f"), parted(3, "g", "z"), parted(4, "z", "a")]
    half, all_, one = fewer(many)
    assert half == [parted(1, "a", "b", "f", until=2), *many[2:]]
    assert all_ == one == [parted(1, *"abfgz", until=4)]
    strangers = [parted(1, "a", "b"), parted(2, "g", "z")]
    assert [*fewer(strangers)] == [strangers, strangers, [parted(1, *"abgz", until=2)]]
