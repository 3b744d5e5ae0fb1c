"""The academy's own table, as CSV and as XLSX."""

import io

import openpyxl
import pytest
import xlsxwriter

from assessments.exchange import spreadsheet
from assessments.exchange.examples import examples
from assessments.exchange.model import Unreadable
from tests.assessments.exchange.files import (
    PICTURE,
    archive,
    only,
    parts,
    read,
    refusal,
    taken,
)

HEAD = "type,code,language,question,correct,option_1,option_2,feedback_1,detail_1,detail_2,points,value"


def row(*cells: str, head: str = HEAD) -> str:
    quoted = ",".join(f'"{cell}"' for cell in cells)
    return f"{head}\n{quoted}\n"


def test_a_row_is_a_question():
    item = taken(row("single", "q-1", "", "What?", "2", "a", "b <i>c</i>", "No: a < b"))
    assert (item.kind, item.code, item.source_id) == ("single", "q-1", "q-1")
    assert parts(item, "text", "correct", "feedback") == [
        ("a", False, "No: a < b"),
        ("b c", True, ""),
    ]
    assert item.source.stem == "<p>What?</p>"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_marks_between_cells_and_other_encodings(mark):
    text = f"type{mark}question{mark}juste{mark}option 1{mark}option 2\nchoix unique{mark}Été ?{mark}a{mark}x{mark}y\n"
    for data in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")):
        reading = read(data)
        assert reading.items[0].source.stem == "<p>Été ?</p>"
        assert parts(reading.items[0], "correct") == [(True,), (False,)]
    assert "Windows-1252" in reading.notes[0].why


def test_a_second_language_is_a_row_with_the_same_code():
    text = row("numeric", "q-1", "en", "How many?", "", "", "", "", "", "", "", "12,5")
    text += 'numeric,q-1,fr,"Combien ?",,,,,,,,\n'
    [item] = read(text).items
    assert (item.numeric_value, list(item.words)) == ("12.5", ["en", "fr"])
    text = row("single", "q-2", "en", "Which?", "1", "a", "b")
    text += ',q-2,fr,"Lequel ?",,"un a","un b",,,,,\n'
    [item] = read(text).items
    assert parts(item, "text", "correct", language="fr") == [("un a", True), ("un b", False)]


def test_every_kind_of_part():
    pair = taken(row("matching", "", "", "Match.", "", "a", "", "", "x", "y"))
    assert parts(pair, "prompt", "match") == [("a", "x"), ("", "y")]
    gap = taken(row("cloze", "", "", "A [[g]] and [[h]]", "", "g", "h", "", "choice: x | y", "z"))
    assert parts(gap, "name", "kind", "answers") == [
        ("g", "choice", ["x", "y"]),
        ("h", "typed", ["z"]),
    ]
    short = taken(row("short", "", "", "Say.", "", "a", "b", "", "", "0,5"))
    assert parts(short, "text", "credit") == [("a", 1.0), ("b", 0.5)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("single", "", "", "What?", "5", "a", "b"), "no such option"),
        (("single", "", "", "What?", "first", "a", "b"), "no number of an option"),
        (("hotspot", "", "", "Where?", "1", "a", "", "", "here"), "per cent"),
        (("short", "", "", "Say.", "", "a", "", "", "much"), "no number"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(cells, why):
    assert why in refusal(only(row(*cells)))


def test_columns_that_are_not_known_are_named():
    reading = read(
        row("single", "", "", "What?", "1", "a", "b", head=HEAD + ",colour").replace(
            '"b"', '"b","","","","","","red"'
        )
    )
    assert "colour" in reading.notes[0].what
    with pytest.raises(Unreadable, match="twice"):
        read("type,question,question\nsingle,a,b\n")


def test_a_workbook_with_numbers_and_another_sheet_in_front():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    book.add_worksheet("About").write("A1", "Read this first")
    sheet = book.add_worksheet("Questions")
    for number, name in enumerate(("Type", "Question", "Value", "Tolerance", "Level")):
        sheet.write(0, number, name)
    sheet.write_row(1, 0, ["numeric", "How many?", 12, 0.5, 2])
    book.close()
    reading = read(target.getvalue())
    [item] = reading.items
    assert reading.format == "XLSX"
    assert (item.numeric_value, item.numeric_tolerance, item.level) == ("12", "0.5", 2)


def test_pictures_lie_beside_the_table_in_an_archive():
    table = row("single", "q", "", "<p>What?<img src='pics/a.png' alt='Teal'></p>", "1", "a", "b")
    reading = read(archive({"questions.csv": table, "pics/a.png": PICTURE, "pics/b.png": PICTURE}))
    [item] = reading.items
    assert len(item.media) == 1
    assert [note.what for note in reading.notes] == ["pics/b.png"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_reads_back_with_an_example_of_each_kind(form):
    made = examples("en")
    reading = read(spreadsheet.template(form, made))
    assert [item.kind for item in reading.items] == [item.kind for item in made]
    assert not any(item.is_refused for item in reading.items)
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(spreadsheet.template(form, made)))
        assert book.active["A1"].value == "type"


def test_no_cell_is_a_formula_and_words_come_back():
    [item] = read(row("single", "q", "", "=1+1", "1", "'=2", "-5 and @x")).items
    data, _ending = spreadsheet.write([item])
    assert ",=1" not in data.decode()
    assert "'-5 and @x" in data.decode()
    [again] = read(data).items
    assert again.words == item.words


def test_hidden_danger_in_a_workbook_is_refused():
    sheet = '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'
    book = archive({"[Content_Types].xml": "<Types/>", "xl/worksheets/sheet1.xml": sheet})
    with pytest.raises(Unreadable, match="entities"):
        read(book)
    with pytest.raises(Unreadable, match="damaged"):
        read(archive({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook>"}))
