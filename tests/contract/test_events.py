"""The catalogue's contracts: in step with the models, and only ever widened."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from events import generate
from events.catalogue import CATALOGUE
from events.envelope import CloudEvent

EVENTS = Path(generate.__file__).parent
NAMES = sorted(CATALOGUE)
SCALARS = ("type", "const", "enum", "pattern", "format")


def load(folder: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (EVENTS / folder / f"{name}.v{CATALOGUE[name].version}.json").read_text()
    )
    return found


def read(name: str, sample: Mapping[str, Any]) -> BaseModel:
    model: Any = CATALOGUE[name].model
    found: BaseModel = CloudEvent[model].model_validate(sample)
    return found


def nodes(schema: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield at, schema
    for section in ("$defs", "properties"):
        for name, inner in schema.get(section, {}).items():
            yield from nodes(inner, f"{at}/{section}/{name}")


def breaks(released: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """What a reader or writer of the released schema could no longer rely on."""
    now = dict(nodes(current))
    found = []
    for at, old in nodes(released):
        new = now.get(at)
        if new is None:
            found.append(f"{at} is gone")
            continue
        added = set(new.get("required", ())) - set(old.get("required", ()))
        found += [f"{at}/{name} became required" for name in sorted(added)]
        found += [f"{at} changed its {key}" for key in SCALARS if old.get(key) != new.get(key)]
    return found


def test_given_the_models_then_the_generated_files_are_in_step() -> None:
    stale = [path.name for path, text in generate.generated().items() if path.read_text() != text]
    assert stale == []


@pytest.mark.parametrize("name", NAMES)
def test_given_a_released_schema_then_the_current_one_only_widens_it(name: str) -> None:
    assert breaks(load("released", name), load("schemas", name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_given_a_golden_sample_then_the_current_model_reads_all_of_it(name: str) -> None:
    sample = load("samples", name)
    jsonschema.validate(sample, load("schemas", name))
    assert json.loads(read(name, sample).model_dump_json()) == sample


@pytest.mark.parametrize("name", NAMES)
def test_given_a_newer_producer_then_unknown_fields_do_not_stop_a_reader(name: str) -> None:
    sample = load("samples", name)
    sample["data"]["added_later"] = 1
    read(name, sample)


def test_when_a_field_is_dropped_or_made_required_then_the_check_sees_it() -> None:
    released = load("released", "CustomerChanged")
    narrowed = json.loads(json.dumps(released))
    del narrowed["$defs"]["CustomerChanged"]["properties"]["changed"]
    narrowed["$defs"]["CustomerChanged"]["required"].append("reason")
    assert len(breaks(released, narrowed)) == 2
