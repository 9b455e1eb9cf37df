"""An explanation to read in a terminal, and to look at as SVG."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from rules.explain import Evidence, Explanation, Obstacle

WHY: Final = {
    "unique": "would make one customer of two {0.values}, of which a person has one",
    "never": "someone said they are not the same: {0.detail}",
    "component": "with the others of its level it would join what must stay apart ({0.detail})",
    "scope": "more people hang together by it than may be one customer",
    "too_large": "too many records hang together here; each stays alone until that is repaired",
    "crowded": "one of them has more of this type than a person has, so none of it joins",
    "unusable": "too many carry it, or it is blocked, so it joins nobody",
    "ignored": "someone took it out of the reckoning: {0.detail}",
    "nothing": "they have nothing in common that identifies",
}
WIDTH: Final = 640
LINE, SMALL, BOX, GAP = 18, 15, 28, 8
"""Heights, in units of the drawing: of a line, of a line of evidence, of a box, and around it."""
COLUMNS: Final = 72
"""Letters that surely fit in a line; of those that are twice as wide, half as many."""
MOST_LINES: Final = 4


def text(found: Explanation) -> str:
    """Lines for a terminal, at most as wide as the longest value."""
    if found.together and not found.chain:
        return _clean(f"{found.a} is one subject")
    verdict = "are one customer" if found.together else "are two customers"
    return "\n".join([_clean(f"{found.a} and {found.b} {verdict}"), *_body(found)])


def svg(found: Explanation) -> str:
    """The chain from top to bottom, or both ends and what keeps them apart; a whole document."""
    boxes = [found.a, *(step.right for step in found.chain)]
    joints = [[(f"{step.type} {step.value}", step.evidence)] for step in found.chain]
    if not found.together:
        boxes = [found.a, found.b]
        joints = [[(_headline(obstacle), obstacle.evidence) for obstacle in found.obstacles]]
    top, parts = 0, [_box(boxes[0], 0)]
    for joint, name in zip(joints, boxes[1:], strict=True):
        drawn, height = _joint(joint, top + GAP + BOX, dashed=not found.together)
        top += BOX + height
        parts += [drawn, _box(name, top)]
    height = top + BOX + 2 * GAP
    title = escape(text(found).partition("\n")[0])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="13">'
        f'<title>{title}</title><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )


def _body(found: Explanation) -> Iterator[str]:
    for step in found.chain:
        yield _clean(f"  {step.left}")
        yield _clean(f"    | {step.type} {step.value}").rstrip()
        yield from (f"    |   {line}" for line in _lines(step.evidence))
    if found.chain:
        yield _clean(f"  {found.chain[-1].right}")
    for obstacle in found.obstacles:
        yield f"  {_headline(obstacle)}"
        yield from (f"      {line}" for line in _lines(obstacle.evidence))


def _headline(obstacle: Obstacle) -> str:
    named = f"{obstacle.type} {obstacle.value}".strip()
    why = WHY[obstacle.reason].format(obstacle).strip(" :")
    return _clean(f"{named}: {why}" if named else why)


def _lines(evidence: Iterable[Evidence]) -> list[str]:
    return [
        _clean(
            " ".join(filter(None, (e.source, e.record, e.at.date().isoformat() if e.at else "")))
        )
        for e in evidence
    ]


def _box(name: str, top: int) -> str:
    (line, *_) = _fitting(name, lines=1)
    return (
        f'<rect x="8" y="{top + GAP}" width="{WIDTH - 16}" height="{BOX}" rx="4" fill="#f4f6f8" '
        f'stroke="#55606e"/>{_line(line, 20, top + GAP + 19)}'
    )


def _joint(
    joint: list[tuple[str, tuple[Evidence, ...]]], top: int, *, dashed: bool
) -> tuple[str, int]:
    """What is written beside the line from one box to the next, and how high that is."""
    at, parts = top + 4, []
    for words, evidence in joint:
        for line in _fitting(words):
            at += LINE
            parts.append(_line(line, 40, at))
        told = _lines(evidence)
        if len(told) > MOST_LINES:
            told[MOST_LINES:] = [f"and {len(told) - MOST_LINES} more"]
        for line in told:
            at += SMALL
            parts.append(
                _line(_fitting(line, lines=1)[0], 40, at, ' fill="#55606e" font-size="11"')
            )
        at += GAP
    height = at - top + GAP
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    path = f'<path d="M28 {top}v{height}" stroke="#55606e"{dash}/>'
    return path + "".join(parts), height


def _line(words: str, left: int, base: int, style: str = ' fill="#1b2430"') -> str:
    return f'<text x="{left}" y="{base}"{style}>{escape(words)}</text>'


def _fitting(words: str, lines: int = MOST_LINES) -> list[str]:
    """As many lines as it takes, at most so many; what is cut says so."""
    wide = any(east_asian_width(letter) in "WF" for letter in words)
    columns = COLUMNS // 2 if wide else COLUMNS
    found = wrap(_clean(words), columns, max_lines=lines, placeholder=" …", break_on_hyphens=False)
    return found or [""]


def _clean(words: str) -> str:
    """Without what would act on a terminal, or is no character of a document."""
    return "".join(letter if letter.isprintable() else " " for letter in words)
