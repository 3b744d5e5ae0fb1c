"""Tables as files: CSV that spreadsheets open safely, and XLSX.

A file is written whole to disk and then sent, so that its size costs no memory and its words are
in the reader's language: what streams later would be translated after the request's language ended.
"""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from academy.core.errors import NotFound

#: What a spreadsheet takes for the start of a formula when it reads a CSV.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Share:
    """A share from 0 to 1, shown as a percentage where the format can."""

    value: float | None


Cell = str | int | float | date | datetime | Share | None


@dataclass(frozen=True)
class Sheet:
    """One table to export. `name` is the file's name without its ending."""

    name: str
    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def safe_text(text: str) -> str:
    """The text as a CSV cell: one that begins like a formula gets a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(value: Cell) -> str | int | float:
    match value:
        case None:
            return ""
        case Share():
            return "" if value.value is None else round(value.value, 4)
        case bool() | int() | float():
            return value
        case datetime():
            return timezone.localtime(value).isoformat(sep=" ", timespec="minutes")
        case date():
            return value.isoformat()
        case _:
            return safe_text(str(value))


def write_csv(sheet: Sheet, output: IO[bytes]) -> None:
    """UTF-8 with a byte order mark, by which spreadsheets recognise it; RFC 4180 line ends."""
    output.write(b"\xef\xbb\xbf")

    class Encoder:
        def write(self, text: str) -> int:
            return output.write(text.encode())

    writer = csv.writer(Encoder())
    writer.writerow([safe_text(str(words)) for words in sheet.head])
    for row in sheet.rows:
        writer.writerow([_csv_cell(value) for value in row])


def write_xlsx(sheet: Sheet, output: IO[bytes]) -> None:
    """One worksheet, written row by row; text is never read as a formula or a link."""
    workbook = xlsxwriter.Workbook(
        output,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    workbook.set_properties({"title": sheet.title})
    page = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    minute = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    percentage = workbook.add_format({"num_format": "0.0%"})
    for column, words in enumerate(sheet.head):
        page.set_column(column, column, min(max(len(str(words)) + 2, 12), 40))
        page.write_string(0, column, str(words), bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            match value:
                case None | Share(value=None):
                    continue
                case Share():
                    page.write_number(number, column, value.value, percentage)
                case bool() | int() | float():
                    page.write_number(number, column, value)
                case datetime():
                    local = timezone.localtime(value).replace(tzinfo=None)
                    page.write_datetime(number, column, local, minute)
                case date():
                    page.write_datetime(number, column, value, day)
                case _:
                    page.write_string(number, column, str(value))
    workbook.close()


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def export_response(sheet: Sheet, kind: str) -> FileResponse:
    """The sheet as a download. Raises `NotFound` for a kind we do not write."""
    if kind not in WRITERS:
        raise NotFound(_("There is no export of that kind. There are: csv, xlsx."))
    output = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    WRITERS[kind](sheet, output)
    output.seek(0)
    return FileResponse(
        output, as_attachment=True, filename=f"{sheet.name}.{kind}", content_type=TYPES[kind]
    )
