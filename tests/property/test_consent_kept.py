"""No split loosens: a part is permitted nothing that the whole was not, by anything said before."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from rules.consent_kept import Part, kept, method
from schemas.graph import ConsentRow
from tests.oracle import consent as oracle

NOW: Final = datetime(2026, 11, 2, tzinfo=UTC)
HISTORIES: Final = 3000
CHANNELS: Final = ("email", "sms", "any")
PURPOSES: Final = ("email_marketing", "analytics", "*")

Said = dict[str, tuple[ConsentRow, ...]]


def event(random: Random) -> ConsentRow:
    return ConsentRow.model_validate(
        {
            "purpose": random.choice(PURPOSES),
            "channel": random.choice(CHANNELS),
            "state": random.choice(("granted", "granted", "withdrawn")),
            "effective_at": NOW + timedelta(days=random.randrange(-4, 3)),
            "stated": random.random() < 0.8,
            "source": "shop",
            "record": f"customer:{random.randrange(9)}",
        }
    )


def spoken(random: Random) -> Said:
    """What four subjects said: a and b are one side, c and d the other."""
    return {s: tuple(event(random) for _ in range(random.randrange(4))) for s in "abcd"}


PARTS: Final = tuple(Part(frozenset(side), frozenset(), side[0]) for side in ("ab", "cd"))


def added(said: Said, at: datetime = NOW) -> Said:
    rows = kept(PARTS, said, at)
    return {s: (*said[s], *(row for who, row in rows if who == s)) for s in said}


def permitted(said: Said, subjects: str, purpose: str, channel: str, now: datetime) -> bool:
    """The grant of anybody counts here: more than any addressee could have."""
    scopes = [(said[s], True) for s in subjects]
    return oracle.permitted(scopes, purpose, channel, "consent", now)


def test_a_part_is_permitted_nothing_that_the_whole_was_not() -> None:
    for seed in range(HISTORIES):
        said = spoken(Random(seed))
        after = added(said)
        for purpose in PURPOSES[:2]:
            for channel in CHANNELS:
                for now in (NOW, NOW + timedelta(days=9)):
                    whole = permitted(said, "abcd", purpose, channel, now)
                    for part in ("ab", "cd"):
                        held = permitted(after, part, purpose, channel, now)
                        assert whole or not held, f"seed {seed}: {part} {purpose} {channel}"


def test_without_what_is_kept_some_history_loosens() -> None:
    def loosens(seed: int) -> bool:
        said = spoken(Random(seed))
        return any(
            permitted(said, part, "analytics", "any", NOW)
            and not permitted(said, "abcd", "analytics", "any", NOW)
            for part in ("ab", "cd")
        )

    assert any(loosens(seed) for seed in range(HISTORIES))


def test_keeping_again_adds_nothing_and_what_was_not_restricted_is_left_alone() -> None:
    for seed in range(HISTORIES):
        said = spoken(Random(seed))
        after = added(said)
        assert added(after) == after, f"seed {seed}"
        if not any(row.state == "withdrawn" for rows in said.values() for row in rows):
            assert after == said


def test_what_is_kept_names_the_event_that_it_repeats() -> None:
    said: Said = dict.fromkeys("abcd", ())
    said["a"] = (event(Random(1)).model_copy(update={"state": "withdrawn"}),)
    ((who, row),) = kept(PARTS, said, NOW)
    assert (who, row.record, row.method) == ("c", said["a"][0].record, method(NOW))
