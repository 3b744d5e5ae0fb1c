"""Moodle XML, as Moodle's question bank exports it."""

import pytest

from tests.assessments.exchange.files import (
    PICTURE_64,
    answer,
    changes,
    only,
    parts,
    question,
    quiz,
    read,
    refusal,
    taken,
)

FEEDBACKS = (
    '<correctfeedback format="html"><text>Your answer is correct.</text></correctfeedback>'
    '<incorrectfeedback format="html"><text>Read chapter 2.</text></incorrectfeedback>'
)


def one(kind: str, body: str = "", **more) -> str:
    return quiz(question(kind, body, **more))


def test_single_choice_with_picture_feedback_tags_and_category():
    text = (
        '<p>What is <em>this</em>?<br><img src="@@PLUGINFILE@@/a%20b.png" alt="A square" width="9">'
        "</p><p>x &lt; y &nbsp;</p>"
    )
    body = (
        "<single>true</single><shuffleanswers>true</shuffleanswers>"
        f"<answernumbering>abc</answernumbering>{FEEDBACKS}"
        f"{answer('<p>A <strong>square</strong></p>', 100, '<p>Yes.</p>')}{answer('A ring', 0)}"
        "<hint><text>Count the corners.</text></hint>"
        "<tags><tag><text>level:3</text></tag><tag><text>shapes</text></tag></tags>"
    )
    file = f'<file name="a b.png" path="/" encoding="base64">{PICTURE_64}</file></questiontext>'
    source = quiz(
        '<question type="category"><category><text>$course$/top/Maths/Shapes</text></category>'
        "<info><text>For beginners</text></info></question>",
        question("multichoice", body, text).replace("</questiontext>", file),
    )
    reading = read(source)
    [item] = reading.items
    [key] = item.media
    assert item.kind == "single"
    assert item.source.stem == (
        f'<p>What is <i>this</i>?</p><img src="media:{key}" alt="A square"><p>x &lt; y</p>'
    )
    assert parts(item, "text", "correct", "feedback") == [
        ("A square", True, "Yes."),
        ("A ring", False, ""),
    ]
    assert item.source.explanation == "<p>Because.</p>"
    assert (item.level, item.tags) == (3, ["Maths", "Shapes", "shapes"])
    assert "Read chapter 2" in changes(item)
    assert "Count the corners" in changes(item)
    assert "Bold and italic" in changes(item)
    assert "Your answer is correct" not in changes(item)
    assert "For beginners" in reading.notes[0].why


def test_multiple_answers_keep_their_rule_for_points():
    body = "<single>false</single>"
    positive = taken(one("multichoice", body + answer("a", 50) + answer("b", 50) + answer("c", 0)))
    negative = taken(
        one("multichoice", body + answer("a", 33.33333) + answer("b", 66.66667) + answer("c", -100))
    )
    assert (positive.kind, positive.scoring) == ("multiple", "each")
    assert negative.scoring == "penalty"
    assert "counts the same" in changes(negative)


def test_one_answer_that_nothing_makes_right_is_refused():
    body = "<single>true</single>"
    assert "None of them is right" in refusal(only(one("multichoice", body + answer("a", 0))))
    both = body + answer("a", 100) + answer("b", 100)
    assert "to the same degree" in refusal(only(one("multichoice", both)))


def test_true_or_false_becomes_two_options():
    item = taken(one("truefalse", answer("true", 0, "No.") + answer("false", 100, "Yes.")))
    assert parts(item, "text", "correct", "feedback") == [
        ("True", False, "No."),
        ("False", True, "Yes."),
    ]
    assert "single choice" in changes(item)


def test_short_answers_with_shares_and_wildcards():
    body = (
        "<usecase>1</usecase>"
        + answer("Ottawa", 100, "Yes")
        + answer("Hull", 50)
        + answer("*", 0, "It is in Ontario.")
    )
    item = taken(one("shortanswer", body))
    assert parts(item, "text", "credit") == [("Ottawa", 1.0), ("Hull", 0.5)]
    for said in ("Capital letters", "Sign *", "It is in Ontario."):
        assert said in changes(item)


def test_numbers_with_units_and_further_answers():
    body = (
        '<answer fraction="100" format="moodle_auto_format"><text>2,5</text>'
        "<feedback><text>Well.</text></feedback><tolerance>0.1</tolerance></answer>"
        '<answer fraction="50"><text>2</text><tolerance>0</tolerance></answer>'
        "<unitgradingtype>1</unitgradingtype><units><unit><multiplier>1</multiplier>"
        "<unit_name>m</unit_name></unit><unit><multiplier>100</multiplier>"
        "<unit_name>cm</unit_name></unit></units>"
    )
    item = taken(one("numerical", body))
    assert (item.numeric_value, item.numeric_tolerance, item.source.unit) == ("2.5", "0.1", "m")
    assert parts(item, "unit", "factor") == [("cm", 0.01)]
    assert "Answer 2" in changes(item)
    assert "Well." in item.source.explanation


def test_matching_with_a_distractor():
    body = "".join(
        f'<subquestion format="html"><text>{asked}</text><answer><text>{match}</text></answer>'
        "</subquestion>"
        for asked, match in (("&lt;p&gt;Dog&lt;/p&gt;", "barks"), ("Cat", "mews"), ("", "sings"))
    )
    item = taken(one("matching", "<shuffleanswers>true</shuffleanswers>" + body))
    assert parts(item, "prompt", "match") == [("Dog", "barks"), ("Cat", "mews"), ("", "sings")]


def test_essay_and_file_with_what_is_left_out():
    body = (
        "<responseformat>editor</responseformat><responserequired>1</responserequired>"
        "<attachments>2</attachments><maxwordlimit>200</maxwordlimit>"
        '<graderinfo format="html"><text>Look for sources.</text></graderinfo>'
        '<responsetemplate format="html"><text></text></responsetemplate>'
    )
    item = taken(one("essay", body))
    assert (item.kind, item.word_limit) == ("essay", 200)
    assert "Look for sources" in changes(item)
    assert "Files" in changes(item)
    file = taken(
        one("essay", "<responseformat>noinline</responseformat><attachments>1</attachments>")
    )
    assert file.kind == "file"


def test_embedded_answers_become_gaps():
    text = (
        "<p>{1:SHORTANSWER:=Berlin#Yes~%50%Bonn#No longer~*#No} is in {2:MULTICHOICE_V:~Spain~=Germany}"
        " and has {:NM:=3.7:0.1} million.</p>"
    )
    item = taken(one("cloze", text=text))
    assert item.source.stem == "<p>[[1]] is in [[2]] and has [[3]] million.</p>"
    assert parts(item, "name", "kind", "answers") == [
        ("1", "typed", ["Berlin"]),
        ("2", "choice", ["Germany", "Spain"]),
        ("3", "typed", ["3.7"]),
    ]
    for said in ("tolerance of 0.1", "Bonn", "Weights", "not listed", "Left out: “No”"):
        assert said in changes(item)


def test_embedded_answers_in_two_languages():
    text = "{mlang en}<p>Sky: {1:SA:=blue}</p>{mlang}{mlang fr}<p>Ciel : {1:SA:=bleu}</p>{mlang}"
    item = taken(one("multianswer", text=text))
    assert item.words["en"].stem == "<p>Sky: [[1]]</p>"
    assert item.words["fr"].stem == "<p>Ciel : [[1]]</p>"
    assert parts(item, "answers", language="fr") == [(["bleu"],)]


def test_a_gap_of_several_boxes_is_refused():
    assert "MULTIRESPONSE" in refusal(only(one("cloze", text="{1:MULTIRESPONSE:=a~=b~c}")))
    assert "brace" in refusal(only(one("cloze", text="{1:SA:=a")))


@pytest.mark.parametrize("kind", ["ddwtos", "gapselect"])
def test_words_into_gaps(kind):
    box = "dragbox" if kind == "ddwtos" else "selectoption"
    body = "".join(
        f"<{box}><text>{text}</text><group>{group}</group></{box}>"
        for text, group in (("cat", 1), ("dog", 1), ("mat", 2))
    )
    item = taken(one(kind, body, text="<p>The [[1]] sat on the [[3]].</p>"))
    assert parts(item, "name", "answers") == [("1", ["cat", "dog"]), ("3", ["mat"])]
    assert "Nothing belongs" in refusal(only(one(kind, body, text="[[9]]")))


def test_ordering_by_the_fraction():
    body = "<gradingtype>-1</gradingtype>" + answer("second", 2) + answer("first", 1)
    item = taken(one("ordering", body))
    assert parts(item, "text") == [("first",), ("second",)]
    assert item.scoring == "all"


def test_markers_on_a_picture():
    body = (
        f'<file name="map.png" encoding="base64">{PICTURE_64}</file>'
        "<drag><no>1</no><text>North</text><noofdrags>1</noofdrags></drag>"
        "<drag><no>2</no><text>South</text></drag><drag><no>3</no><text>Moon</text></drag>"
        "<drop><no>1</no><shape>circle</shape><coords>100,20;10</coords><choice>1</choice></drop>"
        "<drop><no>2</no><shape>rectangle</shape><coords>80,60;40,20</coords><choice>2</choice></drop>"
    )
    item = taken(one("ddmarker", body))
    assert item.kind == "dragdrop"
    assert item.image in item.media
    zones = [part.values for part in item.source.parts if part.kind == "zone"]
    assert (zones[0]["x"], zones[0]["y"], zones[0]["width"], zones[0]["height"]) == (45, 10, 10, 20)
    tokens = {
        part.values["text"]: part.values["zone"]
        for part in item.source.parts
        if part.kind == "token"
    }
    assert tokens == {"North": "place 1", "South": "place 2", "Moon": ""}


def test_words_on_a_picture():
    body = (
        f'<file name="map.png" encoding="base64">{PICTURE_64}</file>'
        "<drag><no>1</no><text>North</text><draggroup>1</draggroup></drag>"
        "<drop><text>Top</text><no>1</no><choice>1</choice><xleft>90</xleft><ytop>5</ytop></drop>"
    )
    item = taken(one("ddimageortext", body))
    assert item.source.parts[0].values["label"] == "Top"
    assert "how large" in changes(item)
    picture = body.replace("<text>North</text>", f'<file name="n.png">{PICTURE_64}</file>')
    assert "no words" in refusal(only(one("ddimageortext", picture)))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("calculated", "drawn from a formula"),
        ("calculatedmulti", "drawn from a formula"),
        ("random", "draws other questions"),
        ("description", "without a question"),
        ("stack", "plug-in"),
    ],
)
def test_what_cannot_stand_here_is_refused_with_the_reason(kind, why):
    assert why in refusal(only(one(kind)))


def test_several_languages_by_spans():
    text = (
        '<p><span lang="en" class="multilang">Hello</span>'
        '<span class="multilang" lang="fr">Bonjour</span> {name}</p>'
    )
    option = (
        '<span lang="en" class="multilang">yes</span><span lang="fr" class="multilang">oui</span>'
    )
    body = "<single>true</single>" + answer(option, 100) + answer("1", 0)
    item = taken(one("multichoice", body, text=text))
    assert item.language == "en"
    assert item.words["fr"].stem == "<p>Bonjour {name}</p>"
    assert parts(item, "text", language="fr") == [("oui",), ("1",)]


def test_a_language_that_the_academy_lacks_is_said():
    text = "{mlang en}Hi{mlang}{mlang de}Hallo{mlang}"
    item = taken(
        one("multichoice", "<single>1</single>" + answer("a", 100) + answer("b", 0), text=text)
    )
    assert list(item.words) == ["en"]
    assert "Language de" in changes(item)


def test_unknown_elements_points_and_hidden_questions_are_said():
    body = (
        "<single>true</single><defaultgrade>5</defaultgrade><hidden>1</hidden><sparkle>9</sparkle>"
        + answer("a", 100)
        + answer("b", 0)
    )
    source = one("multichoice", body).replace("<defaultgrade>1.0000000</defaultgrade>", "")
    item = taken(source.replace("<hidden>0</hidden>", ""))
    assert item.status == "draft"
    assert "<sparkle>" in changes(item)
    assert "It gave 5" in changes(item)


def test_pictures_from_elsewhere_are_not_fetched():
    text = '<p><img src="https://example.org/x.png" alt="X"><img src="@@PLUGINFILE@@/no.png"></p>'
    item = taken(
        one("multichoice", "<single>1</single>" + answer("a", 100) + answer("b", 0), text=text)
    )
    assert item.source.stem == "<p>[X]</p>"
    assert "another server" in changes(item)
    assert "not in the file" in changes(item)


def test_questions_of_one_name_stay_apart():
    body = "<single>1</single>" + answer("a", 100) + answer("b", 0)
    source = quiz(question("multichoice", body, "One?"), question("multichoice", body, "Two?"))
    first, second = (item.source_id for item in read(source).items)
    assert first == "Q"
    assert second.startswith("Q~")
    assert [item.source_id for item in read(source).items] == [first, second]
