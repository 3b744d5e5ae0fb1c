"""Reads a rendered page: text places, marked content, structure tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import ContentStream, DictionaryObject

PAINTING = {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "EI", "Tj", "TJ", "'", '"'}


def flat(text: str) -> str:
    """All white space as one space, zero-width ones away."""
    return " ".join(text.replace("\u200b", "").split())


def operations(page: pypdf.PageObject) -> list[tuple[list[Any], str]]:
    """Operators of the page's content with their operands."""
    stream = ContentStream(page["/Contents"].get_object(), page.pdf)
    return [(operands, operator.decode()) for operands, operator in stream.operations]


def widths(font: DictionaryObject) -> dict[int, float]:
    """Width of each CID, in 1/1000 em (the W array as the renderer writes it: one list)."""
    first, values = font["/DescendantFonts"][0].get_object()["/W"]
    return {int(first) + i: float(value) for i, value in enumerate(values)}


def drawn_rectangles(page: pypdf.PageObject) -> list[tuple[str, float, float, float, float]]:
    """(hexadecimal codes, left, bottom, right, top) of every run of text.

    Its height is from just under the baseline to the height of small letters: what must not touch
    another line at any leading.
    """
    fonts = {name: widths(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    out = []
    current: dict[int, float] = {}
    text = ""
    size = x = y = left = right = 0.0
    for operands, operator in operations(page):
        if operator == "Tf":
            current, size = fonts[operands[0]], float(operands[1])
        elif operator == "Tm":
            x, y = float(operands[4]), float(operands[5])
            left, right, text = x, x, ""
        elif operator == "ET":
            out.append((text, left, y - size * 0.12, right, y + size * 0.6))
        elif operator == "TJ":
            for item in operands[0]:
                if isinstance(item, int | float):
                    x -= float(item) * size / 1000
                    continue
                raw = item.original_bytes
                text += raw.hex()
                for i in range(0, len(raw), 2):
                    x += current[int.from_bytes(raw[i : i + 2], "big")] * size / 1000
            left, right = min(left, x), max(right, x)
    return out


def elements(reader: pypdf.PdfReader) -> Iterator[DictionaryObject]:
    """Structure elements in reading order."""

    def walk(node: DictionaryObject) -> Iterator[DictionaryObject]:
        yield node
        for kid in node["/K"]:
            kid = kid.get_object()
            if isinstance(kid, DictionaryObject) and kid.get("/Type") == "/StructElem":
                yield from walk(kid)

    yield from walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"].get_object())


def content_numbers(element: DictionaryObject) -> list[int]:
    """MCIDs directly in an element."""
    kids = (kid.get_object() for kid in element["/K"])
    return [int(kid["/MCID"]) for kid in kids if kid.get("/Type") == "/MCR"]
