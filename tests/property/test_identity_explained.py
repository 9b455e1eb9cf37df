"""For any two subjects: a chain exactly when they are one customer, and never a reason too few."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.explain import explain
from rules.explain_views import svg, text
from rules.identity import Marks, unusable
from schemas.graph import Island, SubjectHead
from schemas.identifiers import Subject
from tests.oracle.identity import World, identifiers
from tests.property.identity_worlds import as_nodes, as_rules, as_verdicts, decide, world

worlds = st.builds(world, st.randoms(use_true_random=False))


def island_of(given_: World) -> Island:
    nodes, rules = as_nodes(given_), as_rules(given_)
    marks = Marks(blocked=given_.blocked, trusted=given_.trusted, junk=given_.junk)
    return Island(
        g="g",
        version=1,
        nodes=nodes,
        reviews=decide(given_).reviews,
        verdicts=as_verdicts(given_),
        unusable=unusable(nodes, rules, marks),
    )


@given(worlds)
@settings(max_examples=60, deadline=None)
def test_two_subjects_are_explained_as_the_function_decided(given_: World) -> None:
    island, rules = island_of(given_), as_rules(given_)
    heads = {
        s: SubjectHead(
            s=s, subject=Subject(source="x", object="y", id=s), version=1, island="g", links={}
        )
        for s in island.nodes
    }
    customers = decide(given_).customers
    for a, b in combinations(sorted(island.nodes), 2):
        found = explain(a, b, island, heads, rules)
        assert found.together == any({a, b} <= customer for customer in customers)
        assert bool(found.chain) != bool(found.obstacles)
        for step in found.chain:
            sides = [side.rpartition(":")[2] for side in (step.left, step.right)]
            shared = identifiers(given_, sides[0]) & identifiers(given_, sides[1])
            types = {identifier.partition("#")[0] for identifier in shared}
            assert step.type in types | {"alias", "always"}
        assert text(found)
        assert svg(found)
