"""CloudEvents 1.0, structured mode: the envelope of every event on the bus."""

from typing import Generic, Literal, TypeVar

from pydantic import AwareDatetime

from schemas.frozen import Frozen

Data = TypeVar("Data", bound=Frozen)


class CloudEvent(Frozen, Generic[Data]):
    """`(source, id)` is unique, so it is the key to drop duplicates by.

    `subject` names what the event is about, never by personal data.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: AwareDatetime
    subject: str = ""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = ""
    data: Data
