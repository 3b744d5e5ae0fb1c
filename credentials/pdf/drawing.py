"""Shapes as PDF path operators: the rising half-sun, rounded panels, the QR code."""

from __future__ import annotations

import segno

from .objects import number

KAPPA = 0.5522847498  # Bezier handle of a quarter circle


def half_disc(x: float, y: float, radius: float) -> str:
    """The upper half of a disc whose flat side lies on y, closed."""
    k = radius * KAPPA
    return (
        f"{number(x - radius)} {number(y)} m "
        f"{number(x - radius)} {number(y + k)} {number(x - k)} {number(y + radius)} "
        f"{number(x)} {number(y + radius)} c "
        f"{number(x + k)} {number(y + radius)} {number(x + radius)} {number(y + k)} "
        f"{number(x + radius)} {number(y)} c h"
    )


def half_circle(x: float, y: float, radius: float) -> str:
    """The upper half of a circle, open."""
    return half_disc(x, y, radius).removesuffix(" h")


def rectangle(x: float, y: float, width: float, height: float) -> str:
    """A rectangle."""
    return f"{number(x)} {number(y)} {number(width)} {number(height)} re"


def rounded(x: float, y: float, width: float, height: float, radius: float) -> str:
    """A rectangle with round corners, closed."""
    k = radius * (1 - KAPPA)
    right, top = x + width, y + height
    n = number
    return (
        f"{n(x + radius)} {n(y)} m {n(right - radius)} {n(y)} l "
        f"{n(right - k)} {n(y)} {n(right)} {n(y + k)} {n(right)} {n(y + radius)} c "
        f"{n(right)} {n(top - radius)} l "
        f"{n(right)} {n(top - k)} {n(right - k)} {n(top)} {n(right - radius)} {n(top)} c "
        f"{n(x + radius)} {n(top)} l "
        f"{n(x + k)} {n(top)} {n(x)} {n(top - k)} {n(x)} {n(top - radius)} c "
        f"{n(x)} {n(y + radius)} l "
        f"{n(x)} {n(y + k)} {n(x + k)} {n(y)} {n(x + radius)} {n(y)} c h"
    )


def segment(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return f"{number(x1)} {number(y1)} m {number(x2)} {number(y2)} l"


def sun_mark(x: float, y: float, width: float) -> dict[str, str]:
    """The academy's mark in a box of `width` by 0.56 `width`: paths "disc", "rays" and
    "horizon"."""
    centre = x + width / 2
    base = y + width * 0.06
    rays = [
        half_circle(centre, base, width * 0.35),
        half_circle(centre, base, width * 0.46),
    ]
    return {
        "disc": half_disc(centre, base, width * 0.24),
        "rays": " ".join(rays),
        "horizon": segment(x, base, x + width, base),
    }


def qr_path(content: str, x: float, y: float, size: float) -> tuple[str, int]:
    """A QR code (error correction M) as one path, with its quiet zone of 4 modules inside `size`.

    Returns the path and the number of modules of a side. Runs of dark modules in a row are one
    rectangle.
    """
    matrix = segno.make_qr(content, error="m").matrix
    count = len(matrix)
    module = size / (count + 8)
    # Rectangles overlap by a hair: viewers draw white seams between shapes that only touch.
    overlap = module * 0.02
    out: list[str] = []
    for row, cells in enumerate(matrix):
        start = None
        for column, dark in enumerate([*cells, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                left = x + (4 + start) * module
                bottom = y + size - (5 + row) * module
                out.append(
                    f"{number(left)} {number(bottom - overlap)} "
                    f"{number((column - start) * module)} {number(module + 2 * overlap)} re"
                )
                start = None
    return " ".join(out), count
