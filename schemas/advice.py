"""What to write instead, of an error in a file that a person wrote."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Place = tuple[int | str, ...]
"""Where something is in a file: `("sources", "shop", "base_url")`."""

EXAMPLES: Final = {
    "schedule": "rate(15 minutes)",
    "base_url": "https://...",
    "issuer": "https://...",
    "mode": "shadow",
    "level": "1",
}
SHORT: Final = 60


class Complaint(NamedTuple):
    """Something wrong at a place, and what to write."""

    place: Place
    text: str

    def __str__(self) -> str:
        """The place by its names, and the text."""
        name = ".".join(part for part in self.place if isinstance(part, str))
        return f"{name}: {self.text}" if name else self.text


class Written(NamedTuple):
    """What stands at a place: its line, and a single value as it was typed."""

    line: int
    text: str | None = None


Places = Mapping[Place, Written]


def meant(name: str, names: Iterable[str]) -> str:
    """The name that was probably meant, or else all that there are."""
    known = list(dict.fromkeys(names))
    close = get_close_matches(name, known, 1)
    if close:
        return f" Write {close[0]}."
    return f" Write one of: {', '.join(known)}." if known else ""


def known_part(place: Place, places: Places) -> Place:
    """The place, or the nearest one around it that the file has."""
    return next((place[:n] for n in range(len(place), -1, -1) if place[:n] in places), ())


def complaints(
    error: ValidationError, places: Places, model: type[BaseModel]
) -> Iterator[Complaint]:
    """One for each place, however many types were tried there; what is missing, one by one."""
    found: dict[Place, list[ErrorDetails]] = {}
    for each in error.errors():
        place = tuple(part for part in each["loc"] if part != "[key]")
        if each["type"] != "missing":
            place = known_part(place, places)
        found.setdefault(place, []).append(each)
    for place, errors in found.items():
        if errors[0]["type"] == "missing":
            name, example = place[-1], EXAMPLES.get(str(place[-1]), "...")
            if name == "level" and ":" in str(place[-2]):
                example = "0"  # of a source's own ids
            yield Complaint(place[:-1], f'"{name}" is missing. Write {name}: {example} below it.')
        else:
            yield Complaint(place, _advice(errors, place, places, model))


def _advice(
    errors: list[ErrorDetails], place: Place, places: Places, model: type[BaseModel]
) -> str:
    error = errors[0]
    given = places[place].text if place in places else None
    match error["type"]:
        case "extra_forbidden":
            known = _fields(model, place[:-1])
            return f"{_quoted(place[-1])} is not known here.{meant(str(place[-1]), known)}"
        case "literal_error":
            known = [name for each in errors for name in _choices(each)]
            return (
                f"{_quoted(error['input'])} is not known here.{meant(str(error['input']), known)}"
            )
        case "string_type" if given:
            return f'{given} is not read as text. Write "{given}", in quotes.'
        case "string_pattern_mismatch":
            return f"{_quoted(error['input'])} does not fit. Write {_fitting(error, place)}."
        case "value_error":
            return f"{error['ctx']['error']}."
        case _:
            return _shape(error)


def _choices(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']+)'", str(error.get("ctx", {}).get("expected")))


def _shape(error: ErrorDetails) -> str:
    """What kind of thing has to stand there."""
    match error["type"]:
        case "model_type" | "dict_type" | "model_attributes_type":
            return "names and values must stand below it. Write name: value, on lines of their own."
        case "tuple_type" | "list_type":
            return "this must be a list. Write [one, another]."
        case "bool_type" | "bool_parsing":
            return "this must be yes or no. Write true or false, without quotes."
        case "too_long":
            return f"there are too many of these. Write at most {error['ctx']['max_length']}."
        case kind if kind.startswith(("int", "greater", "less")):
            asked = error["msg"].partition("should be ")[2]
            number = asked if asked[:1] in "gl" else "without quotes or decimals"
            return f"this number does not fit. Write a whole number {number}."
        case _:
            return f"{error['msg'][:1].lower()}{error['msg'][1:]}. Write another value."


def _fitting(error: ErrorDetails, place: Place) -> str:
    example = EXAMPLES.get(str(place[-1]))
    if example:
        return example
    separator = "-" if "-" in str(error.get("ctx")) else "_"
    return f"lower-case letters and {separator}, a letter first"


def _fields(model: Any, place: Place) -> list[str]:  # noqa: ANN401 - walks annotations
    for part in place:
        if isinstance(model, type) and issubclass(model, BaseModel):
            info = model.model_fields.get(str(part))
            model = info.annotation if info else None
        else:
            model = getattr(model, "__args__", (None,))[-1]
    return list(model.model_fields) if hasattr(model, "model_fields") else []


def _quoted(name: object) -> str:
    """On one line, and not for ever."""
    return json.dumps(str(name)[:SHORT], ensure_ascii=False)
