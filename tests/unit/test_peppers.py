"""Which peppers keys are made with, at each stage of a change."""

from hashlib import sha256

import pytest

from rules import keys, names, peppers
from rules.keys import Pepper
from schemas.errors import Misconfigured
from schemas.identifiers import Identifier, Subject
from schemas.rekeying import RekeyView, Stage

HELD = {"secret": "aa" * 32, "version": "1", "secret_2": "bb" * 32, "secret_3": "cc" * 32}
ONE, TWO, THREE = (
    Pepper(bytes.fromhex(each * 32), n + 1) for n, each in enumerate(("aa", "bb", "cc"))
)
ADDRESS = Identifier(type="email", value="ada@example.com")
USER = Subject(source="shop", object="customer", id="7")


def at(version: int, stage: Stage) -> Pepper:
    return peppers.pepper(HELD, RekeyView(version=version, stage=stage))


def test_one_that_is_only_in_the_secret_is_used_by_nobody() -> None:
    assert peppers.pepper(HELD, None) == Pepper(ONE.secret, 1)


@pytest.mark.parametrize(
    "stage, wanted",
    [
        ("known", Pepper(ONE.secret, 1, (), TWO)),
        ("begun", Pepper(ONE.secret, 1, (), TWO, begun=True)),
        ("alone", Pepper(ONE.secret, 1, (TWO,))),
        ("done", Pepper(ONE.secret, 1, (TWO,))),
    ],
)
def test_it_comes_to_be_known_then_used_then_used_alone(stage: Stage, wanted: Pepper) -> None:
    assert at(2, stage) == wanted


def test_a_third_is_laid_over_the_second() -> None:
    assert at(3, "known") == Pepper(ONE.secret, 1, (TWO,), THREE)
    key = keys.of_identifier(at(3, "done"), ADDRESS)
    assert keys.made_with(key) == 3
    assert key == keys.over(THREE, keys.of_identifier(at(2, "done"), ADDRESS))


@pytest.mark.parametrize("stage", ["known", "alone"])
def test_the_sweep_knows_both_names_whatever_the_stage(stage: Stage) -> None:
    assert peppers.sweeping(HELD, RekeyView(version=2, stage=stage)) == at(2, "begun")


def test_one_that_is_not_the_one_that_keys_go_to_is_refused() -> None:
    view = RekeyView(version=2, stage="begun", mark=peppers.mark_of(at(2, "begun")))
    assert peppers.pepper(HELD, view) == at(2, "begun")
    with pytest.raises(Misconfigured, match="not the one that keys go to"):
        peppers.pepper({**HELD, "secret_2": "dd" * 32}, view)


@pytest.mark.parametrize("value", [None, "no hexadecimal", "bb"])
def test_one_that_is_missing_or_broken_is_named_without_its_value(value: str | None) -> None:
    held = {name: each for name, each in HELD.items() if name != "secret_2"}
    held |= {"secret_2": value} if value else {}
    with pytest.raises(Misconfigured, match="no pepper 2") as caught:
        peppers.pepper(held, RekeyView(version=2, stage="known"))
    assert "no hexadecimal" not in str(caught.value)


def test_a_name_of_any_stage_comes_to_the_newest_and_a_subject_keeps_its_own() -> None:
    every = [keys.of_identifier(at(n, "done"), ADDRESS) for n in (1, 2, 3)]
    assert len(set(every)) == 3
    assert {keys.latest(at(3, "done"), each) for each in every} == {every[2]}
    assert {keys.latest(at(3, "known"), each) for each in every} == {every[2]}
    assert keys.latest(at(2, "done"), every[2]) == every[2], "who lags behind leaves it alone"
    subjects = {keys.of_subject(at(n, "done"), USER) for n in (1, 2, 3)}
    (s,) = subjects
    own = f"shop:customer#{s}"
    assert keys.latest(at(3, "done"), own) == own


def test_a_word_of_a_name_is_listed_in_one_place_and_looked_for_in_both() -> None:
    one, two = names.partition(at(1, "done"), "ada"), names.partition(at(2, "done"), "ada")
    assert names.partitions(at(1, "done"), "ada") == (one,)
    assert names.partitions(at(2, "known"), "ada") == (one, two)
    assert names.partition(at(2, "known"), "ada") == one
    assert names.partition(at(2, "begun"), "ada") == two
    assert names.partitions(at(2, "alone"), "ada") == (two,)
    assert sha256(b"ada").hexdigest() not in two
