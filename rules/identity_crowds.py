"""What a subject carries too much of shows once, as something for a person to look at."""

from collections import Counter
from collections.abc import Iterator, Mapping

from rules.keys import type_of
from schemas.graph import Node, Review, SubjectKey


def crowds(nodes: Mapping[SubjectKey, Node]) -> Iterator[Review]:
    """One review for each subject and type, with the number of values."""
    for s, node in nodes.items():
        for type_, count in Counter(map(type_of, node.crowded)).items():
            yield Review(
                identifier=type_, subjects=frozenset({s}), reason="crowded", detail=str(count)
            )
