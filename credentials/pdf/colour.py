"""Contrast between two colours, as WCAG 2.2 defines it (relative luminance, contrast ratio)."""

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")

#: Red, green and blue, each from 0 to 1.
Colour = tuple[float, float, float]


def parse_colour(text: str) -> Colour:
    """The colour "#rrggbb" names. `ValueError` for anything else."""
    if not HEX.fullmatch(text):
        raise ValueError(f"not a colour: {text!r}")
    red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
