"""The oracle of records that move: which observations count, by the words of docs/identity.md."""

from collections.abc import Sequence
from hashlib import sha256

from schemas.observation import Observation

Said = tuple[Observation, bool]
"""An observation, and whether its connector says that records of its kind can move."""
Age = tuple[str, str]


def counting(said: Sequence[Said]) -> list[int]:
    """The positions of those that count, out of all that were ever observed."""
    newest: dict[tuple[str, str, str], Age] = {}
    for observation, can in said:
        if can:
            name = _record(observation)
            newest[name] = max(newest.get(name, ("", "")), _age(observation))
    return [
        position
        for position, (observation, can) in enumerate(said)
        if not can or _age(observation) == newest[_record(observation)]
    ]


def _record(observation: Observation) -> tuple[str, str, str]:
    return observation.subject.source, observation.record.kind, observation.record.id


def _age(observation: Observation) -> Age:
    content = sha256(observation.model_dump_json().encode()).hexdigest()
    return observation.record.version, content[:12]
