"""From text to lines: breaking, balancing, and choosing the largest size that fits.

Nothing is ever cut or drawn outside its box: a text that does not fit at its smallest size raises
`TextDoesNotFit`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .fonts import Line, Style, base_direction, has_rtl_letters, normalise, shape

# After a space or a hyphen; no-break spaces (U+00A0, U+202F) are no opportunities.
WORDS = re.compile(r"[^ \-\u2010\u2013\u2014]*(?:[\-\u2010\u2013\u2014]+ ?| |$)")


# Addresses break after a slash: a code in one must stay whole.
ADDRESS = re.compile(r"[^/]*(?:/+|$)")


class TextDoesNotFit(ValueError):
    """A text is too long for its place even at the smallest readable size."""

    def __init__(self, text: str) -> None:
        super().__init__(f"Too long to be printed on a certificate: {text!r}")
        self.text = text


@dataclass(frozen=True)
class Block:
    """Lines of one size. `height` is from the top of the first line to the bottom of the last, in
    points."""

    lines: tuple[Line, ...]
    style: Style
    size: float
    leading: float

    @property
    def height(self) -> float:
        """Of all lines, in points."""
        return len(self.lines) * self.leading

    @property
    def width(self) -> float:
        """Of the longest line, in points."""
        return max((visible_width(line) for line in self.lines), default=0.0) * self.size


def visible_width(line: Line) -> float:
    """Width in em without the space that ends a broken line (kept for those who listen or copy)."""
    if line.text.endswith(" "):
        return line.width - shape(" ", _style_of(line)).width
    return line.width


def _style_of(line: Line) -> Style:
    name = line.runs[-1].face.name
    return Style(family="serif" if "Serif" in name else "sans", bold=name.endswith("Bold"))


def _width(text: str, style: Style, language: str) -> float:
    return shape(text, style, None, language).width


def _split_word(word: str, style: Style, limit: float, language: str) -> list[str]:
    """A word wider than its line (an address) is broken where it must be."""
    parts: list[str] = []
    while word and _width(word, style, language) > limit:
        end = len(word) - 1
        while end > 1 and _width(word[:end], style, language) > limit:
            end -= 1
        parts.append(word[:end])
        word = word[end:]
    return [*parts, word] if word else parts


def break_lines(
    text: str,
    style: Style,
    limit: float,
    language: str = "en",
    opportunities: re.Pattern[str] = WORDS,
) -> list[str]:
    """Greedy line breaking; `limit` is in em. Lines keep the space they were broken at."""
    pieces: list[str] = []
    for piece in opportunities.findall(text):
        if piece:
            pieces.extend(_split_word(piece, style, limit, language))
    lines: list[str] = []
    current = ""
    for piece in pieces:
        if current and _width((current + piece).rstrip(" "), style, language) > limit:
            lines.append(current)
            current = piece
        else:
            current += piece
    if current:
        lines.append(current)
    return lines


def balance(text: str, style: Style, limit: float, language: str = "en") -> list[str]:
    """Break into as few lines as `limit` allows, of lengths as even as they can be."""
    lines = break_lines(text, style, limit, language)
    if len(lines) < 2:
        return lines
    low, high = limit / len(lines) / 2, limit
    for _ in range(8):
        middle = (low + high) / 2
        if len(break_lines(text, style, middle, language)) <= len(lines):
            high = middle
        else:
            low = middle
    return break_lines(text, style, high, language)


def fit(
    text: str,
    style: Style,
    *,
    width: float,
    largest: float,
    smallest: float,
    max_lines: int,
    leading: float = 1.25,
    language: str = "en",
    even: bool = False,
    opportunities: re.Pattern[str] = WORDS,
    ends_with_space: bool = False,
    rtl: bool = False,
    step: float = 0.5,
) -> Block:
    """The largest size at which `text` takes at most `max_lines` lines of `width` points.

    `even` balances the lines; `ends_with_space` adds an unseen space, where another text follows in
    the same element.

    `rtl` is the page's direction: it leads a text in which right-to-left letters stand, not a code
    or an address.

    Raises `MissingGlyph`, and `TextDoesNotFit` when the smallest size is too large.
    """
    text = normalise(text)
    rtl = base_direction(text) or (rtl and has_rtl_letters(text))
    size = largest
    while True:
        lines = break_lines(text, style, width / size, language, opportunities)
        if len(lines) <= max_lines:
            break
        if size <= smallest:
            raise TextDoesNotFit(text)
        size = max(smallest, size - step)
    if even:
        lines = balance(text, style, width / size, language)
    if ends_with_space and lines:
        lines[-1] += " "
    shaped = tuple(shape(line, style, rtl, language) for line in lines)
    return Block(lines=shaped, style=style, size=size, leading=size * leading)
