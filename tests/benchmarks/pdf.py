"""Speed of the certificate, as `python -m tests.benchmarks.pdf` or `python tests/benchmarks/pdf.py`.

Prints pages per CPU-second of the tagged, unsigned render, and what the QR code costs as one segno
path against ReportLab's widget: a ratio in one run, so that the machine does not matter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.pdfgen.canvas import Canvas

from credentials.pdf.certificate import CertificateContext, Module, render
from credentials.pdf.drawing import qr_path

URL = "https://academy.example.gov/verify/K7QF-3M2X-9RTD"
CONTEXT = CertificateContext(
    language="en",
    name="Zoë Đặng-Lefèvre",
    title="Working with Data in Public Service",
    issuer="Horizon Academy",
    description="Can find, judge, describe and protect the data a decision rests on.",
    modules=(
        Module("Finding and judging data", "Learned here", "2026-10-12"),
        Module("Describing data honestly", "Proven by assessment", "2026-11-01"),
        Module("Personal data and privacy", "Learned here", "2026-11-20"),
    ),
    competencies=(
        "DigComp 2.2 · 1.2 Evaluating data, information and digital content — level 4",
        "DigComp 2.2 · 2.6 Managing digital identity — level 3",
        "Stats NZ · Data ethics and privacy — Practitioner",
    ),
    hours="6 hours",
    issued_on="2026-11-24",
    expires_on="2029-11-24",
    code="K7QF-3M2X-9RTD",
    verify_url=URL,
)


def per_cpu_second(work: Callable[[int], object], seconds: float = 3.0) -> float:
    """How often `work(index)` is done in a second of this process's CPU time, after a warm-up."""
    work(-1)
    count, start = 0, process_time()
    while process_time() - start < seconds:
        work(count)
        count += 1
    return count / (process_time() - start)


def certificate(index: int) -> bytes:
    """A certificate of a new person each time, so that no cache of names helps."""
    return render(replace(CONTEXT, name=f"Zoë Đặng-Lefèvre {index}"))


def segno_page(index: int) -> bytes:
    """A page with nothing but the QR code as one path."""
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    path, _ = qr_path(f"{URL}{index}", 100, 100, 92)
    canvas._code.append(f"{path} f")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def widget_page(index: int) -> bytes:
    """The same with ReportLab's widget, at the same error correction."""
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    drawing = Drawing(92, 92)
    drawing.add(QrCodeWidget(f"{URL}{index}", barLevel="M", barWidth=92, barHeight=92))
    renderPDF.draw(drawing, canvas, 100, 100)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def main() -> None:
    """Measure and print."""
    pages = per_cpu_second(certificate)
    segno, widget = per_cpu_second(segno_page), per_cpu_second(widget_page)
    print(f"certificate, tagged, unsigned: {pages:7.1f} pages per CPU-second")
    print(f"QR code as one segno path:     {segno:7.1f} pages per CPU-second")
    print(f"QR code, ReportLab's widget:   {widget:7.1f} pages per CPU-second")
    print(f"ratio, path to widget:         {segno / widget:7.1f}")


if __name__ == "__main__":
    main()
