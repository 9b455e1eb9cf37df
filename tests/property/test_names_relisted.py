"""The list by which customers are found by name, written by a former normaliser and this one."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import pytest

from rules import finding, names, normalise
from rules.keys import Pepper
from schemas.graph import Profile
from tests.property.test_rekeying_names import view
from tests.simulator.store import MemoryTable

PEPPER = Pepper(b"pepper")
WORDS = ("Łukasz", "Lukasz", "ada", "Y\u0131ld\u0131z", "yildiz", "Øster")


def write(table: MemoryTable, old: Profile | None, new: Profile) -> None:
    table.transact([each for each in finding.rows(PEPPER, old, new) if each.key.pk[:2] == "N#"])


def found(table: MemoryTable, name: str) -> bool:
    return all(
        any(table.query(names.partition(PEPPER, word), "c1") for word in each)
        for each in names.spellings(name)
    )


def formerly(table: MemoryTable, views: Iterable[Profile | None]) -> None:
    """Views that were stored while letters counted that do not today."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalise, "comparable", normalise.unaccented)
        for old, new in pairwise(views):
            assert new
            write(table, old, new)


def test_who_was_listed_before_is_found_as_before_and_as_today_once_the_view_is_stored() -> None:
    table, known = MemoryTable(), view(("Łukasz", "Y\u0131ld\u0131z"))
    formerly(table, (None, known))
    assert found(table, "łukasz Y\u0131LD\u0131Z")
    write(table, known, view(("Łukasz", "Y\u0131ld\u0131z")))
    assert found(table, "Lukasz Yildiz")
    assert found(table, "Łukasz Y\u0131ld\u0131z")


def test_nobody_stays_listed_by_a_name_that_is_gone_whoever_listed_it() -> None:
    for seed in range(300):
        random, table = Random(seed), MemoryTable()
        views = [view(tuple(random.sample(WORDS, random.randrange(4)))) for _ in range(6)]
        formerly(table, (None, *views[:3]))
        for old, new in pairwise(views[2:]):
            write(table, old, new)
        last = names.words_of(views[-1])
        listed = {names.partition(PEPPER, word) for word in last}
        assert {key.pk for key in table.rows} >= listed, f"seed {seed}"
        write(table, views[-1], view(()))
        assert not table.rows, f"seed {seed}"
