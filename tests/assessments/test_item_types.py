"""Each kind of question: what may be published, what may be answered, what is right.

Pure tables; no database.
"""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.http import QueryDict

from assessments.item_types import ITEM_TYPE_CHOICES, Asked, item_type_for
from assessments.item_types.numeric import parse_number

SINGLE, MULTIPLE, NUMERIC = map(item_type_for, ("single", "multiple", "numeric"))
WORDS = {"options": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
ASKED = Asked(document={"languages": {"en": WORDS}}, language="en")


def choices(*options: tuple[str, bool]) -> SimpleNamespace:
    """A content with these options (text, correct), their ids "a", "b", "c"."""
    return SimpleNamespace(
        options=[
            SimpleNamespace(id=letter, value={"text": text, "correct": correct})
            for letter, (text, correct) in zip("abcdefgh", options, strict=False)
        ]
    )


def number(value: str | None, tolerance: str | None = "0") -> SimpleNamespace:
    return SimpleNamespace(
        options=[],
        numeric_value=None if value is None else Decimal(value),
        numeric_tolerance=None if tolerance is None else Decimal(tolerance),
    )


def form(*answers: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.setlist("answer", list(answers))
    return data


def test_every_kind_has_a_name_for_its_author():
    assert {"single", "multiple", "numeric", "hotspot", "dragdrop", "data"} <= {
        code for code, _label in ITEM_TYPE_CHOICES
    }
    assert all(str(label) for _code, label in ITEM_TYPE_CHOICES)


# --- What may be published ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item_type", "content", "problem"),
    [
        (SINGLE, choices(("Yes", True), ("No", False)), None),
        (SINGLE, choices(("Yes", True)), "at least two options"),
        (SINGLE, choices(), "at least two options"),
        (SINGLE, choices(("Yes", False), ("No", False)), "exactly one option"),
        (SINGLE, choices(("Yes", True), ("No", True)), "exactly one option"),
        (SINGLE, choices(("Yes", True), (" yes ", False)), "same text"),
        (MULTIPLE, choices(("Yes", True), ("No", True)), None),
        (MULTIPLE, choices(("Yes", True), ("No", False)), None),
        (MULTIPLE, choices(("Yes", False), ("No", False)), "at least one option"),
        (MULTIPLE, choices(("Yes", True)), "at least two options"),
        (MULTIPLE, choices(("ÉTÉ", True), ("été", False)), "same text"),
        (NUMERIC, number("0"), None),
        (NUMERIC, number("12.5", "0.1"), None),
        (NUMERIC, number("12.5", None), None),
        (NUMERIC, number(None), "correct value"),
        (NUMERIC, number("1", "-0.1"), "cannot be negative"),
    ],
)
def test_what_cannot_be_published_says_why(item_type, content, problem):
    found = item_type.problem(content)
    assert (found is None) if problem is None else (problem in found)


# --- Choices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answers", "answer"), [((), None), (("",), None), (("b",), "b")])
def test_one_choice_is_read(answers, answer):
    assert SINGLE.parse(form(*answers), ASKED) == answer


@pytest.mark.parametrize("answer", ["d", "A", " a", "a,b", "<script>", "None"])
def test_what_is_no_option_is_no_choice(answer):
    with pytest.raises(ValueError, match="Choose"):
        SINGLE.parse(form(answer), ASKED)
    with pytest.raises(ValueError, match="Choose"):
        MULTIPLE.parse(form("a", answer), ASKED)


@pytest.mark.parametrize(
    ("answers", "answer"),
    [((), None), (("b",), ["b"]), (("c", "a"), ["a", "c"]), (("a", "a"), ["a"])],
)
def test_several_choices_are_read_once_each(answers, answer):
    assert MULTIPLE.parse(form(*answers), ASKED) == answer


@pytest.mark.parametrize(("answer", "score"), [("a", 1), ("b", 0), (None, 0), ("", 0)])
def test_one_choice_is_right_or_wrong(answer, score):
    key = SINGLE.key(choices(("Yes", True), ("No", False)))
    assert SINGLE.grade(key, answer) == score


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (["a", "c"], 1),
        (["c", "a"], 1),
        (["a"], 0),
        (["a", "b", "c"], 0),
        (["b"], 0),
        ([], 0),
        (None, 0),
    ],
)
def test_all_the_right_choices_and_no_other_score(answer, score):
    key = MULTIPLE.key(choices(("One", True), ("Two", False), ("Three", True)))
    assert MULTIPLE.grade(key, answer) == score


@pytest.mark.parametrize(
    ("item_type", "value", "pattern"),
    [
        (SINGLE, "a", "a"),
        (SINGLE, None, ""),
        (MULTIPLE, ["a", "c"], "a[,]c"),
        (MULTIPLE, None, ""),
        (NUMERIC, "1 234,5", "1234.5"),
        (NUMERIC, "−3", "-3"),
        (NUMERIC, None, ""),
        (NUMERIC, NUMERIC.key(number("12.5", "0.5")), "12.0[:]13.0"),
        (NUMERIC, NUMERIC.key(number("100")), "100[:]100"),
    ],
)
def test_answers_are_written_as_xapi_writes_them(item_type, value, pattern):
    """xAPI Data 2.4.4.1: [,] between choices, [:] between the ends of a range."""
    assert item_type.pattern(value) == pattern


@pytest.mark.parametrize(
    ("item_type", "options", "chance"),
    [(SINGLE, 4, 1 / 4), (SINGLE, 2, 1 / 2), (MULTIPLE, 4, 1 / 15), (NUMERIC, 0, 0)],
)
def test_the_chance_of_a_lucky_guess(item_type, options, chance):
    assert item_type.guessing(None, {"options": [{}] * options}) == pytest.approx(chance)


# --- Numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("0,05", "0.05"),
        (",5", "0.5"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234\u202f567,25", "1234567.25"),
        ("1'234.5", "1234.5"),
        ("1’234.5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567.8", "1234567.8"),
        ("1.234.567,8", "1234567.8"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("- 3,5", "-3.5"),
        ("+3", "3"),
        ("  7\t", "7"),
        ("007", "7"),
        ("1e3", "1000"),
        ("1000000000000000", "1e15"),
    ],
)
def test_a_number_is_read_as_people_write_it(text, value):
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ",",
        ".",
        "twelve",
        "12 %",
        "12%",
        "12€",
        "1/2",
        "0x10",
        "--3",
        "1.2.3",
        "1,2,3",
        "1.2,3.4",
        "1_000",
        "nan",
        "sNaN",
        "inf",
        "Infinity",
        "-infinity",
        "1e16",
        "-1000000000000001",
        "1e999999",
        "1e9999999",
        "1e999999999999999999999",
        "9" * 40,
        "<script>",
    ],
)
def test_what_is_no_usable_number_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"Write a number, such as 12\.5\."):
        parse_number(text)


def test_a_number_is_kept_as_it_was_written():
    assert NUMERIC.parse(form(" 1 234,5 "), {}) == "1 234,5"


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_no_number_is_no_answer(text):
    assert NUMERIC.parse(form(text), {}) is None
    assert NUMERIC.grade({"value": "0", "tolerance": "0"}, None) == 0


def test_garbage_is_not_saved():
    with pytest.raises(ValueError, match="Write a number"):
        NUMERIC.parse(form("a lot"), {})


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("12,5", 1),
        ("12.500", 1),
        ("12,4", 1),
        ("12.6", 1),
        ("12,39", 0),
        ("12.600001", 0),
        ("-12,5", 0),
        ("125", 0),
        ("1e-9999999", 0),
    ],
)
def test_a_number_is_right_within_its_tolerance_ends_included(answer, score):
    assert NUMERIC.grade(NUMERIC.key(number("12.5", "0.1")), answer) == score


@pytest.mark.parametrize(("answer", "score"), [("0,3", 1), ("0.30", 1), ("0,30000001", 0)])
def test_without_a_tolerance_the_number_is_exact(answer, score):
    assert NUMERIC.grade(NUMERIC.key(number("0.3", None)), answer) == score
