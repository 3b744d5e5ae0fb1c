"""What is written reads back as it was: all kinds, in two languages, with all that they can hold."""

import re
from dataclasses import asdict

import pytest

from assessments.exchange import moodle_xml, qti3, spreadsheet
from assessments.exchange.model import ImportedItem, Media, Part, Words
from tests.assessments.exchange.files import PICTURE, read

NASTY = 'a < b & "c" [x] <b>bold?</b> &amp; {1:SA:=x} ]]> ~ = # é\nsecond line'
ID = "_11111111-2222-4333-8444-5555555555{:02}"


def item(kind: str, *shapes: tuple[str, dict], **fields) -> ImportedItem:
    """A question of a kind in English and French; texts get the language's name."""
    picture = Media("map.png", PICTURE)
    made = ImportedItem(
        kind=kind,
        language="en",
        source_id=f"q-{kind}",
        code=f"q-{kind}",
        title=f"q-{kind}",
        competency="skills:A.1",
        level=2,
        difficulty=0.5,
        status="pilot",
        media={picture.key: picture},
        **fields,
    )
    if fields.get("image"):
        made.image = picture.key
    for language in ("en", "fr"):
        stem = f'<p>What <b>is</b> &lt;it&gt; ({language})?</p><img src="media:{picture.key}" alt="A &quot;map&quot;"><ul><li>one</li></ul>'
        if kind == "cloze":
            stem = f"<p>({language}) [[one]] then [[two]].</p><p>[[one]] is not twice.</p>".replace(
                "[[one]] is", "It is"
            )
        parts = [
            Part(
                name,
                {
                    key: f"{value} {language}" if value == NASTY else value
                    for key, value in values.items()
                },
                ID.format(number),
            )
            for number, (name, values) in enumerate(shapes)
        ]
        made.words[language] = Words(
            stem, parts, f"<p>Because ({language}) <i>so</i>.</p>", "km" if kind == "numeric" else "",
            "Teal" if made.image else "",
        )  # fmt: skip
    if kind == "cloze":
        made.media = {}
    return made


def option(correct: bool, text: str = NASTY) -> tuple[str, dict]:
    return "option", {"text": text, "correct": correct, "feedback": "Well."}


BOX = {"x": 12.34, "y": 5.0, "width": 10.0, "height": 33.33}
ITEMS = [
    item("single", option(True), option(False, "other")),
    item(
        "multiple", option(True), option(True, "other"), option(False, "third"), scoring="penalty"
    ),
    item("multiple", option(True), option(False, "other"), scoring="all"),
    item(
        "numeric",
        ("unit", {"unit": "m", "factor": 0.001}),
        numeric_value="42.195",
        numeric_tolerance="0.2",
    ),
    item(
        "matching",
        ("pair", {"prompt": NASTY, "match": "x", "feedback": "Well."}),
        ("pair", {"prompt": "b", "match": "y", "feedback": ""}),
        ("pair", {"prompt": "", "match": "z", "feedback": ""}),
        scoring="each",
    ),
    item(
        "ordering",
        ("step", {"text": NASTY, "feedback": "Well."}),
        ("step", {"text": "b", "feedback": ""}),
        scoring="each",
    ),
    item(
        "short",
        ("accepted", {"text": "yes", "credit": 1.0, "feedback": "Well."}),
        ("accepted", {"text": "yea", "credit": 0.5, "feedback": ""}),
    ),
    item(
        "cloze",
        ("gap", {"name": "one", "kind": "choice", "answers": ["a", "b < c"], "feedback": "Well."}),
        ("gap", {"name": "two", "kind": "typed", "answers": ["x & y", "z"], "feedback": ""}),
        scoring="each",
    ),
    item(
        "hotspot",
        ("spot", {"label": "Left", **BOX, "correct": True, "feedback": "Well."}),
        ("spot", {"label": "Right", **BOX, "correct": False, "feedback": ""}),
        image="map",
    ),
    item(
        "dragdrop",
        ("zone", {"label": "Left", **BOX}),
        ("token", {"text": "here", "zone": "Left", "feedback": "Well."}),
        ("token", {"text": "nowhere", "zone": "", "feedback": ""}),
        image="map",
        scoring="each",
    ),
    item("essay", word_limit=150),
    item("file"),
]
each_item = pytest.mark.parametrize("made", ITEMS, ids=lambda made: f"{made.kind}-{made.scoring}")


def facts(made: ImportedItem, *, with_idents: bool) -> dict:
    said = made.facts()
    said["words"] = {
        language: {
            **asdict(words),
            "parts": [
                (part.kind, {key: part.values[key] for key in sorted(part.values)},
                 part.ident if with_idents else "")
                for part in words.parts
            ],
        }
        for language, words in made.words.items()
    }  # fmt: skip
    return said


@each_item
def test_qti_3(made):
    reading = read(qti3.write([made]))
    [again] = reading.items
    assert reading.notes == []
    assert not again.is_refused, again.notes
    with_idents = made.kind not in ("short", "numeric")
    assert facts(again, with_idents=with_idents) == facts(made, with_idents=with_idents)
    assert (again.status, again.code) == ("pilot", made.code)


@each_item
def test_the_table(made):
    data, ending = spreadsheet.write([made])
    reading = read(data)
    [again] = reading.items
    assert (ending, reading.notes) == ("zip" if made.media else "csv", [])
    assert not again.is_refused, again.notes
    assert facts(again, with_idents=False) == facts(made, with_idents=False)


@pytest.mark.parametrize(
    "made",
    [made for made in ITEMS if made.kind in moodle_xml.WRITTEN],
    ids=lambda made: f"{made.kind}-{made.scoring}",
)
def test_moodle_xml(made):
    """Except what Moodle has no place for: names of gaps and of places, feedback of pairs and drags,
    what a picture shows."""
    [again] = read(moodle_xml.write([made])).items
    assert not again.is_refused, again.notes
    lost = {
        "cloze": ("name",),
        "matching": ("feedback",),
        "dragdrop": ("label", "zone", "feedback"),
    }
    found, said = facts(again, with_idents=False), facts(made, with_idents=False)
    for words in (*found["words"].values(), *said["words"].values()):
        words["image_alt"] = ""
        words["stem"] = re.sub(r"\[\[\w+\]\]", "[[gap]]", words["stem"])
        for _kind, values, _ident in words["parts"]:
            for name in lost.get(made.kind, ()):
                values.pop(name, None)
            for name in ("x", "y", "width", "height"):
                if name in values:
                    values[name] = round(values[name])
    assert found == said


def test_several_in_one_file_with_pictures_written_once():
    singles = [made for made in ITEMS if made.code in ("q-single", "q-hotspot", "q-short")]
    reading = read(qti3.write(singles))
    assert [item.source_id for item in reading.items] == ["q-single", "q-short", "q-hotspot"]
    assert reading.notes == []
