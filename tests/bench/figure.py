"""A measured figure, as one JSON object a line."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Figure(NamedTuple):
    """`n` is how many samples it was taken from."""

    name: str
    value: float
    unit: str
    n: int

    def line(self) -> str:
        """`{"name", "value", "unit", "n"}`."""
        return json.dumps({**self._asdict(), "value": float(f"{self.value:.4g}")})


Measure = Callable[[], Iterator[Figure]]


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """How long the work took, each time, in processor seconds of this process."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return taken


def median(samples: list[float]) -> float:
    """The middle of noisy samples."""
    return statistics.median(samples)
