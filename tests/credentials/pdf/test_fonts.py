"""Which glyph stands for which text, and what is embedded."""

from __future__ import annotations

from importlib import resources

import pytest

from credentials.pdf.fonts import (
    NO_TEXT,
    SANS,
    SANS_BOLD,
    SERIF_BOLD,
    MissingGlyph,
    choose_faces,
    normalise,
    shape,
)
from credentials.pdf.layout import TextDoesNotFit, balance, break_lines, fit, visible_width


@pytest.mark.parametrize(
    ("name", "code"),
    [("Li 雪", "U+96EA"), ("Ann 🙂", "U+1F642"), ("ᚠᛁᚾ", "U+16A0"), ("a\ue000", "U+E000")],
)
def test_missing_glyph_refuses_and_names_the_character(name, code, printed):
    with pytest.raises(MissingGlyph, match=code.replace("+", r"\+")) as caught:
        printed(name=name)
    assert f"{ord(caught.value.character):04X}" == code.removeprefix("U+")


def test_missing_glyph_is_refused_wherever_it_stands(printed):
    with pytest.raises(MissingGlyph):
        printed(competencies=("Reading 漢字",))


def test_missing_mark_is_named_not_its_base():
    """The base may be there and its mark not."""
    with pytest.raises(MissingGlyph) as caught:
        shape("a\U0001e000", SANS)
    assert caught.value.character == "\U0001e000"


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("Đặng", "NotoSerif-Bold"),
        ("Ελένη", "NotoSerif-Bold"),
        ("Їжак", "NotoSerif-Bold"),
        ("فاطمة", "NotoSansArabic-Bold"),
        ("प्रिया", "NotoSansDevanagari-Bold"),
        ("ᐋᓐᓄ", "NotoSansCanadianAboriginal-Bold"),
    ],
)
def test_font_by_script(text, font):
    assert {face.name for face in choose_faces(text, SERIF_BOLD)} == {font}


def test_punctuation_stays_with_its_run():
    """A comma in an Arabic text is not a change of font."""
    assert len({face.name for face in choose_faces("علي. بن", SANS)}) == 1


def test_fonts_are_embedded_subsets(printed, open_pdf):
    data = printed(name="Zoë فاطمة प्रिया ᐋᓐᓄ")
    assert b"Helvetica" not in data
    fonts = open_pdf(data).pages[0]["/Resources"]["/Font"]
    names = set()
    for reference in fonts.values():
        font = reference.get_object()
        descendant = font["/DescendantFonts"][0].get_object()
        assert len(descendant["/FontDescriptor"]["/FontFile2"].get_data()) < 60_000
        assert "+" in font["/BaseFont"]
        names.add(font["/BaseFont"].split("+")[1])
    assert {"NotoSansArabic-Bold", "NotoSansDevanagari-Bold", "NotoSerif-Bold"} <= names


def test_to_unicode_has_no_forbidden_code(printed, open_pdf):
    """PDF/UA-1 7.21.7: not U+0000, U+FEFF, U+FFFE."""
    for reference in open_pdf(printed(name="प्रिया علي")).pages[0]["/Resources"]["/Font"].values():
        cmap = reference.get_object()["/ToUnicode"].get_data().decode()
        targets = [
            line.split()[1].strip("<>")
            for line in cmap.splitlines()
            if line.startswith("<") and " " in line and line != "<0000> <FFFF>"
        ]
        assert targets
        for target in targets:
            units = [target[i : i + 4] for i in range(0, len(target), 4)]
            assert units
            assert not {"0000", "FEFF", "FFFE"} & set(units)


def test_bidirectional_order():
    """UAX #9: the number inside stays left to right, the whole runs from the right."""
    line = shape("علي 42 بن", SANS)
    assert line.rtl
    runs = ["".join(glyph.text for glyph in run.glyphs) for run in line.runs]
    assert "42" in "".join(runs)
    assert runs[0].strip()[0] == "ن", "the last word is drawn first, its last letter first"


def test_ligature_has_one_character_a_glyph():
    (run,) = shape("سلام", SANS).runs
    assert "".join(glyph.text for glyph in run.glyphs)[::-1] == "سلام"
    assert NO_TEXT not in [glyph.text for glyph in run.glyphs]


def test_kerning_is_used():
    alone = sum(shape(character, SANS_BOLD).width for character in "AV")
    assert shape("AV", SANS_BOLD).width < alone


def test_normalise():
    assert normalise("  Ame\u0301lie\n\tDu\u00a0Pont ") == "Amélie Du\u00a0Pont"


def test_licence_is_shipped():
    """OFL 1.1, condition 2: each copy carries the licence."""
    folder = resources.files("credentials.pdf").joinpath("fonts_data")
    assert "SIL OPEN FONT LICENSE Version 1.1" in folder.joinpath("OFL.txt").read_text()
    size = sum(len(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".ttf"))
    assert size < 2_500_000


def test_lines_break_at_spaces_and_hyphens_only():
    lines = break_lines("Anne-Marie du Pont\u00a0Neuf", SANS, 5.5)
    assert "".join(lines) == "Anne-Marie du Pont\u00a0Neuf"
    assert any("Pont\u00a0Neuf" in line for line in lines)
    assert all(visible_width(shape(line, SANS)) <= 5.5 for line in lines)


def test_a_word_wider_than_its_line_is_broken():
    lines = break_lines("a" * 60, SANS, 10)
    assert "".join(lines) == "a" * 60
    assert all(shape(line, SANS).width <= 10 for line in lines)


def test_balanced_lines_are_as_few_and_more_even():
    text = "one two three four five six seven eight nine ten"
    greedy, even = break_lines(text, SANS, 20), balance(text, SANS, 20)
    assert len(greedy) == len(even)

    def spread(lines: list[str]) -> float:
        lengths = [shape(line.strip(), SANS).width for line in lines]
        return max(lengths) - min(lengths)

    assert spread(even) <= spread(greedy)


def test_fit_takes_the_largest_size():
    block = fit("Short", SANS, width=200, largest=20, smallest=8, max_lines=1)
    assert block.size == 20
    narrow = fit("Short", SANS, width=30, largest=20, smallest=8, max_lines=1)
    assert 8 <= narrow.size < 20
    assert narrow.width <= 30


def test_page_direction_leads_a_mixed_text_only():
    mixed = fit("DigComp تقييم", SANS, width=200, largest=9, smallest=9, max_lines=1, rtl=True)
    address = fit("a.example/v/", SANS, width=200, largest=9, smallest=9, max_lines=1, rtl=True)
    assert mixed.lines[0].rtl
    assert not address.lines[0].rtl


def test_fit_refuses_rather_than_overflows():
    with pytest.raises(TextDoesNotFit):
        fit("far too long for this", SANS, width=30, largest=20, smallest=8, max_lines=1)
