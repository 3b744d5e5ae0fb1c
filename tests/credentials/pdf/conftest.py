"""A certificate context to start from, and ways to read a rendered file back."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pypdf
import pytest

from credentials.pdf.certificate import CertificateContext, Module, render

MODULES = (
    Module("Finding and judging data", "Learned here", "2026-10-12"),
    Module("Describing data honestly", "Proven by assessment", "2026-11-01"),
    Module("Personal data and privacy", "Learned here", "2026-11-20"),
)
COMPETENCIES = (
    "DigComp 2.2 · 1.2 Evaluating data, information and digital content — level 4, Intermediate",
    "DigComp 2.2 · 2.6 Managing digital identity — level 3, Intermediate",
    "Stats NZ · Data ethics and privacy — Practitioner",
)
DEFAULTS: dict[str, Any] = {
    "language": "en",
    "name": "Zoë Đặng-Lefèvre",
    "title": "Working with Data in Public Service",
    "issuer": "Horizon Academy",
    "description": "Can find, judge, describe and protect the data a decision rests on.",
    "modules": MODULES,
    "competencies": COMPETENCIES,
    "hours": "6 hours",
    "issued_on": "2026-11-24",
    "expires_on": "2029-11-24",
    "code": "K7QF-3M2X-9RTD",
    "verify_url": "https://academy.example.gov/verify/K7QF-3M2X-9RTD",
}


@pytest.fixture
def make_context() -> Callable[..., CertificateContext]:
    """A factory: the default context with some values changed."""

    def make(**values: Any) -> CertificateContext:
        return CertificateContext(**{**DEFAULTS, **values})

    return make


@pytest.fixture
def open_pdf() -> Callable[[bytes], pypdf.PdfReader]:
    """Bytes to a strict pypdf reader."""
    return lambda data: pypdf.PdfReader(BytesIO(data), strict=True)


@pytest.fixture
def printed(make_context: Callable[..., CertificateContext]) -> Callable[..., bytes]:
    """Render the default context with some values changed."""
    return lambda **values: render(make_context(**values))
