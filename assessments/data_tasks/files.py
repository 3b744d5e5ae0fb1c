"""A drawn table as a file: CSV as the spreadsheet of a language opens it, and XLSX.

Text never begins like a formula (CWE-1236): `recipe.unsafe` refuses such names and values, and what
a translation brings is escaped here.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter

from assessments.data_tasks.generate import Cell, Dataset, Label
from assessments.data_tasks.recipe import FORMULA_STARTS, NUMBERS, Column

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Languages whose spreadsheets read the comma as the decimal mark.
COMMA = ("fr",)
#: A file is the same byte for byte however often it is asked for.
WRITTEN = datetime(2024, 1, 1)  # noqa: DTZ001 - a property of the file, in no time zone


@dataclass(frozen=True)
class Headings:
    """The names of a language: a column's, and those of its values; column id → words."""

    names: dict[str, str]
    labels: dict[str, list[str]]

    def name(self, column: Column) -> str:
        return safe(self.names.get(column.id) or column.name)

    def label(self, column: Column, place: int) -> str:
        translated = self.labels.get(column.id, [])
        return safe(
            translated[place] if len(translated) == len(column.labels) else column.labels[place]
        )


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def written(text: str, style: int) -> str:
    """A value as somebody in a hurry typed it."""
    return (text, f" {text}", f"{text} ", text.upper(), text.lower())[style]


def number_of(cell: int, column: Column) -> Decimal:
    return Decimal(cell).scaleb(-column.decimals)


def shown(cell: Cell, column: Column, headings: Headings) -> str:
    """A cell as text, with a decimal point."""
    if cell is None:
        return ""
    if isinstance(cell, Label):
        return written(headings.label(column, cell.place), cell.style)
    if isinstance(cell, date):
        return cell.isoformat()
    if column.kind in NUMBERS:
        return f"{number_of(cell, column):f}"
    return str(cell)


def as_text(table: Dataset, headings: Headings) -> Iterator[list[str]]:
    """The heading, then row by row."""
    columns = table.recipe.columns
    yield [headings.name(column) for column in columns]
    for row in table.rows:
        yield [shown(cell, column, headings) for cell, column in zip(row, columns, strict=True)]


def write_csv(table: Dataset, headings: Headings, language: str) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets recognise it; RFC 4180 line ends. Where the
    comma is the decimal mark, a semicolon parts the cells, as spreadsheets of that language expect."""
    comma = language.split("-")[0] in COMMA
    numbers = [column.kind in NUMBERS for column in table.recipe.columns]
    output = io.StringIO()
    writer = csv.writer(output, delimiter=";" if comma else ",")
    rows = as_text(table, headings)
    writer.writerow(next(rows))
    for row in rows:
        if comma:
            row = [
                text.replace(".", ",") if is_number else text
                for text, is_number in zip(row, numbers, strict=True)
            ]
        writer.writerow(row)
    return b"\xef\xbb\xbf" + output.getvalue().encode()


def write_xlsx(table: Dataset, headings: Headings, language: str) -> bytes:
    """One sheet with real numbers and dates. Text is never read as a formula, link or number."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "constant_memory": False,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": WRITTEN})
    page = book.add_worksheet()
    head = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    columns = table.recipe.columns
    formats = [
        book.add_format({"num_format": f"0.{'0' * column.decimals}"}) if column.decimals else None
        for column in columns
    ]
    for number, column in enumerate(columns):
        name = headings.name(column)
        page.set_column(number, number, min(max(len(name) + 2, 12), 40))
        page.write_string(0, number, name, head)
    page.freeze_panes(1, 0)
    for place, row in enumerate(table.rows, 1):
        for number, (cell, column) in enumerate(zip(row, columns, strict=True)):
            if cell is None:
                continue
            if isinstance(cell, date):
                page.write_datetime(place, number, cell, day)
            elif column.kind in NUMBERS:
                page.write_number(place, number, number_of(cell, column), formats[number])
            else:
                page.write_string(place, number, shown(cell, column, headings))
    book.close()
    return output.getvalue()


WRITERS: dict[str, Callable[[Dataset, Headings, str], bytes]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
