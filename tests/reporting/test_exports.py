"""Files that open safely and say what the page says."""

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest

from academy.core.errors import NotFound
from academy.reporting.exports import (
    Share,
    Sheet,
    export_response,
    safe_text,
    write_csv,
    write_xlsx,
)

ROWS = [
    ["Zoë Émile", "=1+1", 3, 0.25, Share(0.5), date(2025, 2, 1), None],
    ["@SUM(A1)", "http://example.org", -3, 0, Share(None), datetime(2025, 2, 1, 9, tzinfo=UTC), ""],
]
SHEET = Sheet("name", "Title", ["Name", "=head", "a", "b", "c", "d", "e"], ROWS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_looks_like_a_formula_gets_an_apostrophe(start):
    assert safe_text(f"{start}1") == f"'{start}1"
    assert safe_text(f"1{start}") == f"1{start}"


def test_csv_has_a_byte_order_mark_and_safe_cells():
    output = io.BytesIO()
    write_csv(SHEET, output)
    content = output.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))) == [
        ["Name", "'=head", "a", "b", "c", "d", "e"],
        ["Zoë Émile", "'=1+1", "3", "0.25", "0.5", "2025-02-01", ""],
        ["'@SUM(A1)", "http://example.org", "-3", "0", "", "2025-02-01 09:00+00:00", ""],
    ]


def test_xlsx_keeps_types_and_runs_nothing():
    output = io.BytesIO()
    write_xlsx(SHEET, output)
    page = openpyxl.load_workbook(output).active
    first, second = list(page.iter_rows(min_row=2))
    assert [cell.value for cell in first][:5] == ["Zoë Émile", "=1+1", 3, 0.25, 0.5]
    assert first[1].data_type == "s"
    assert first[4].number_format == "0.0%"
    assert first[5].value == datetime(2025, 2, 1)
    assert second[0].data_type == "s"
    assert second[1].hyperlink is None
    assert second[5].value == datetime(2025, 2, 1, 9)


def test_a_response_is_a_download_and_other_kinds_are_unknown():
    response = export_response(SHEET, "csv")
    assert response["Content-Disposition"] == 'attachment; filename="name.csv"'
    assert b"".join(response).startswith(b"\xef\xbb\xbfName")
    with pytest.raises(NotFound):
        export_response(SHEET, "pdf")
