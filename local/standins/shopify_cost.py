"""What a query costs before it runs: an object a point, a list by its size."""

from math import ceil
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from local.standins.wire import Record

MUTATION: Final = 10
PER_POINT: Final = 20
"""Objects of a list that one point pays for, near what live shops are seen to charge."""


def cost(document: DocumentNode, variables: Record) -> int:
    """The requested cost of a document's operations."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    total = 0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            mutation = node.operation.value == "mutation"
            total += MUTATION if mutation else _set(node.selection_set, variables, fragments)
    return max(1, total)


def _set(
    selection: SelectionSetNode | None,
    variables: Record,
    fragments: dict[str, FragmentDefinitionNode],
) -> int:
    total = 0
    for node in selection.selections if selection else ():
        if isinstance(node, FieldNode):
            total += _field(node, variables, fragments)
        elif isinstance(node, FragmentSpreadNode):
            total += _set(fragments[node.name.value].selection_set, variables, fragments)
        elif isinstance(node, InlineFragmentNode):
            total += _set(node.selection_set, variables, fragments)
    return total


def _field(node: FieldNode, variables: Record, fragments: dict[str, FragmentDefinitionNode]) -> int:
    if node.selection_set is None or node.name.value == "pageInfo":
        return 0
    inside = _set(node.selection_set, variables, fragments)
    size = _size(node, variables)
    return 2 + ceil(size * inside / PER_POINT) if size else 1 + inside


def _size(node: FieldNode, variables: Record) -> int:
    for argument in node.arguments or ():
        value = argument.value
        if argument.name.value in {"first", "last"}:
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode):
                return int(variables.get(value.name.value) or 0)
    return 0
