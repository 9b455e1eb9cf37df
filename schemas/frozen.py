"""The bases of every model: immutable values, whose errors never repeat what was given."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

Whole = Annotated[int, Field(strict=True)]
"""A whole number that a person writes: `true` is none, though Python takes it for 1."""


FROM_A_FILE: Final = {"from": "file"}
"""The context in which a person's file is validated."""


def _said(value: object, info: ValidationInfo) -> object:
    """A value that a person forgot after its name is an error, not the default."""
    if value is None and info.context == FROM_A_FILE:
        kind, message = "bool_type", "Input should be a valid boolean"
        raise PydanticCustomError(kind, message)
    return value


YesNo = Annotated[bool, Field(strict=True)]
"""`true` or `false`, as a person writes it: neither a word in quotes nor a number."""
YesNoOrDefault = Annotated[YesNo | None, BeforeValidator(_said)]
"""The same; none where nothing is said."""


class Frozen(BaseModel):
    """A value. Equal by content, never changed after it was made.

    Unknown fields are ignored: what a newer version wrote, an older one can still read.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", defer_build=True, hide_input_in_errors=True
    )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Validated from plain values, those inside it too: one pass, where constructors take one
        each. `model_validate` without its options, for where a record is read."""
        made: Self = cls.__pydantic_validator__.validate_python(values)
        return made


class Written(Frozen):
    """A value that a person writes: an unknown field is an error, since it is a typing error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )
