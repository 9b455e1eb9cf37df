"""What a person sees while something takes long: a line a step, with its time."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

WIDTH = 58  # where the times stand


@dataclass
class Teller:
    """Writes a line for each finished step; what goes on meanwhile is written over."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    clock: Callable[[], float] = time.monotonic
    name: str = ""
    began: float = 0.0

    def begin(self, name: str) -> None:
        """A step begins."""
        self.name, self.began = name, self.clock()

    def meanwhile(self, text: str) -> None:
        """What is being done; where a line can't be written over, it gets one of its own."""
        if self.out.isatty():
            self.clear()
            self.out.write(f"{self.name:<10}{text[: WIDTH - 14]} ...")
            self.out.flush()
        else:
            self.write(f"{'':<10}{text}")

    def end(self, text: str) -> None:
        """The step has ended."""
        self.clear()
        self.write(f"{self.name:<10}{text:<{WIDTH - 10}}{self.clock() - self.began:4.0f} s")

    def write(self, text: str) -> None:
        """Lines of their own."""
        if text:
            self.out.write(f"{text}\n")
            self.out.flush()

    def clear(self) -> None:
        """Takes away what was to be written over."""
        if self.out.isatty():
            self.out.write("\r\x1b[K")
