"""The oracle of records that move: which observations count, by the words of docs/identity.md."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from schemas.observation import Observation

Said = tuple[Observation, bool]
"""An observation, and whether its connector says that records of its kind can move."""


def counting(said: Sequence[Said]) -> list[int]:
    """The positions of those that count, out of all that were ever observed."""
    return [i for i, (observation, can) in enumerate(said) if not can or _last(observation, said)]


def _last(observation: Observation, said: Iterable[Said]) -> bool:
    """Whether no version of the same record is newer, by version and then by content."""
    return not any(
        can and _record(other) == _record(observation) and _age(other) > _age(observation)
        for other, can in said
    )


def _record(observation: Observation) -> tuple[str, str, str]:
    return observation.subject.source, observation.record.kind, observation.record.id


def _age(observation: Observation) -> tuple[str, str]:
    content = sha256(observation.model_dump_json().encode()).hexdigest()
    return observation.record.version, content[:12]
