"""GIFT, as Moodle documents and writes it."""

import pytest

from tests.assessments.exchange.files import changes, only, parts, read, refusal, taken


def test_one_right_answer_with_feedback_title_and_explanation():
    item = taken(
        "// a comment [id:ab12] [tag:level:2]\n$CATEGORY: $course$/top/Sums\n\n"
        "::Sum:: [html]What is <b>1+1</b>? {\n  =2 #Yes\n  ~3 #No: \\{3\\}\n  ####Count.\n}\n"
    )
    assert (item.kind, item.title, item.source_id, item.level) == ("single", "Sum", "ab12", 2)
    assert item.source.stem == "<p>What is <b>1+1</b>?</p>"
    assert parts(item, "text", "correct", "feedback") == [
        ("2", True, "Yes"),
        ("3", False, "No: {3}"),
    ]
    assert item.source.explanation == "<p>Count.</p>"
    assert item.tags == ["Sums"]


def test_weights_make_multiple_choice_and_negative_ones_a_penalty():
    item = taken("Which?{~%50%a ~%50%b ~%-100%c}")
    assert (item.kind, item.scoring) == ("multiple", "penalty")
    assert parts(item, "text", "correct") == [("a", True), ("b", True), ("c", False)]
    uneven = taken("Which?{~%60%a ~%40%b ~c}")
    assert uneven.scoring == "each"
    assert "counts the same" in changes(uneven)


@pytest.mark.parametrize(
    ("answers", "value", "tolerance"),
    [
        ("#3.14:0.01", "3.14", "0.01"),
        ("#1..5", "3", "2"),
        ("#=1822:0", "1822", "0"),
        ("#-4", "-4", "0"),
    ],
)
def test_numbers(answers, value, tolerance):
    item = taken(f"How many?{{{answers}}}")
    assert (item.kind, item.numeric_value, item.numeric_tolerance) == ("numeric", value, tolerance)


def test_a_second_number_is_said_to_be_left_out():
    item = taken("When?{#=1822:0 =%50%1822:2#nearly}")
    assert "1822:2" in changes(item)
    assert "nearly" in changes(item)


def test_true_false_short_matching_essay_and_a_missing_word():
    items = read(
        "The sun is a star.{T#It is.#Right.}\n\nCapital?{=Ottawa =%50%Hull#near}\n\n"
        "Match.{=a -> 1 =b -> 2}\n\nWrite.{}\n\nAn {=apple ~pear} a day."
    ).items
    truth, short, match, essay, gap = items
    assert [item.kind for item in items] == ["single", "short", "matching", "essay", "single"]
    assert parts(truth, "text", "correct", "feedback") == [
        ("True", True, "Right."),
        ("False", False, "It is."),
    ]
    assert parts(short, "text", "credit", "feedback") == [
        ("Ottawa", 1.0, ""),
        ("Hull", 0.5, "near"),
    ]
    assert parts(match, "prompt", "match") == [("a", "1"), ("b", "2")]
    assert essay.source.parts == []
    assert gap.source.stem == "<p>An _____ a day.</p>"
    assert "marked by a line" in changes(gap)


def test_a_brace_left_open_refuses_that_question_and_no_other():
    items = read("::One:: What { =x ~y\n\n::Two:: And? {=a ~b}\n\nOnly text.\n").items
    assert [item.is_refused for item in items] == [True, False, True]
    assert "brace" in refusal(items[0])
    assert "without a question" in refusal(items[2])


def test_a_blank_line_within_braces_ends_nothing():
    assert parts(taken("Which?{\n=a\n\n~b\n}\n"), "text") == [("a",), ("b",)]


def test_answers_that_begin_like_nothing_known_are_refused():
    assert "begin with" in refusal(only("Which?{what}"))


def test_a_word_that_stands_for_any_is_said():
    item = taken("Say.{=yes ~%0%*#no} {}".replace(" {}", ""))
    assert item.kind == "single"
    wild = taken("Say.{=yes =*}")
    assert parts(wild, "text") == [("yes",)]
    assert "*" in changes(wild)
