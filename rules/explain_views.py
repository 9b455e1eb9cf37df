"""An explanation to read in a terminal, and to look at as SVG."""

from collections.abc import Iterable, Iterator
from typing import Final
from xml.sax.saxutils import escape

from rules.explain import Evidence, Explanation, Obstacle

WHY: Final = {
    "unique": "would make one customer of two ids of {0.detail}, which a source gives one person",
    "never": "someone said they are not the same {0.detail}",
    "component": "with the others of its level it would join what must stay apart ({0.detail})",
    "scope": "more people hang together by it than may be one customer",
    "too_large": "too many records hang together here; each stays alone until that is repaired",
    "unusable": "too many carry it, or it is blocked, so it joins nobody",
    "ignored": "someone took it out of the reckoning",
    "nothing": "they have nothing in common that identifies",
}
ROW: Final = 84
WIDTH: Final = 640


def text(found: Explanation) -> str:
    """Lines for a terminal, at most as wide as the longest value."""
    if found.together and not found.chain:
        return f"{found.a} is one subject"
    verdict = "are one customer" if found.together else "are two customers"
    return "\n".join([f"{found.a} and {found.b} {verdict}", *_body(found)])


def svg(found: Explanation) -> str:
    """The chain from top to bottom, or both ends and what keeps them apart; a whole document."""
    boxes = [found.a, *(step.right for step in found.chain)]
    joints = [(f"{step.type} {step.value}", _sources(step.evidence)) for step in found.chain]
    if not found.together:
        boxes = [found.a, found.b]
        first = found.obstacles[0]
        joints = [(_headline(first), _sources(first.evidence))]
    height = ROW * len(boxes)
    parts = [
        *(_box(name, n * ROW) for n, name in enumerate(boxes)),
        *(_joint(joint, n * ROW, dashed=not found.together) for n, joint in enumerate(joints)),
    ]
    title = escape(text(found).partition("\n")[0])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{title}</title>{"".join(parts)}</svg>'
    )


def _body(found: Explanation) -> Iterator[str]:
    for step in found.chain:
        yield f"  {step.left}"
        yield f"    | {step.type} {step.value}".rstrip()
        yield from (f"    |   {line}" for line in _lines(step.evidence))
    if found.chain:
        yield f"  {found.chain[-1].right}"
    for obstacle in found.obstacles:
        yield f"  {_headline(obstacle)}"
        yield from (f"      {line}" for line in _lines(obstacle.evidence))


def _headline(obstacle: Obstacle) -> str:
    named = f"{obstacle.type} {obstacle.value}".strip()
    why = WHY[obstacle.reason].format(obstacle).strip()
    return f"{named}: {why}" if named else why


def _lines(evidence: Iterable[Evidence]) -> list[str]:
    return [
        " ".join(filter(None, (e.source, e.record, e.at.date().isoformat() if e.at else "")))
        for e in evidence
    ]


def _sources(evidence: Iterable[Evidence]) -> str:
    return "; ".join(_lines(evidence))


def _box(name: str, top: int) -> str:
    return (
        f'<rect x="8" y="{top + 8}" width="{WIDTH - 16}" height="28" rx="4" fill="#f4f6f8" '
        f'stroke="#55606e"/><text x="20" y="{top + 27}" fill="#1b2430">{escape(name)}</text>'
    )


def _joint(joint: tuple[str, str], top: int, *, dashed: bool) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M28 {top + 36}V{top + ROW + 8}" stroke="#55606e"{dash}/>'
        f'<text x="40" y="{top + 57}" fill="#1b2430">{escape(joint[0])}</text>'
        f'<text x="40" y="{top + 75}" fill="#55606e" font-size="11">{escape(joint[1])}</text>'
    )
