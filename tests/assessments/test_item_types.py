"""Each kind of question: what may be published, what may be answered, what is right.

Pure tables; no database.
"""

import json
import random
import unicodedata
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from assessments.item_types import ITEM_TYPE_CHOICES, Asked, item_type_for
from assessments.item_types.numeric import parse_number
from assessments.item_types.text import normalised

SINGLE, MULTIPLE, NUMERIC, MATCHING, ORDERING, SHORT, CLOZE = map(
    item_type_for, ("single", "multiple", "numeric", "matching", "ordering", "short", "cloze")
)
WORDS = {"options": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
ASKED = Asked(document={"languages": {"en": WORDS}}, language="en")


def choices(*options: tuple[str, bool]) -> SimpleNamespace:
    """A content with these options (text, correct), their ids "a", "b", "c"."""
    return parts("option", *({"text": text, "correct": correct} for text, correct in options))


def parts(kind: str, *values: dict, stem: str = "<p>?</p>", scoring: str = "all", **fields):
    """A content with these blocks, their ids "a", "b", "c"."""
    return SimpleNamespace(
        stem=stem,
        scoring=scoring,
        options=[
            SimpleNamespace(id=letter, block_type=kind, value={"feedback": "", **value})
            for letter, value in zip("abcdefghijkl", values, strict=False)
        ],
        **fields,
    )


def pairs(*texts: tuple[str, str], **fields) -> SimpleNamespace:
    return parts("pair", *({"prompt": one, "match": two} for one, two in texts), **fields)


def steps(*texts: str, **fields) -> SimpleNamespace:
    return parts("step", *({"text": text} for text in texts), **fields)


def accepted(*answers: tuple[str, float]) -> SimpleNamespace:
    return parts("accepted", *({"text": text, "credit": credit} for text, credit in answers))


def gaps(stem: str, *of: tuple[str, str, str], **fields) -> SimpleNamespace:
    values = ({"name": name, "kind": kind, "answers": answers} for name, kind, answers in of)
    return parts("gap", *values, stem=stem, **fields)


def asked(item_type, content, *others, answer=None, order=None) -> Asked:
    """The question as published, in English and, from other contents, further languages."""
    words = [{"stem": one.stem, "unit": "", **item_type.words(one)} for one in (content, *others)]
    return Asked(
        document={
            "key": item_type.key(content),
            "settings": item_type.settings(content),
            "languages": dict(zip(("en", "fr"), words, strict=False)),
        },
        language="en",
        order=order if order is not None else item_type.order(words[0], random.Random(7)),
        answer=answer,
    )


def score(item_type, content, answer, *others) -> float:
    question = asked(item_type, content, *others, answer=answer)
    return item_type.grade(item_type.key_for(question), answer)


def filled(question: Asked, **values: str) -> QueryDict:
    """A form with a value for each part: `a="2"` is sent as `answer-a=2`."""
    data = QueryDict(mutable=True)
    data.update({f"answer-{part}": value for part, value in values.items()})
    return data


def number(value: str | None, tolerance: str | None = "0") -> SimpleNamespace:
    return SimpleNamespace(
        options=[],
        unit="",
        numeric_value=None if value is None else Decimal(value),
        numeric_tolerance=None if tolerance is None else Decimal(tolerance),
    )


def form(*answers: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.setlist("answer", list(answers))
    return data


def test_every_kind_has_a_name_for_its_author():
    codes = {code for code, _label in ITEM_TYPE_CHOICES}
    assert {"single", "multiple", "numeric", "matching", "ordering", "short", "cloze"} <= codes
    assert {"hotspot", "dragdrop", "data"} <= codes
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
        (MATCHING, pairs(("One", "1"), ("Two", "2")), None),
        (MATCHING, pairs(("One", "Number"), ("Two", "number"), ("A", "Letter")), None),
        (MATCHING, pairs(("One", "1"), ("", "2")), "at least two prompts"),
        (MATCHING, pairs(("One", "1"), ("Two", " 1 ")), "two different matches"),
        (MATCHING, pairs(("One", "1"), ("one", "2")), "Two prompts have the same text"),
        (MATCHING, pairs(("One", "1"), ("Two", "2"), ("", "2")), "has no prompt"),
        (MATCHING, pairs(), "at least two prompts"),
        (ORDERING, steps("First", "Then", "Last"), None),
        (ORDERING, steps("First", "Then"), "at least three steps"),
        (ORDERING, steps("First", "Then", "first "), "Two steps have the same text"),
        (SHORT, accepted(("median", 1)), None),
        (SHORT, accepted(("median\nthe median", 1), ("mean", 0)), None),
        (SHORT, accepted(("mean", 0.5)), "all the points"),
        (SHORT, accepted(), "all the points"),
        (SHORT, accepted(("médiane", 1), ("Mediane", 0.5)), "accepted twice"),
        (SHORT, accepted((" \n ", 1)), "no letter or number"),
        (CLOZE, gaps("<p>[[a]]</p>", ("a", "typed", "x")), None),
        (
            CLOZE,
            gaps("<p>[[ a ]] [[b&amp;c]]</p>", ("a", "typed", "x"), ("b&c", "typed", "y")),
            None,
        ),
        (CLOZE, gaps("<p>None</p>"), "at least one gap"),
        (CLOZE, gaps("<p>None</p>", ("a", "typed", "x")), r"must say [[a]] once"),
        (CLOZE, gaps("<p>[[a]] [[a]]</p>", ("a", "typed", "x")), r"must say [[a]] once"),
        (CLOZE, gaps("<p>[[a]] [[b]]</p>", ("a", "typed", "x")), "no gap has this name"),
        (CLOZE, gaps("<p>[[a]]</p>", ("a", "typed", "x"), ("a", "typed", "y")), "Two gaps"),
        (CLOZE, gaps("<p>[[a]]</p>", ("a", "typed", " ")), "no letter or number"),
        (CLOZE, gaps("<p>[[a]]</p>", ("a", "choice", "x")), "at least two answers"),
        (CLOZE, gaps("<p>[[a]]</p>", ("a", "choice", "x\nx")), "are the same"),
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
    [(SINGLE, 4, 1 / 4), (SINGLE, 2, 1 / 2), (MULTIPLE, 4, 1 / 15), (NUMERIC, 0, 0), (SHORT, 0, 0)],
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
    assert NUMERIC.parse(form(" 1 234,5 "), ASKED) == "1 234,5"


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_no_number_is_no_answer(text):
    assert NUMERIC.parse(form(text), ASKED) is None
    assert NUMERIC.grade({"value": "0", "tolerance": "0"}, None) == 0


def test_garbage_is_not_saved():
    with pytest.raises(ValueError, match="Write a number"):
        NUMERIC.parse(form("a lot"), ASKED)


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


# --- Units ----------------------------------------------------------------------------------------


def length() -> SimpleNamespace:
    """12.5 km, within 0.1; metres and miles are accepted too."""
    return parts(
        "unit",
        {"unit": "m", "factor": 0.001},
        {"unit": "mi", "factor": 1.609344},
        unit="km",
        numeric_value=Decimal("12.5"),
        numeric_tolerance=Decimal("0.1"),
    )


def in_km() -> Asked:
    question = asked(NUMERIC, length())
    question.words["unit"] = "km"
    return question


@pytest.mark.parametrize(
    ("number", "unit", "answer"),
    [
        ("12,5", "own", {"value": "12,5", "unit": ""}),
        ("12 500", "a", {"value": "12 500", "unit": "a"}),
        ("12 500 m", "", {"value": "12 500", "unit": "a"}),
        ("12.5km", "", {"value": "12.5", "unit": ""}),
        ("12.5 KM", "own", {"value": "12.5", "unit": ""}),
        ("", "a", None),
    ],
)
def test_a_unit_is_chosen_or_typed(number, unit, answer):
    data = form(number)
    data["answer-unit"] = unit
    assert NUMERIC.parse(data, in_km()) == answer


@pytest.mark.parametrize(
    ("number", "unit", "problem"),
    [
        ("12,5", "", "Choose the unit"),
        ("12,5", "z", "Choose from the lists"),
        ("12.5 km", "a", "one unit and chose another"),
        ("12.5 kg", "own", "Write a number"),
        ("9" * 100, "own", "Write a number"),
    ],
)
def test_a_number_without_a_usable_unit_is_asked_about(number, unit, problem):
    data = form(number)
    data["answer-unit"] = unit
    with pytest.raises(ValueError, match=problem):
        NUMERIC.parse(data, in_km())


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("12.5", "", 1), ("12500", "a", 1), ("12.5", "a", 0), ("7.8", "b", 1), ("12500", "", 0)],
)
def test_other_units_are_converted(value, unit, expected):
    assert score(NUMERIC, length(), {"value": value, "unit": unit}) == expected


def test_a_number_is_told_in_the_unit_of_the_question():
    question = asked(NUMERIC, length(), answer={"value": "12 400", "unit": "a"})
    assert NUMERIC.response_pattern(question) == "12.4"


def test_the_unit_shown_beside_a_number_may_be_typed():
    words = {"options": [], "unit": "%"}
    question = Asked(document={"languages": {"en": words}}, language="en")
    assert NUMERIC.parse(form("12,5 %"), question) == "12,5"


@pytest.mark.parametrize(
    ("units", "own", "problem"),
    [
        ([("m", 1)], "", "Give the unit"),
        ([("km", 1)], "km", "Two units are the same"),
        ([("m", 0)], "km", "greater than 0"),
        ([("m", -1)], "km", "greater than 0"),
    ],
)
def test_units_that_cannot_be_converted_are_refused(units, own, problem):
    content = parts("unit", *({"unit": name, "factor": factor} for name, factor in units), unit=own)
    content.numeric_value, content.numeric_tolerance = Decimal(1), Decimal(0)
    assert problem in NUMERIC.problem(content)


# --- Parts that add up ----------------------------------------------------------------------------

FOUR = (("One", True), ("Two", True), ("Three", False), ("Four", False))
THREE = (("One", "1"), ("Two", "2"), ("Three", "3"), ("", "4"))


@pytest.mark.parametrize(
    ("answer", "whole", "each", "penalty"),
    [
        (["a", "b"], 1, 1, 1),
        (["a"], 0, 3 / 4, 1 / 2),
        (["a", "c"], 0, 2 / 4, 0),
        (["a", "b", "c"], 0, 3 / 4, 1 / 2),
        (["a", "b", "c", "d"], 0, 2 / 4, 0),
        (["c", "d"], 0, 0, 0),
        ([], 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_choices_add_up_by_the_rule_of_their_author(answer, whole, each, penalty):
    for scoring, expected in (("all", whole), ("each", each), ("penalty", penalty)):
        content = choices(*FOUR)
        content.scoring = scoring
        assert score(MULTIPLE, content, answer) == pytest.approx(expected), scoring


@pytest.mark.parametrize(
    ("answer", "whole", "each", "penalty"),
    [
        ({"a": "a", "b": "b", "c": "c"}, 1, 1, 1),
        ({"a": "a", "b": "b"}, 0, 2 / 3, 2 / 3),
        ({"a": "a", "b": "b", "c": "d"}, 0, 2 / 3, 1 / 3),
        ({"a": "b", "b": "a", "c": "c"}, 0, 1 / 3, 0),
        ({"a": "a", "z": "a"}, 0, 1 / 3, 1 / 3),
        ({}, 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_matches_add_up_by_the_rule_of_their_author(answer, whole, each, penalty):
    for scoring, expected in (("all", whole), ("each", each), ("penalty", penalty)):
        content = pairs(*THREE, scoring=scoring)
        assert score(MATCHING, content, answer) == pytest.approx(expected), scoring


@pytest.mark.parametrize(
    ("answer", "whole", "each", "penalty"),
    [
        (list("abcd"), 1, 1, 1),
        (list("bcda"), 0, 2 / 3, 1 / 3),
        (list("abdc"), 0, 1 / 3, 0),
        (list("dcba"), 0, 0, 0),
        (["a", "b", None, None], 0, 1 / 3, 1 / 3),
        (["a", None, "b", "c"], 0, 1 / 3, 1 / 3),
        (["a", "b", "a", "b"], 0, 1 / 3, 0),
        (None, 0, 0, 0),
    ],
)
def test_neighbours_in_an_order_add_up_by_the_rule_of_their_author(answer, whole, each, penalty):
    for scoring, expected in (("all", whole), ("each", each), ("penalty", penalty)):
        content = steps("One", "Two", "Three", "Four", scoring=scoring)
        assert score(ORDERING, content, answer) == pytest.approx(expected), scoring


TEXT = "<p>The [[middle]] is less [[moved]] by [[what]].</p>"
GAPS = (
    ("middle", "typed", "median\nthe median"),
    ("moved", "choice", "moved\nliked\nread"),
    ("what", "typed", "outliers"),
)


@pytest.mark.parametrize(
    ("answer", "whole", "each", "penalty"),
    [
        ({"a": "MEDIAN", "b": "0", "c": "Outliers."}, 1, 1, 1),
        ({"a": "the  médian", "b": "1", "c": "outliers"}, 0, 2 / 3, 1 / 3),
        ({"a": "mean", "b": "0"}, 0, 1 / 3, 0),
        ({"b": "0"}, 0, 1 / 3, 1 / 3),
        ({"z": "median"}, 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_gaps_add_up_by_the_rule_of_their_author(answer, whole, each, penalty):
    for scoring, expected in (("all", whole), ("each", each), ("penalty", penalty)):
        content = gaps(TEXT, *GAPS, scoring=scoring)
        assert score(CLOZE, content, answer) == pytest.approx(expected), scoring


def test_what_counts_all_or_nothing_is_frozen_as_it_always_was():
    assert MULTIPLE.settings(choices(*FOUR)) == {}
    assert MULTIPLE.settings(parts("option", scoring="each")) == {"scoring": "each"}


@pytest.mark.parametrize(
    ("item_type", "content", "chance"),
    [
        (MATCHING, pairs(*THREE), 4**-3),
        (MATCHING, pairs(("One", "N"), ("Two", "N"), ("A", "L")), 2**-3),
        (ORDERING, steps("One", "Two", "Three"), 1 / 6),
        (CLOZE, gaps(TEXT, *GAPS), 0),
        (CLOZE, gaps("[[a]] [[b]]", ("a", "choice", "x\ny"), ("b", "choice", "x\ny\nz")), 1 / 6),
    ],
)
def test_the_chance_of_a_lucky_guess_of_all_parts(item_type, content, chance):
    words = {"stem": content.stem, **item_type.words(content)}
    assert item_type.guessing(item_type.key(content), words) == pytest.approx(chance)


# --- Matching -------------------------------------------------------------------------------------


def test_a_match_is_sent_by_its_place_which_says_nothing_of_the_key():
    question = asked(MATCHING, pairs(*THREE), order=["c", "a", "d", "b"])
    assert MATCHING.parse(filled(question, a="2", b="4", c="3"), question) == {
        "a": "a",
        "b": "b",
        "c": "d",
    }
    shown = MATCHING.context(question)["prompts"][0]["choices"]
    assert [(one["value"], one["text"]) for one in shown] == [
        (1, "3"),
        (2, "1"),
        (3, "4"),
        (4, "2"),
    ]


@pytest.mark.parametrize("value", ["0", "5", "-1", "a", "1 ", "²", "x" * 1_000_000, "\ud800"])
def test_what_is_no_match_is_refused(value):
    question = asked(MATCHING, pairs(*THREE))
    with pytest.raises(ValueError, match="Choose from the lists"):
        MATCHING.parse(filled(question, a=value), question)


def test_prompts_nobody_asked_about_are_left_alone():
    question = asked(MATCHING, pairs(*THREE))
    assert MATCHING.parse(filled(question, z="1", d="1"), question) is None


def test_a_match_of_several_prompts_is_shown_once_and_right_for_each():
    content = pairs(("One", "Number"), ("Two", "number"), ("A", "Letter"))
    question = asked(MATCHING, content)
    assert len(MATCHING.context(question)["prompts"][0]["choices"]) == 2
    assert score(MATCHING, content, {"a": "a", "b": "a", "c": "c"}) == 1


# --- Ordering -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_an_order_is_never_drawn_right(seed):
    words = ORDERING.words(steps("One", "Two", "Three"))
    drawn = ORDERING.order(words, random.Random(seed))
    assert sorted(drawn) == ["a", "b", "c"]
    assert drawn != ["a", "b", "c"]


def test_an_order_is_read_from_the_places():
    question = asked(ORDERING, steps("One", "Two", "Three"))
    assert ORDERING.parse(filled(question, a="2", b="1", c="3"), question) == ["b", "a", "c"]
    assert ORDERING.parse(filled(question, a="3"), question) == [None, None, "a"]
    assert ORDERING.parse(filled(question, z="1"), question) is None
    assert ORDERING.parse(filled(question), question) is None


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"a": "1", "b": "1"}, "Two steps have place 1"),
        ({"a": "4"}, "Choose"),
        ({"a": "0"}, "Choose"),
        ({"a": "9" * 1_000_000}, "Choose"),
    ],
)
def test_places_that_do_not_make_an_order_are_asked_about(values, problem):
    question = asked(ORDERING, steps("One", "Two", "Three"))
    with pytest.raises(ValueError, match=problem):
        ORDERING.parse(filled(question, **values), question)


def test_steps_are_shown_again_in_the_order_given():
    question = asked(
        ORDERING, steps("One", "Two", "Three"), answer=["c", None, "a"], order=list("bca")
    )
    assert [one["id"] for one in ORDERING.context(question)["steps"]] == ["c", "a", "b"]


# --- Short texts ----------------------------------------------------------------------------------

MEDIAN = accepted(("the median\nmedian", 1), ("average", 0.25), ("mean", 0))
MEDIANE = accepted(("la médiane\nmédiane", 1), ("moyenne arithmétique", 0.25), ("moyenne", 0))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("median", 1),
        ("  The   MEDIAN. ", 1),
        ("ＭＥＤＩＡＮ", 1),
        ("Médiane", 1),
        ("average", 0.25),
        ("mean", 0),
        ("mode", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_a_short_text_is_compared_without_case_accents_and_spaces(answer, expected):
    assert score(SHORT, MEDIAN, answer, MEDIANE) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l’État", "l'etat"),
        ("« oui »", '"oui"'),
        ("« oui »", "“OUI”"),
        ("data–driven", "data-driven"),
        ("Straße", "STRASSE"),
        ("œuvre", "Oeuvre"),
        ("ﬁle", "file"),
        ("a\u00a0b\u202fc", "a b c"),
        ("é", "e\u0301"),
        ("İ", "i"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_typography_makes_no_difference(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("C", "C#"), ("1.5", "15"), ("a b", "ab"), ("-1", "1")])
def test_what_means_something_else_stays_different(one, other):
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("item_type", [SHORT, CLOZE])
@pytest.mark.parametrize("text", ["x" * 1_000_000, "é" * 201, "\ud800" * 1_000_000])
def test_a_text_that_is_far_too_long_is_refused(item_type, text):
    content = MEDIAN if item_type is SHORT else gaps(TEXT, *GAPS)
    question = asked(item_type, content)
    data = form(text)
    data["answer-a"] = text
    with pytest.raises(ValueError, match="Write at most"):
        item_type.parse(data, question)


def test_what_no_database_takes_is_not_kept():
    assert SHORT.parse(form("me\x00di\ud800an\n"), asked(SHORT, MEDIAN)) == "median"
    assert SHORT.parse(form("\x00\ud800"), asked(SHORT, MEDIAN)) is None


@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text):
    assert normalised(normalised(text)) == normalised(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_what_one_types_as_accepted_is_accepted(text):
    """In capitals too, between spaces, and as two kinds of computer write the same letters."""
    if not text.upper().isascii() and text.upper().casefold() != text.casefold():
        text = text.casefold()  # letters whose capitals are another word
    for typed in (text, f"  {text} ", unicodedata.normalize("NFD", text)):
        assert normalised(typed) == normalised(text)


# --- Gaps -----------------------------------------------------------------------------------------


def test_a_gap_stands_in_the_text_and_has_a_number():
    question = asked(CLOZE, gaps(TEXT, *GAPS), answer={"a": "mean", "b": "2"})
    shown = CLOZE.context(question)["pieces"]
    html = [one["html"] for one in shown if "html" in one]
    assert html == ["<p>The ", " is less ", " by ", ".</p>"]
    first, second, third = [one for one in shown if "gap" in one]
    assert [one["number"] for one in (first, second, third)] == [1, 2, 3]
    assert (first["answer"], first["choices"], third["answer"]) == ("mean", None, "")
    chosen = [choice["text"] for choice in second["choices"] if choice["selected"]]
    assert chosen == ["read"]


def test_a_choice_in_a_gap_is_sent_by_its_place():
    question = asked(CLOZE, gaps(TEXT, *GAPS), order=["b:2", "b:0", "b:1"])
    assert CLOZE.parse(filled(question, a=" median ", b="2"), question) == {"a": "median", "b": "0"}
    assert CLOZE.parse(filled(question, z="1"), question) is None
    for value in ("0", "4", "x", "-1", "9" * 100_000):
        with pytest.raises(ValueError, match="Choose from the lists"):
            CLOZE.parse(filled(question, b=value), question)


def test_typed_words_of_another_language_are_accepted():
    french = gaps(TEXT, ("middle", "typed", "médiane"), *GAPS[1:])
    assert score(CLOZE, gaps(TEXT, *GAPS), {"a": "mediane", "b": "0", "c": "outliers"}, french) == 1


@pytest.mark.parametrize(
    "translation",
    [
        gaps("<p>[[middle]] [[moved]]</p>", *GAPS),
        gaps(TEXT, GAPS[0], ("moved", "choice", "bougée\naimée"), GAPS[2]),
        gaps(TEXT, *GAPS[:2]),
    ],
)
def test_a_translation_without_the_same_gaps_is_told_apart(translation):
    source, other = (
        {"stem": one.stem, **CLOZE.words(one)} for one in (gaps(TEXT, *GAPS), translation)
    )
    assert CLOZE.part_ids(source) != CLOZE.part_ids(other)


# --- What is told and recorded --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item_type", "content", "answer", "response", "key"),
    [
        (MULTIPLE, choices(*FOUR), ["a", "c"], "a[,]c", "a[,]b"),
        (MATCHING, pairs(*THREE), {"b": "d", "a": "a"}, "a[.]a[,]b[.]d", "a[.]a[,]b[.]b[,]c[.]c"),
        (ORDERING, steps("A", "B", "C"), ["c", None, "a"], "c[,][,]a", "a[,]b[,]c"),
        (SHORT, MEDIAN, "a[,]b", "a[ ,]b", "{case_matters=false}the median"),
        (
            CLOZE,
            gaps(TEXT, *GAPS),
            {"c": "it", "b": "1"},
            "[,]liked[,]it",
            "{case_matters=false}median[,]0[,]outliers",
        ),
    ],
)
def test_answers_and_keys_are_written_as_xapi_writes_them_too(
    item_type, content, answer, response, key
):
    """xAPI Data 2.4.4.1: [.] within a pair, [,] between parts, {case_matters} before words."""
    question = asked(item_type, content, answer=answer)
    assert item_type.response_pattern(question) == response
    assert (
        item_type.pattern(item_type.key_for(question) if key[0] == "{" else item_type.key(content))
        == key
    )


@pytest.mark.parametrize(
    ("item_type", "content", "answer"),
    [
        (MATCHING, pairs(("One", "uno"), ("Two", "dos"), ("Three", "tres")), {"a": "b"}),
        (CLOZE, gaps(TEXT, *GAPS), {"a": "mean", "b": "1"}),
        (SHORT, MEDIAN, "mean"),
        (ORDERING, steps("One", "Two", "Three"), ["c", "b", "a"]),
    ],
)
def test_the_key_and_the_feedback_that_gives_it_are_told_only_when_all_may_be(
    item_type, content, answer
):
    for part in content.options:
        part.value["feedback"] = f"Secret {part.id}"
    question = asked(item_type, content, answer=answer)
    assert "Secret" not in str(item_type.explain(question, whole=False))
    assert not any(
        row.get("right") for row in item_type.explain(question, whole=False).get("rows", [])
    )
    assert "Secret" in str(item_type.explain(question, whole=True))


# --- Whatever is answered -------------------------------------------------------------------------

IDS = st.sampled_from(["a", "b", "c", "d", "z", "", "\ud800"])


@given(
    scoring=st.sampled_from(["all", "each", "penalty"]),
    chosen=st.lists(IDS, max_size=6),
    places=st.lists(st.one_of(st.none(), IDS), max_size=6),
    given=st.dictionaries(IDS, IDS, max_size=6),
)
def test_a_score_is_a_share_and_the_stricter_rule_never_gives_more(scoring, chosen, places, given):
    cases = [
        (
            MULTIPLE,
            parts("option", *({"text": t, "correct": c} for t, c in FOUR), scoring=scoring),
            chosen,
        ),
        (ORDERING, steps("One", "Two", "Three", "Four", scoring=scoring), places),
        (MATCHING, pairs(*THREE, scoring=scoring), given),
        (CLOZE, gaps(TEXT, *GAPS, scoring=scoring), given),
    ]
    for item_type, content, answer in cases:
        found = score(item_type, content, answer)
        assert 0 <= found <= 1
        content.scoring = "all"
        assert score(item_type, content, answer) <= found
        if scoring == "penalty":
            content.scoring = "each"
            assert score(item_type, content, answer) >= found


@given(text=st.text(max_size=80), place=st.text(max_size=8))
def test_whatever_is_sent_is_an_answer_none_or_refused_in_words(text, place):
    for item_type, content in (
        (SHORT, MEDIAN),
        (CLOZE, gaps(TEXT, *GAPS)),
        (MATCHING, pairs(*THREE)),
        (ORDERING, steps("One", "Two", "Three")),
        (NUMERIC, length()),
    ):
        question = asked(item_type, content)
        data = form(text)
        for part in "abcz":
            data[f"answer-{part}"] = place
        try:
            answer = item_type.parse(data, question)
        except ValueError as refusal:
            refused = str(refusal)
            assert refused, item_type
            continue
        kept = Asked(question.document, "en", question.order, answer=answer)
        assert 0 <= item_type.grade(item_type.key_for(kept), answer) <= 1
        json.dumps(answer).encode()
        item_type.context(kept), item_type.explain(kept, whole=True)
        item_type.response_pattern(kept).encode()
