"""Reads `sluice.yaml` and `policy.yaml`: an error names the file, the line and what to write.

For the tools and the deployment; a function gets the validated result as JSON, without YAML.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.config import Config
from schemas.errors import Misconfigured
from schemas.policy import Policy

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[int | str, ...]

WRITE = {"schedule": "rate(15 minutes)", "base_url": "https://...", "country": "two capitals"}


class Problem(NamedTuple):
    """One thing to change."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """`sluice.yaml:14  what is wrong. What to write.`"""
        return f"{self.file}:{self.line}  {self.text}"


class Invalid(Misconfigured):
    """A file that cannot be used as it is; its message is one line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def config(path: Path) -> Config:
    """`sluice.yaml`, or `Invalid`."""
    return _read(path, Config)


def policy(path: Path) -> Policy:
    """`policy.yaml`, or `Invalid`; its patterns compile and its names refer to something."""
    found = _read(path, Policy)
    problems = tuple(_dangling(path, found))
    if problems:
        raise Invalid(problems)
    return found


def together(config_: Config, policy_: Policy, path: Path) -> tuple[Problem, ...]:
    """Destinations that the policy does not clear, and rules for destinations that are not."""
    lines = _lines(_compose(path))
    missing = (
        Problem(
            path.name,
            lines.get(("destinations",), 1),
            f'destination "{name}" has no rule here, so nothing may leave for it. Write '
            f"destinations.{name}: {{purpose: ..., channel: ..., fields: [...]}}.",
        )
        for name in config_.destinations
        if name not in policy_.destinations
    )
    spare = (
        Problem(
            path.name,
            lines.get(("destinations", name), 1),
            f'"{name}" is no destination of sluice.yaml.{_meant(name, config_.destinations)}',
        )
        for name in policy_.destinations
        if name not in config_.destinations
    )
    return (*missing, *spare)


def _read(path: Path, model: type[Model]) -> Model:
    node = _compose(path)
    try:
        return model.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        lines = _lines(node)
        raise Invalid(
            [_problem(path.name, lines, each, model) for each in error.errors()]
        ) from error


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text("utf-8"))
    except FileNotFoundError as error:
        text = f"there is no {path.name} here. Run this in the folder that holds it."
        raise Invalid([Problem(path.name, 1, text)]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        text = f"this is not YAML: {error.problem}. Look at the indentation and the quotes."
        raise Invalid([Problem(path.name, line, text)]) from error


def _lines(node: yaml.Node | None, at: Path_ = ()) -> dict[Path_, int]:
    if node is None:
        return {}
    found = {at: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            found |= _lines(value, place) | {place: key.start_mark.line + 1}
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found |= _lines(value, (*at, index))
    return found


def _problem(
    file: str, lines: dict[Path_, int], error: ErrorDetails, model: type[BaseModel]
) -> Problem:
    place = tuple(part for part in error["loc"] if part != "[key]")
    known = next((place[:n] for n in range(len(place), -1, -1) if place[:n] in lines), ())
    name = ".".join(str(part) for part in place)
    return Problem(file, lines.get(known, 1), f"{name}: {_advice(error, place, model)}")


def _advice(error: ErrorDetails, place: Path_, model: type[BaseModel]) -> str:
    given = error.get("input")
    match error["type"]:
        case "missing":
            return f'"{place[-1]}" is missing. Write it on a line of its own.'
        case "extra_forbidden":
            names = _fields_at(model, place[:-1])
            return f'"{place[-1]}" is not known here.{_meant(str(place[-1]), names)}'
        case "literal_error":
            expected = error.get("ctx", {}).get("expected", "")
            return f'"{given}" is not one of {expected}.'
        case "string_pattern_mismatch":
            write = WRITE.get(str(place[-1]), "lower-case letters, digits and -")
            return f'"{given}" does not fit. Write {write}.'
        case "value_error":
            return f"{error['ctx']['error']}."
        case _:
            return f"{error['msg'][:1].lower()}{error['msg'][1:]}."


def _fields_at(model: Any, place: Path_) -> Sequence[str]:  # noqa: ANN401 - walks annotations
    for part in place:
        if isinstance(model, type) and issubclass(model, BaseModel):
            info = model.model_fields.get(str(part))
            model = info.annotation if info else None
        else:
            model = getattr(model, "__args__", (None,))[-1]
    return list(model.model_fields) if hasattr(model, "model_fields") else []


def _meant(name: str, names: object) -> str:
    known = [str(each) for each in names] if hasattr(names, "__iter__") else []
    close = get_close_matches(name, known, 1)
    if close:
        return f' Write "{close[0]}".'
    return f" Known: {', '.join(known)}." if known else ""


def _dangling(path: Path, found: Policy) -> list[Problem]:
    lines = _lines(_compose(path))
    problems = []
    for name, rule in found.destinations.items():
        if rule.purpose not in found.purposes:
            place = ("destinations", name, "purpose")
            text = f'no purpose "{rule.purpose}".{_meant(rule.purpose, found.purposes)}'
            problems.append(Problem(path.name, lines.get(place, 1), f"{'.'.join(place)}: {text}"))
    return problems
