"""Reading the small CSV files of data exercises."""

import csv
import io
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from assessments.item_types.numeric import parse_number

MAX_BYTES = 100_000
MAX_ROWS = 200
MAX_COLUMNS = 12


@dataclass(frozen=True)
class Table:
    """Column headings and rows of text, all rows as long as the headings; `lines` are the rows'
    line numbers in the file."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int] = field(default_factory=list)

    def series(self, label_column: str, value_column: str) -> list[tuple[str, Decimal]]:
        """(label, value) pairs for a chart; raises `ValueError` naming what is missing."""
        for column in (label_column, value_column):
            if column not in self.header:
                raise ValueError(
                    _("The file has no column “%(column)s”. It has: %(columns)s.")
                    % {"column": column, "columns": ", ".join(self.header)}
                )
        label, value = self.header.index(label_column), self.header.index(value_column)
        pairs = []
        for number, row in zip(self.lines, self.rows, strict=True):
            try:
                pairs.append((row[label], parse_number(row[value])))
            except ValueError as error:
                raise ValueError(
                    _("Line %(line)d: “%(text)s” is not a number.")
                    % {"line": number, "text": row[value]}
                ) from error
        return pairs


def read_table(document) -> Table:
    """A document as a table. Comma or semicolon separated, UTF-8 (with or without a BOM) or
    Windows-1252; raises `ValueError` with what to do about a file that is not."""
    with document.open_file() as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(_("The file is larger than 100 kB. Use a smaller extract."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\0" in text:
        raise ValueError(_("This is not a text file. Save it as CSV, in UTF-8."))
    first_line = text.lstrip().partition("\n")[0].partition("\r")[0]
    separator = ";" if first_line.count(";") > first_line.count(",") else ","
    # newline="": line ends of every system are read alike, and kept within a quoted cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        numbered = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise ValueError(
            _("The file cannot be read as CSV, from line %(line)d on. Save it again as CSV.")
            % {"line": reader.line_num}
        ) from error
    lines, rows = [line for line, _row in numbered], [row for _line, row in numbered]
    if len(rows) < 2:
        raise ValueError(_("The file needs a line of headings and at least one line of data."))
    header, *body = rows
    if len(body) > MAX_ROWS or len(header) > MAX_COLUMNS:
        raise ValueError(_("Use at most 200 lines and 12 columns."))
    for number, row in zip(lines[1:], body, strict=True):
        if len(row) != len(header):
            raise ValueError(
                _("Line %(line)d has %(cells)d cells, but there are %(columns)d columns.")
                % {"line": number, "cells": len(row), "columns": len(header)}
            )
    return Table(
        [cell.strip() for cell in header], [[c.strip() for c in row] for row in body], lines[1:]
    )
