"""Aiken."""

from tests.assessments.exchange.files import parts, read, refusal, taken


def test_questions_with_either_sign_after_the_letter():
    first, second = read(
        "What is <1>?\nIt goes on.\nA. one\nB. two\nand more\nANSWER: B\n\n\nNext?\nA) x\nB) y\nANSWER: a\n"
    ).items
    assert first.source.stem == "<p>What is &lt;1&gt;?<br/>It goes on.</p>"
    assert parts(first, "text", "correct") == [("one", False), ("two\nand more", True)]
    assert parts(second, "text", "correct") == [("x", True), ("y", False)]


def test_what_is_wrong_with_a_question_is_said():
    items = read(
        "One?\nA. a\nB. b\nANSWER: C\n\nTwo?\nA. a\nA. b\nANSWER: A\n\nThree?\nA. a\nB. b"
    ).items
    assert "C, which is no option" in refusal(items[0])
    assert "same letter" in refusal(items[1])
    assert "no line" in refusal(items[2])


def test_the_same_question_has_the_same_source_id_each_time():
    text = "One?\nA. a\nB. b\nANSWER: A\n"
    assert taken(text).source_id == taken("\ufeff" + text.replace("\n", "\r\n")).source_id
