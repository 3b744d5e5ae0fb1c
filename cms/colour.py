"""Contrast between two colours, as WCAG 2.2 defines it (relative luminance, contrast ratio)."""

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 (black) to 1 (white). `ValueError` for anything else."""
    if not HEX.fullmatch(colour):
        raise ValueError(f"not a colour: {colour!r}")
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
