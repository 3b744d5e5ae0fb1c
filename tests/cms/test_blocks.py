"""What a lesson may hold: what an author is stopped from publishing, and what a learner then sees."""

import io
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from cms.blocks.lesson import (
    CalloutBlock,
    CheckBlock,
    DataExerciseBlock,
    LessonBody,
    PictureBlock,
    TableBlock,
    VideoBlock,
)
from cms.tabular import MAX_BYTES, MAX_ROWS, read_table


def document(name: str, content: bytes):
    return get_document_model().objects.create(title=name, file=ContentFile(content, name=name))


@pytest.fixture
def image(db):
    return get_image_model().objects.create(title="Chart", file=get_test_image_file())


def cleaned(block, raw: dict):
    return block.clean(block.to_python(raw))


def refusal(block, raw: dict) -> dict[str, str]:
    """What the author reads, by field."""
    with pytest.raises(ValidationError) as refused:
        cleaned(block, raw)
    return {
        field: " ".join(getattr(error, "messages", [str(error)]))
        for field, error in refused.value.block_errors.items()
    }


def rendered(block, raw: dict) -> str:
    return str(block.render(block.to_python(raw)))


def changed(raw: dict, **values) -> dict:
    return {**raw, **values}


# --- Pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alt", ["", "   ", "\n"])
def test_a_picture_without_words_is_refused(image, alt):
    raw = {"image": image.pk, "alt": alt, "decorative": False, "caption": ""}
    assert "Describe the picture" in refusal(PictureBlock(), raw)["alt"]


def test_a_picture_with_words_shows_them(image):
    raw = {"image": image.pk, "alt": "Rents “rise”", "decorative": False, "caption": "Figure 1"}
    cleaned(PictureBlock(), raw)
    html = rendered(PictureBlock(), raw)
    assert 'alt="Rents “rise”"' in html
    assert "<figcaption>Figure 1</figcaption>" in html


def test_a_decorative_picture_says_nothing_even_where_words_are_left(image):
    raw = {"image": image.pk, "alt": "A left-over", "decorative": True, "caption": ""}
    cleaned(PictureBlock(), raw)
    assert 'alt=""' in rendered(PictureBlock(), raw)
    assert "left-over" not in rendered(PictureBlock(), raw)


def test_a_picture_block_needs_a_picture(db):
    assert "image" in refusal(PictureBlock(), {"image": None, "alt": "x"})


# --- Tables ---------------------------------------------------------------------------------------

TABLE = {
    "caption": "Rents",
    "header": ["Town", "Rent"],
    "rows": [["Bray", "900"], ["Cork", "<b>"]],
    "first_column_is_header": True,
}


def test_a_table_has_a_caption_and_header_cells():
    cleaned(TableBlock(), TABLE)
    html = rendered(TableBlock(), TABLE)
    assert "<caption>Rents</caption>" in html or ">Rents</caption>" in html
    assert html.count('scope="col"') == 2
    assert '<th scope="row">Bray</th>' in html
    assert "&lt;b&gt;" in html


def test_the_first_column_is_cells_on_request():
    html = rendered(TableBlock(), changed(TABLE, first_column_is_header=False))
    assert 'scope="row"' not in html
    assert "<td>Bray</td>" in html


@pytest.mark.parametrize("rows", [[["Bray"]], [["Bray", "900"], ["Cork", "1", "2"]], [[]]])
def test_a_table_with_ragged_rows_is_refused(rows):
    assert "Every row needs 2 cells" in refusal(TableBlock(), changed(TABLE, rows=rows))["rows"]


def test_a_cell_may_be_empty():
    cleaned(TableBlock(), changed(TABLE, rows=[["Bray", ""]]))


def test_a_table_needs_a_caption():
    assert "caption" in refusal(TableBlock(), changed(TABLE, caption=""))


# --- Videos ---------------------------------------------------------------------------------------


def video(film="film.mp4", captions=b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", **values):
    return {
        "title": "How to read a table",
        "video": document(film, b"\x00").pk,
        "poster": None,
        "captions": document("captions.vtt", captions).pk,
        "transcript": "<p>Hello, she says.</p>",
        **values,
    }


@pytest.mark.django_db
def test_a_video_has_captions_and_a_transcript():
    raw = video()
    cleaned(VideoBlock(), raw)
    html = rendered(VideoBlock(), raw)
    captions = get_document_model().objects.get(title="captions.vtt")
    assert f'<track kind="captions" src="{captions.url}" srclang="en"' in html
    assert 'type="video/mp4"' in html
    assert "Transcript" in html
    assert "Hello, she says." in html
    assert "autoplay" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("film", ["film.WEBM", "film.MP4"])
def test_the_kind_of_film_does_not_depend_on_case(film):
    raw = video(film)
    cleaned(VideoBlock(), raw)
    assert f'type="video/{film[-4:].strip(".").lower()}"' in rendered(VideoBlock(), raw)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "captions", [b"", b"1\n00:00:00,000 --> 00:00:01,000\nSubRip\n", b"\x89PNG", b" WEBVTT"]
)
def test_a_video_without_webvtt_captions_is_refused(captions):
    assert (
        "This is not a WebVTT file" in refusal(VideoBlock(), video(captions=captions))["captions"]
    )


@pytest.mark.django_db
def test_captions_may_begin_with_a_byte_order_mark():
    cleaned(VideoBlock(), video(captions=b"\xef\xbb\xbfWEBVTT\n"))


@pytest.mark.django_db
def test_a_video_without_captions_or_transcript_is_refused():
    assert "captions" in refusal(VideoBlock(), video(captions=b"WEBVTT") | {"captions": None})
    assert "transcript" in refusal(VideoBlock(), video(transcript=""))


@pytest.mark.django_db
def test_a_film_browsers_cannot_play_is_refused():
    assert "MP4 or WebM" in refusal(VideoBlock(), video("film.avi"))["video"]


# --- Callouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "word"),
    [("note", "Note:"), ("tip", "Tip:"), ("warning", "Warning:"), ("example", "Example:")],
)
def test_a_callout_says_its_kind_in_words(kind, word):
    html = rendered(CalloutBlock(), {"kind": kind, "title": "Mind", "body": "<p>This.</p>"})
    assert word in html


# --- Knowledge checks -----------------------------------------------------------------------------


def option(text: str, correct: bool = False) -> dict:
    return {"text": text, "correct": correct, "feedback": f"Because {text}"}


def check(kind="single", *options, **values) -> dict:
    return {
        "kind": kind,
        "stem": "<p>Which?</p>",
        "options": list(options),
        "value": None,
        "tolerance": None,
        "unit": "",
        "explanation": "<p>That is why.</p>",
        **values,
    }


YES, NO, ALSO = option("Yes", True), option("No"), option("Also", True)


@pytest.mark.parametrize(
    "raw",
    [
        check("single", YES, NO),
        check("multiple", YES, ALSO),
        check("multiple", YES, NO),
        check("numeric", value="12.5"),
        check("numeric", value="0", tolerance="0"),
    ],
)
def test_a_check_that_can_be_answered_is_accepted(raw):
    cleaned(CheckBlock(), raw)


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        (check("single", YES), "options", "at least two options"),
        (check("single"), "options", "at least two options"),
        (check("single", NO, option("Never")), "options", "exactly one"),
        (check("single", YES, ALSO), "options", "exactly one"),
        (check("multiple", NO, option("Never")), "options", "at least one option"),
        (check("multiple", YES), "options", "at least two options"),
        (check("numeric"), "value", "correct value"),
        (check("numeric", value="1", tolerance="-1"), "tolerance", "greater than or equal"),
        (check("single", YES, NO, explanation=""), "explanation", ""),
        (check("single", YES, {**NO, "feedback": ""}), "options", ""),
    ],
)
def test_a_check_that_cannot_be_answered_says_why(raw, field, words):
    assert words in refusal(CheckBlock(), raw)[field]


def test_a_check_explains_every_option():
    html = rendered(CheckBlock(), check("single", YES, NO))
    assert html.count("Right.") == 1
    assert html.count("Not quite.") == 1
    for words in ("Because Yes", "Because No", "That is why."):
        assert words in html


def test_a_number_check_shows_its_answer_on_request():
    html = rendered(CheckBlock(), check("numeric", value="12.50", unit="kg"))
    assert "Show the answer" in html
    assert "12.5 kg" in " ".join(html.split())


# --- Data exercises: the file ---------------------------------------------------------------------


class File:
    """A document as far as reading it goes."""

    def __init__(self, content: bytes):
        self.content = content

    def open_file(self):
        return io.BytesIO(self.content)


def table(content: str | bytes, encoding: str = "utf-8"):
    return read_table(File(content if isinstance(content, bytes) else content.encode(encoding)))


@pytest.mark.parametrize(
    "content",
    [
        "Région,Loyer\nÎle,900\nCork,1\n",
        "Région;Loyer\nÎle;900\nCork;1\n",
        "\ufeffRégion;Loyer\r\nÎle;900\r\nCork;1\r\n",
        "Région,Loyer\rÎle,900\rCork,1\r",
        "Région , Loyer\n Île , 900\nCork,1",
        '"Région","Loyer"\n"Île","900"\n"Cork","1"',
        "Région,Loyer\n\nÎle,900\n\n\nCork,1\n\n",
    ],
    ids=["comma", "semicolon", "BOM", "old Mac", "padded", "quoted", "blank lines"],
)
def test_a_file_is_read_as_office_programs_write_it(content):
    assert table(content).header == ["Région", "Loyer"]
    assert table(content).rows == [["Île", "900"], ["Cork", "1"]]


def test_windows_1252_is_read():
    read = table("Région;Loyer (€)\nÎle – côte;900\n", "cp1252")
    assert read.header == ["Région", "Loyer (€)"]
    assert read.rows == [["Île – côte", "900"]]


def test_a_comma_inside_quotes_is_no_separator():
    assert table('a,b\n"x, y",2\n').rows == [["x, y", "2"]]


def test_a_semicolon_file_may_have_decimal_commas():
    read = table("Town;Rent\nBray;1 234,5\nCork;−3\n")
    assert read.series("Town", "Rent") == [("Bray", Decimal("1234.5")), ("Cork", Decimal("-3"))]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "a line of headings and at least one line of data"),
        ("Town,Rent\n", "at least one line of data"),
        ("\n\n", "at least one line of data"),
        ("Town,Rent\nBray\n", "Line 2 has 1 cells, but there are 2 columns."),
        ("Town,Rent\nBray,1\nCork,1,2\n", "Line 3 has 3 cells"),
        ("Town,Rent\nBray,1\n\nCork\n", "Line 4 has 1 cells"),
        ("a\n" + "1\n" * (MAX_ROWS + 1), "at most 200 lines and 12 columns"),
        (",".join("abcdefghijklm") + "\n" + ",".join("1234567890123"), "at most 200 lines"),
        ("a\n" + "1" * MAX_BYTES, "larger than 100 kB"),
    ],
)
def test_a_file_that_cannot_be_shown_says_what_to_do(content, words):
    with pytest.raises(ValueError) as refused:
        table(content)
    assert words in str(refused.value)


def test_the_largest_table_is_still_read():
    assert len(table("a\n" + "1\n" * MAX_ROWS).rows) == MAX_ROWS


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (("Town", "Price"), "The file has no column “Price”. It has: Town, Rent."),
        (("town", "Rent"), "The file has no column “town”"),
        (("Town", "Town"), "Line 2: “Bray” is not a number."),
    ],
)
def test_a_column_that_is_not_there_or_no_number_is_named(columns, words):
    with pytest.raises(ValueError) as refused:
        table("Town,Rent\nBray,1\nCork,2\n").series(*columns)
    assert words in str(refused.value)


@pytest.mark.parametrize("value", ["n/a", "", "1e9999999", "inf", "12 %"])
def test_the_line_of_what_is_no_number_is_the_one_an_editor_shows(value):
    with pytest.raises(ValueError) as refused:
        table(f"Town,Rent\nBray,1\n\n\nCork,{value}\n").series("Town", "Rent")
    assert str(refused.value) == f"Line 5: “{value}” is not a number."


# --- Data exercises: the block --------------------------------------------------------------------


def exercise(content="Town,Rent\nBray,900\nCork,1234.5\n", **values) -> dict:
    content = content if isinstance(content, bytes) else content.encode()
    return {
        "title": "Rents by town",
        "intro": "<p>Look at the rents.</p>",
        "data": document("rents.csv", content).pk,
        "chart": "bar",
        "label_column": "Town",
        "value_column": "Rent",
        "question": check("single", YES, NO),
        **values,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("chart", ["bar", "line"])
def test_a_data_exercise_shows_a_table_a_chart_the_file_and_a_question(chart):
    raw = exercise(chart=chart)
    cleaned(DataExerciseBlock(), raw)
    html = rendered(DataExerciseBlock(), raw)
    for words in ('<th scope="row">Bray</th>', "<td>1234.5</td>", "<svg", "Which?", ".csv"):
        assert words in html
    label = html.split('aria-label="', 1)[1].split('"', 1)[0]
    assert "Rent" in label
    assert "900" in label


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"value_column": "Price"}, "no column “Price”"),
        ({"label_column": "Place"}, "no column “Place”"),
        ({"content": "Town,Rent\nBray,cheap\n"}, "Line 2: “cheap” is not a number."),
        ({"content": "Town,Rent\nBray\n"}, "Line 2 has 1 cells"),
        ({"content": "Town,Rent\nBray,1e9999999\n"}, "is not a number"),
        ({"content": b"x" * (MAX_BYTES + 1)}, "larger than 100 kB"),
    ],
)
def test_a_data_exercise_is_refused_with_what_to_do_about_its_file(values, words):
    assert words in refusal(DataExerciseBlock(), exercise(**values))["data"]


@pytest.mark.django_db
def test_the_question_of_an_exercise_is_checked_too():
    assert "question" in refusal(DataExerciseBlock(), exercise(question=check("single", NO)))


@pytest.mark.django_db
def test_a_file_that_went_bad_later_leaves_the_lesson_readable():
    """Someone replaced the document: the chart is gone, the text and the question stay."""
    html = rendered(DataExerciseBlock(), exercise("Place,Price\nBray,1\n"))
    assert "Look at the rents." in html
    assert "Which?" in html
    assert "<table" not in html


def test_a_lesson_offers_these_blocks():
    assert set(LessonBody().child_blocks) == {
        "heading",
        "text",
        "image",
        "callout",
        "accordion",
        "table",
        "video",
        "download",
        "check",
        "data_exercise",
        "sources",
    }
