"""Reads `sluice.yaml` and `policy.yaml`: an error names the file, the line and what to write.

For the tools and the deployment; a function gets the validated result as JSON, without YAML.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from schemas import names
from schemas.advice import Complaint, Place, Places, Written, complaints, known_part
from schemas.config import Config
from schemas.errors import Misconfigured
from schemas.frozen import FROM_A_FILE
from schemas.policy import Policy

Model = TypeVar("Model", bound=BaseModel)


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

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda one: one[:2]))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def config(path: Path) -> Config:
    """`sluice.yaml`, or `Invalid`."""
    return _read(path, Config)


def policy(path: Path) -> Policy:
    """`policy.yaml`, or `Invalid`; its patterns end, and its names refer to something."""
    found = _read(path, Policy)
    problems = placed(path, names.within(found))
    if problems:
        raise Invalid(problems)
    return found


def together(config_: Config, policy_: Policy, path: Path) -> tuple[Problem, ...]:
    """Destinations that the policy does not clear, and rules for systems that are not there."""
    return placed(path, names.between(config_, policy_))


def placed(path: Path, found: Iterable[Complaint]) -> tuple[Problem, ...]:
    """Complaints about a file that can be read, each at its line."""
    told = tuple(found)
    if not told:
        return ()
    places, _ = _parsed(path)
    return tuple(_problem(path, places, each) for each in told)


def _problem(path: Path, places: Places, found: Complaint) -> Problem:
    line = places.get(known_part(found.place, places), Written(1)).line
    return Problem(path.name, line, str(found))


def _read(path: Path, model: type[Model]) -> Model:
    places, content = _parsed(path)
    if not places:
        needed = (name for name, field in model.model_fields.items() if field.is_required())
        said = f"the file is empty. Write {', '.join(f'{name}:' for name in needed)} and the rest."
        raise Invalid([Problem(path.name, 1, said)])
    try:
        return model.model_validate(content, context=FROM_A_FILE)
    except ValidationError as error:
        found = complaints(error, places, model)
        raise Invalid(_problem(path, places, each) for each in found) from error


def _parsed(path: Path) -> tuple[Places, Any]:
    """What is where, and what it says; a key that stands twice would be a line without effect."""
    text = _text(path)
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, None
        written = list(_walk(node))
        content = loader.construct_document(node)
    except (yaml.MarkedYAMLError, RecursionError, ValueError) as error:
        raise Invalid([_unread(path, error)]) from error
    finally:
        loader.dispose()
    return _once(path, written), content


def _once(path: Path, written: Iterable[tuple[Place, Written]]) -> Places:
    places: dict[Place, Written] = {}
    twice: dict[Place, Problem] = {}
    for place, there in written:
        first = places.setdefault(place, there)
        if first is not there and place[:-1] not in twice:
            said = f"this stands twice, first on line {first.line}. Write it once."
            twice[place] = Problem(path.name, there.line, str(Complaint(place, said)))
    if twice:
        raise Invalid(twice.values())
    return places


def _text(path: Path) -> str:
    raw = _bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        said = "this line is not UTF-8. Write the file as UTF-8: an editor calls it the encoding."
        raise Invalid([Problem(path.name, line, said)]) from error
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd:
        line = text[: odd.start()].count("\n") + 1
        said = f"this line has the character U+{ord(odd.group()):04X}. Write it without."
        raise Invalid([Problem(path.name, line, said)])
    return text


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        said = f"there is no {path.name} here. Run this in the folder that holds it."
        raise Invalid([Problem(path.name, 1, said)]) from error
    except OSError as error:
        said = f"it cannot be read: {error.strerror}. Write it as a plain file, readable by you."
        raise Invalid([Problem(path.name, 1, said)]) from error


def _unread(path: Path, error: Exception) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        said = (
            "a value in it cannot be read, or holds itself. Write dates in quotes, and no & or *."
        )
        return Problem(path.name, 1, said)
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    if "'\\t'" in str(error.problem):
        return Problem(path.name, line, "a tab indents this line. Write spaces instead.")
    advice = "Write the indentation and the quotes as on the lines around it."
    return Problem(path.name, line, f"this is not YAML: {error.problem}. {advice}")


def _walk(node: yaml.Node, at: Place = (), line: int = 0) -> Iterator[tuple[Place, Written]]:
    """Each place once for each time that it stands there; a value is on the line of its key."""
    text = node.value if isinstance(node, yaml.ScalarNode) else None
    yield at, Written(line or node.start_mark.line + 1, text)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*at, str(key.value)), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*at, index))
