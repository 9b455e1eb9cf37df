"""Disjoint sets, near-linear; which element stands for a set is of no consequence."""

from collections.abc import Iterable


class DisjointSets:
    """Elements are added as they are named. Mutable, for use inside one computation."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._size: dict[str, int] = {}

    def root(self, element: str) -> str:
        """The element that stands for this one's set."""
        parent = self._parent
        above = parent.setdefault(element, element)
        while above != element:
            parent[element] = parent[above]
            element = parent[element]
            above = parent[element]
        return element

    def size(self, element: str) -> int:
        """How many elements are in this one's set."""
        return self._size.get(self.root(element), 1)

    def join(self, elements: Iterable[str]) -> None:
        """Make one set of all their sets."""
        first: str | None = None
        for element in elements:
            root = self.root(element)
            first = root if first is None else self._link(first, root)

    def _link(self, one: str, other: str) -> str:
        if one == other:
            return one
        sizes = self._size
        small, large = sorted((one, other), key=lambda root: (sizes.get(root, 1), root))
        self._parent[small] = large
        sizes[large] = sizes.get(large, 1) + sizes.pop(small, 1)
        return large
