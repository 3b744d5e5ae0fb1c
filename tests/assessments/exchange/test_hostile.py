"""Files that are broken, huge or made to harm: refused in words, never an error, never slow."""

import io
import random
import stat
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.exchange import html, sniff
from assessments.exchange.model import Unreadable
from tests.assessments.exchange.files import (
    CHOICE3,
    DECLARED3,
    PICTURE,
    answer,
    archive,
    changes,
    choice2,
    item3,
    manifest,
    parts,
    question,
    quiz,
    read,
    refusal,
    taken,
)

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {two} "{f"&{one};" * 10}">'
        for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><quiz>&i;</quiz>"
)
OUTSIDE = '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>'
ELSEWHERE = '<!DOCTYPE quiz SYSTEM "http://169.254.169.254/x.dtd"><quiz>&x;</quiz>'


@pytest.mark.parametrize("source", [LAUGHS, OUTSIDE, ELSEWHERE], ids=["laughs", "file", "net"])
def test_entities_are_refused_wherever_they_stand(source):
    with pytest.raises(Unreadable):
        read(source)
    item = source.replace("quiz", "assessmentItem")
    package = read(archive({"a.xml": item, "b.xml": choice2()}))
    assert [one.is_refused for one in package.items] == [True, False]
    with pytest.raises(Unreadable):
        read(archive({"imsmanifest.xml": source.replace("quiz", "manifest"), "b.xml": choice2()}))


def linked() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        entry = zipfile.ZipInfo("a.xml")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(entry, "/etc/passwd")
    return target.getvalue()


def twice() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("a.xml", choice2())
        package.writestr("A.xml", choice2())
    return target.getvalue().replace(b"A.xml", b"a.xml")


def locked() -> bytes:
    data = bytearray(archive({"a.xml": choice2()}))
    data[6] |= 1
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: archive({"a.xml": choice2(), "bomb.xml": b"0" * 30_000_000}), "grows more than"),
        (lambda: archive({"../a.xml": choice2()}), "leads out"),
        (lambda: archive({"x/../../a.xml": choice2()}), "leads out"),
        (lambda: archive({"..\\a.xml": choice2()}), "leads out"),
        (lambda: archive({"/etc/a.xml": choice2()}), "leads out"),
        (lambda: archive({"C:/a.xml": choice2()}), "leads out"),
        (linked, "a link"),
        (lambda: archive({"a.xml": choice2(), "in.zip": archive({"b": "b"})}), "another archive"),
        (twice, "twice"),
        (locked, "encrypted"),
        (lambda: archive({"a.xml": choice2()})[:-30], "damaged"),
        (lambda: b"PK\x03\x04 and no more", "damaged"),
        (lambda: archive({"readme.md": "x"}), "no QTI"),
        (lambda: archive({"moodle_backup.xml": "<x/>"}), "backup"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_archives_that_are_refused(data, why):
    with pytest.raises(Unreadable, match=why):
        read(data())


def test_a_file_of_the_archive_that_is_damaged_is_refused():
    data = archive({"a.xml": choice2(), "b.xml": choice2(identifier="two")})
    place = data.index(b"PK\x03\x04", 10) + 60
    with pytest.raises(Unreadable, match="damaged"):
        read(data[:place] + bytes(20) + data[place + 20 :])


def test_limits_are_settings(settings):
    settings.IMPORT_MAX_FILES = 2
    with pytest.raises(Unreadable, match="at most 2"):
        read(archive({f"{number}.xml": choice2() for number in range(3)}))
    settings.IMPORT_MAX_FILES = 10
    settings.IMPORT_MAX_QUESTIONS = 2
    with pytest.raises(Unreadable, match="at most 2 are read"):
        read(archive({f"{number}.xml": choice2() for number in range(3)}))
    settings.IMPORT_MAX_UNPACKED_BYTES = 500
    with pytest.raises(Unreadable, match="when unpacked"):
        read(archive({"a.xml": choice2()}))
    settings.IMPORT_MAX_BYTES = 100
    with pytest.raises(Unreadable, match="larger than"):
        read(choice2())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 50,
        b"\xff\xfe",
        b"%PDF-1.4",
        b"hello",
        b"<",
        b"<quiz>",
        b"\x1f\x8b\x08",
        b"<quiz/>",
    ],
)
def test_what_is_no_list_of_questions(data):
    with pytest.raises(Unreadable):
        read(data)


def test_truncated_xml_is_refused_with_the_place():
    with pytest.raises(Unreadable, match="no well-formed XML"):
        read(choice2()[:300])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "cp1252"]
)
def test_encodings(encoding):
    body = "<single>1</single>" + answer("é", 100) + answer("ü", 0)
    source = quiz(question("multichoice", body, "<p>Où ?</p>"))
    declared = {"utf-8-sig": "utf-8", "utf-16-be": "utf-16"}.get(encoding, encoding)
    right = source.replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    assert taken_bytes(right).source.stem == "<p>Où ?</p>"
    wrong = source.encode(encoding)  # declares UTF-8, whatever it is
    assert taken_bytes(wrong).source.stem == "<p>Où ?</p>"


def taken_bytes(data: bytes):
    [item] = read(data).items
    assert not item.is_refused, item.notes
    return item


def test_entities_of_html_and_sections_within_sections_are_read():
    body = CHOICE3.replace("One", "One&nbsp;&eacute;").replace(
        "Two", "<![CDATA[Two]]]]><![CDATA[>]]>"
    )
    item = taken(item3(body, DECLARED3))
    assert parts(item, "text") == [("One\u00a0é",), ("Two]]>",)]


def test_scripts_and_handlers_never_come_through():
    evil = (
        '<p onclick="x()">a<script>alert(1)</script><img src="javascript:x" onerror="x"><a '
        'href="javascript:x">b</a><iframe src="//e"></iframe><svg onload="x"/>&lt;script&gt;</p>'
    )
    body = "<single>1</single>" + answer(evil, 100, evil) + answer("x", 0)
    item = taken(quiz(question("multichoice", body, evil)))
    texts = [item.source.stem, item.source.explanation]
    for text in texts:
        assert "onclick" not in text
        assert "javascript" not in text
        assert "<script" not in text
    assert item.source.stem == "<p>ab&lt;script&gt;</p>"
    assert "<script>" in changes(item)


@pytest.mark.parametrize(
    "drawing",
    [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>x()</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" onload="x()" viewBox="0 0 9 9"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="https://e.example/x.png"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        "PNG or so",
    ],
)
def test_pictures_that_could_do_something_are_left_out(drawing):
    source = choice2().replace("<p>Pick one.", '<p>Pick one.<img src="x.svg" alt="X"/>')
    [item] = read(archive({"i.xml": source, "x.svg": drawing})).items
    assert item.media == {}
    assert "Picture x.svg" in changes(item)


def test_deep_nesting_is_refused():
    with pytest.raises(Unreadable, match="nested"):
        read("<quiz>" + "<a>" * 50_000 + "</a>" * 50_000 + "</quiz>")
    deep = "<div>" * 5_000 + "x" + "<math>" + "<mrow>" * 5_000
    said: list[tuple] = []
    assert "x" in html.rich(deep, lambda src, alt: None, lambda *note: said.append(note))


def test_ten_thousand_questions_in_bounded_time():
    body = "<single>1</single>" + answer("a", 100, "Yes") + answer("b", 0, "No")
    source = quiz(
        *(
            question("multichoice", body, f"<p>Number <b>{number}</b>?</p>")
            for number in range(10_000)
        )
    )
    start = time.process_time()
    reading = read(source)
    assert len(reading.items) == len({item.source_id for item in reading.items}) == 10_000
    assert time.process_time() - start < 60


def test_one_endless_text_is_cut_and_said():
    item = taken("What is it? " + "word " * 40_000 + "{=a ~b}")
    assert "Cut after" in changes(item)


# --- Anything at all ------------------------------------------------------------------------------

SAMPLES = [
    b"What?\nA. a\nB. b\nANSWER: A\n",
    b"::T:: What [html] <b>x</b>? {=a#f ~%50%b ####e}\n\nNum {#1:2}\n\nM {=a->b =c->d}\n\n{T}",
    "type,question,correct,option_1,option_2,detail_1\nsingle,é?,1,a,b,x\ncloze,[[a]],,a,,choice: x|y\n".encode(),
    quiz(
        question("multichoice", "<single>1</single>" + answer("a", 100) + answer("b", 0)),
        question("cloze", text="{1:SA:=a~%50%b} {2:MC:=a~b}"),
        question(
            "numerical", '<answer fraction="100"><text>1</text><tolerance>1</tolerance></answer>'
        ),
        question("ddwtos", "<dragbox><text>a</text><group>1</group></dragbox>", "[[1]]"),
    ).encode(),
    choice2().encode(),
    item3(CHOICE3, DECLARED3).encode(),
    archive({"imsmanifest.xml": manifest(("A", "a.xml")), "a.xml": choice2(), "p.png": PICTURE}),
]


def survives(data: bytes) -> None:
    """A list of questions, or a refusal in words; nothing else ever."""
    try:
        reading = sniff.read("file", data, "en")
    except Unreadable:
        return
    for item in reading.items:
        assert item.source_id
        assert item.is_refused == bool(refusal(item))
        for words in item.words.values():
            assert "<script" not in words.stem


QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(data):
    survives(data)


@QUICK
@given(
    st.sampled_from(["<quiz>", "{", "ANSWER: A\nA. ", "type,question\n", "<assessmentItem>"]),
    st.text(max_size=300),
)
def test_any_text(start, text):
    survives((start + text).encode("utf-8", "replace"))


@QUICK
@given(st.text(max_size=400))
def test_any_markup(text):
    for write in (html.rich, html.plain):
        result = write(text, lambda src, alt: None, lambda what, why: None)
        assert "<script" not in result or write is html.plain


@pytest.mark.parametrize("sample", range(len(SAMPLES)))
def test_samples_with_a_few_bytes_changed(sample):
    chance = random.Random(sample)
    pieces = [
        b"<",
        b">",
        b"{",
        b"}",
        b"&x;",
        b"]]>",
        b"\x00",
        b"\xff",
        b'"',
        b"=",
        b"99999999999",
        b"-",
        b"nan",
        b"1e999",
    ]
    for _round in range(80):
        data = bytearray(SAMPLES[sample])
        for _change in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place : place + 1] = chance.choice(pieces)
                case 1:
                    del data[place : place + chance.randint(1, 30)]
                case _:
                    other = chance.randrange(len(data))
                    data[place:place] = data[other : other + chance.randint(1, 60)]
            if not data:
                break
        survives(bytes(data))
