"""From text to positioned glyphs, and from glyphs to fonts embedded in the file.

Rules, and why they stand:

- Text is normalised to NFC first: a decomposed name (as macOS file names and some HR exports
  give) and a composed one must print, extract and compare alike.
- A character no shipped font holds raises `MissingGlyph`. A certificate with a box in someone's
  name is worse than one that is late.
- Everything is shaped with HarfBuzz, Latin too: kerning and combining marks come with it.
  ReportLab's `drawString(shaping=True)` does nothing without rlbidi and its `shapeStr` numbers
  private codes by process history, which would make bytes depend on what was printed before.
- Fonts are written as Type 0 / Identity-H with one CID per (glyph, text) pair, so the ToUnicode
  map (ISO 32000-1 9.10.3) is exact and holds no code that is not used. PDF/UA-1 7.21.7 forbids
  U+0000, U+FEFF and U+FFFE there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import md5
from importlib import resources

import uharfbuzz as hb
from bidi import algorithm as bidi_algorithm
from reportlab.pdfbase import pdfdoc

from .objects import Stream, number, text_string

RTL_TYPES = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
# What a glyph stands for that adds nothing to the text of its cluster: U+200B, zero width, never
# printed.
NO_TEXT = "\u200b"

# One chain for each style; the first font holding a character is used.
SCRIPTS = ("NotoSansArabic", "NotoSansDevanagari", "NotoSansCanadianAboriginal")


@dataclass(frozen=True)
class Style:
    """A family ("sans" or "serif") in one weight."""

    family: str = "sans"
    bold: bool = False

    @property
    def chain(self) -> tuple[str, ...]:
        """Font file names (without extension), in the order they are tried."""
        weight = "Bold" if self.bold else "Regular"
        latin = "NotoSerif" if self.family == "serif" else "NotoSans"
        return tuple(f"{name}-{weight}" for name in (latin, *SCRIPTS))


SANS = Style()
SANS_BOLD = Style(bold=True)
SERIF = Style(family="serif")
SERIF_BOLD = Style(family="serif", bold=True)


class MissingGlyph(ValueError):
    """No shipped font holds this character: refuse, and say which.

    `character` is the character, `text` the text it stands in.
    """

    def __init__(self, character: str, text: str) -> None:
        self.character = character
        self.text = text
        name = unicodedata.name(character, "unnamed character")
        super().__init__(
            f"No font can print U+{ord(character):04X} ({name}) in {text!r}; nothing was issued."
        )


@dataclass(frozen=True)
class Face:
    """One font file, parsed once per process and never changed after (safe between threads)."""

    name: str
    data: bytes
    face: hb.Face
    font: hb.Font
    upem: int
    characters: frozenset[int]
    metrics: tuple[int, int, int]  # ascender, descender, cap height, in 1/1000 em
    bbox: tuple[int, int, int, int]
    postscript_name: str

    def width(self, gid: int) -> float:
        """Advance of a glyph in 1/1000 em, as the W array states it."""
        return round(self.font.get_glyph_h_advance(gid) * 1000 / self.upem, 3)


@cache
def load_face(name: str) -> Face:
    """Parse `fonts_data/<name>.ttf`. Raises FileNotFoundError when it is not shipped."""
    data = resources.files(__package__).joinpath("fonts_data", f"{name}.ttf").read_bytes()
    face = hb.Face(hb.Blob(data))
    font = hb.Font(face)
    head = face.reference_table("head").data
    upem = face.upem

    def scaled(raw: bytes) -> int:
        return round(int.from_bytes(raw, "big", signed=True) * 1000 / upem)

    bbox = tuple(scaled(head[i : i + 2]) for i in range(36, 44, 2))
    hhea = face.reference_table("hhea").data
    os2 = face.reference_table("OS/2").data
    # sCapHeight came with version 2 of the OS/2 table; older fonts get the usual 0.714.
    cap_height = scaled(os2[88:90]) if int.from_bytes(os2[:2], "big") >= 2 else 714
    return Face(
        name=name,
        data=data,
        face=face,
        font=font,
        upem=upem,
        characters=frozenset(face.unicodes),
        metrics=(scaled(hhea[4:6]), scaled(hhea[6:8]), cap_height),
        bbox=bbox,  # type: ignore[arg-type]
        postscript_name=name,
    )


@dataclass(frozen=True)
class Glyph:
    """A glyph in its run; lengths in 1/1000 em, `text` what it stands for (for ToUnicode)."""

    gid: int
    text: str
    advance: float
    x_offset: float
    y_offset: float


@dataclass(frozen=True)
class Run:
    """Glyphs of one face and one direction, in the order they are drawn (left to right).

    `complex` is true where the glyphs do not spell the text one by one on one baseline, so that a
    reader needs /ActualText (14.9.4). It is never set right to left: there extractors put the order
    drawn back into reading order themselves and would turn ActualText round (poppler does); the
    structure element carries the text instead.
    """

    text: str
    face: Face
    rtl: bool
    complex: bool
    glyphs: tuple[Glyph, ...]
    width: float


@dataclass(frozen=True)
class Line:
    """A shaped line: runs in visual order. `width` in em, multiply by the size; `rtl` is the
    paragraph's direction."""

    text: str
    runs: tuple[Run, ...]
    width: float
    rtl: bool

    @property
    def drawn_out_of_order(self) -> bool:
        """True where a part runs right to left: glyphs are not drawn in reading order."""
        return any(run.rtl for run in self.runs)


def normalise(text: str) -> str:
    """NFC, all white space (tabs, line breaks) as one space, ends trimmed; no-break spaces stay."""
    text = unicodedata.normalize("NFC", text)
    out = []
    for character in text:
        breaks = character in "\t\n\r\x0b\x0c\x85\u2028\u2029 "
        out.append(" " if breaks else character)
    return " ".join(part for part in "".join(out).split(" ") if part)


def _ignorable(character: str) -> bool:
    """Format characters (joiners, direction marks) and variation selectors print nothing by
    themselves."""
    return unicodedata.category(character) == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """(offset, base with its marks and joiners): the smallest piece that may not be split between
    fonts."""
    start = 0
    for i, character in enumerate(text):
        if i and not (unicodedata.category(character)[0] == "M" or _ignorable(character)):
            yield start, text[start:i]
            start = i
    if text:
        yield start, text[start:]


def choose_faces(text: str, style: Style) -> list[Face]:
    """The face of each character of `text`.

    Punctuation, digits and spaces stay with the run before them where its font holds them, so that
    a run is not broken at every comma. Raises `MissingGlyph`.
    """
    chain = [load_face(name) for name in style.chain]
    faces: list[Face] = []
    previous: Face | None = None
    for _, cluster in _clusters(text):
        needed = [ord(c) for c in cluster if not _ignorable(c)]
        candidates = chain
        neutral = unicodedata.category(cluster[0])[0] in "PZSNM"
        if previous is not None and neutral:
            candidates = [previous, *chain]
        for face in candidates:
            if all(code in face.characters for code in needed):
                break
        else:
            covered = max(chain, key=lambda f: sum(code in f.characters for code in needed))
            missing = next(chr(code) for code in needed if code not in covered.characters)
            raise MissingGlyph(missing, text)
        faces.extend([face] * len(cluster))
        previous = face
    return faces


def base_direction(text: str) -> bool:
    """True for right-to-left: the first strong character decides (UAX #9, P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return False
        if kind in ("R", "AL"):
            return True
    return False


def has_rtl_letters(text: str) -> bool:
    """True where a letter of a right-to-left script stands in the text."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _levels(text: str, rtl: bool) -> list[tuple[int, int]]:
    """(offset, level) of each character that is kept, by the Unicode bidirectional algorithm (UAX
    #9).

    python-bidi's `get_display` gives only reordered text; shaping needs the levels, so its steps
    are called one by one and each character carries its offset through them.
    """
    storage = bidi_algorithm.get_empty_storage()
    storage["base_level"] = int(rtl)
    storage["base_dir"] = "R" if rtl else "L"
    bidi_algorithm.get_embedding_levels(text, storage)
    for offset, entry in enumerate(storage["chars"]):
        entry["offset"] = offset
    bidi_algorithm.explicit_embed_and_overrides(storage)
    bidi_algorithm.resolve_weak_types(storage)
    bidi_algorithm.resolve_neutral_types(storage, False)
    bidi_algorithm.resolve_implicit_levels(storage, False)
    return [(entry["offset"], entry["level"]) for entry in storage["chars"]]


def _visual_order(runs: list[tuple[int, int, int, Face]]) -> list[tuple[int, int, int, Face]]:
    """UAX #9 rule L2 on whole runs: from the highest level down, reverse every stretch at that
    level or above."""
    if not runs:
        return runs
    highest = max(level for _, _, level, _ in runs)
    for threshold in range(highest, 0, -1):
        start = 0
        while start < len(runs):
            end = start
            while end < len(runs) and runs[end][2] >= threshold:
                end += 1
            runs[start:end] = runs[start:end][::-1]
            start = max(end, start + 1)
    return runs


@lru_cache(maxsize=2048)
def shape(text: str, style: Style, rtl: bool | None = None, language: str = "en") -> Line:
    """Shape one line of normalised text. `rtl` is the paragraph's direction; None: decided by the
    text.

    Raises `MissingGlyph`.
    """
    faces = choose_faces(text, style)
    if rtl is None:
        rtl = base_direction(text)
    has_rtl = rtl or any(unicodedata.bidirectional(c) in RTL_TYPES for c in text)
    levels = _levels(text, rtl) if has_rtl else [(i, 0) for i in range(len(text))]

    pieces: list[tuple[int, int, int, Face]] = []  # start, end, level, face
    for offset, level in levels:
        if pieces and pieces[-1][1] == offset and pieces[-1][2:] == (level, faces[offset]):
            pieces[-1] = (pieces[-1][0], offset + 1, level, faces[offset])
        else:
            pieces.append((offset, offset + 1, level, faces[offset]))

    runs = tuple(
        _shape_run(text[start:end], face, bool(level % 2), language)
        for start, end, level, face in _visual_order(pieces)
    )
    return Line(text=text, runs=runs, width=sum(run.width for run in runs) / 1000, rtl=rtl)


def _shape_run(text: str, face: Face, rtl: bool, language: str) -> Run:
    """Shape text of one face and one direction."""
    buffer = hb.Buffer()
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    buffer.language = language
    hb.shape(face.font, buffer)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions

    starts = sorted({info.cluster for info in infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    seen: set[int] = set()
    scale = 1000 / face.upem
    # A cluster's text goes to its first glyph in reading order; right to left, glyphs come the
    # other way round.
    texts: dict[int, str] = {}
    for i in range(len(infos) - 1, -1, -1) if rtl else range(len(infos)):
        cluster = infos[i].cluster
        texts[i] = NO_TEXT if cluster in seen else text[cluster : ends[cluster]]
        seen.add(cluster)

    glyphs: list[Glyph] = []
    for i, (info, position) in enumerate(zip(infos, positions, strict=True)):
        if info.codepoint == 0:
            missing = next((c for c in texts[i] if not _ignorable(c)), texts[i][:1])
            raise MissingGlyph(missing, text)
        glyph = Glyph(
            gid=info.codepoint,
            text=texts[i],
            advance=round(position.x_advance * scale, 3),
            x_offset=round(position.x_offset * scale, 3),
            y_offset=round(position.y_offset * scale, 3),
        )
        glyphs.extend(_one_character_each(glyph, face) if rtl else [glyph])
    spelled = "".join(glyph.text for glyph in glyphs)
    return Run(
        text=text,
        face=face,
        rtl=rtl,
        complex=not rtl and (spelled != text or any(glyph.y_offset for glyph in glyphs)),
        glyphs=tuple(glyphs),
        width=sum(glyph.advance for glyph in glyphs),
    )


def _one_character_each(glyph: Glyph, face: Face) -> list[Glyph]:
    """A right-to-left ligature (lam-alef) as one glyph a character: itself for the last, unseen
    spaces for the others.

    Extractors disagree whether a ligature's ToUnicode text is in reading or in drawn order (poppler
    22 turns lam-alef round); one character each leaves them no choice.
    """
    if len(glyph.text) < 2:
        return [glyph]
    space = face.font.get_nominal_glyph(0x20)
    if space is None:
        return [glyph]
    count = len(glyph.text)
    out = [replace(glyph, text=glyph.text[-1])]
    for i, character in enumerate(reversed(glyph.text[:-1]), start=1):
        # Set back into the ligature, where the character is seen.
        back = -glyph.advance * (count - i) / count
        out.append(
            Glyph(gid=space, text=character, advance=0.0, x_offset=round(back, 3), y_offset=0.0)
        )
    return out


class FontBook:
    """The fonts of one document: gives CIDs while it is drawn, embeds the subsets at the end."""

    def __init__(self) -> None:
        self._cids: dict[str, dict[tuple[int, str], int]] = {}

    def resource(self, face: Face) -> str:
        """The name of the face in the page's resources, "F1" and so on in order of use."""
        self._cids.setdefault(face.name, {})
        return f"F{list(self._cids).index(face.name) + 1}"

    def cid(self, face: Face, glyph: Glyph) -> int:
        """The code of this glyph with this text; 0 stays .notdef and is never given."""
        codes = self._cids.setdefault(face.name, {})
        return codes.setdefault((glyph.gid, glyph.text), len(codes) + 1)

    def operators(self, line: Line, x: float, y: float, size: float) -> str:
        """PDF text operators (ISO 32000-1 9.4) that draw `line` with its left end at (x, y)."""
        out = []
        pen = x
        for run in line.runs:
            if run.complex:
                out.append(f"/Span << /ActualText {text_string(run.text)} >> BDC")
            out.append(f"BT /{self.resource(run.face)} {number(size)} Tf")
            out.append(f"1 0 0 1 {number(pen)} {number(y)} Tm")
            out.extend(self._show(run, size))
            out.append("ET EMC" if run.complex else "ET")
            pen += run.width * size / 1000
        return " ".join(out)

    def _show(self, run: Run, size: float) -> Iterator[str]:
        """TJ arrays of a run. Numbers in TJ move left, in 1/1000 em; Ts raises marks that sit above
        or below."""
        array: list[str] = []
        codes = ""
        pending = 0.0
        rise = 0.0
        for glyph in run.glyphs:
            if glyph.y_offset != rise:
                if codes:
                    array.append(f"<{codes}>")
                    codes = ""
                if array:
                    yield f"[{' '.join(array)}] TJ"
                    array = []
                rise = glyph.y_offset
                yield f"{number(rise * size / 1000)} Ts"
            pending += glyph.x_offset
            if abs(pending) >= 0.001:
                if codes:
                    array.append(f"<{codes}>")
                    codes = ""
                array.append(number(-pending))
            codes += f"{self.cid(run.face, glyph):04X}"
            pending = glyph.advance - glyph.x_offset - run.face.width(glyph.gid)
        if codes:
            array.append(f"<{codes}>")
        if array:
            yield f"[{' '.join(array)}] TJ"
        if rise:
            yield "0 Ts"

    def embed(self, document: pdfdoc.PDFDocument) -> None:
        """Write every used face into the document's font resources."""
        fonts = document.idToObject["BasicFonts"].dict
        for name, codes in self._cids.items():
            face = load_face(name)
            fonts[self.resource(face)] = _embed(document, face, codes)


def _stream(
    document: pdfdoc.PDFDocument, name: str, content: bytes, padding: bytes, **entries: object
) -> object:
    return document.Reference(Stream(content, padding=padding, **entries), name)


def _embed(document: pdfdoc.PDFDocument, face: Face, codes: dict[tuple[int, str], int]) -> object:
    """The Type 0 font of one face (ISO 32000-1 9.7): subset, widths, CID to glyph map, ToUnicode
    map."""
    subset = hb.SubsetInput()
    subset.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    subset.sets(hb.SubsetInputSets.GLYPH_INDEX).update({0, *(gid for gid, _ in codes)})
    for table in ("GSUB", "GPOS", "GDEF", "kern", "DSIG"):
        subset.drop_table_tag_set.add(int.from_bytes(table.ljust(4).encode(), "big"))
    plan = hb.SubsetPlan(face.face, subset)
    data = bytes(plan.execute().blob.data)
    new_gids = plan.old_to_new_glyph_mapping

    # The tag must differ between subsets of one font (9.6.4); the codes decide it, so bytes stay
    # the same.
    digest = md5(repr(sorted(codes)).encode(), usedforsecurity=False).digest()
    tag = "".join(chr(65 + byte % 26) for byte in digest[:6])
    base_font = f"{tag}+{face.postscript_name}"

    mapping = b"\0\0" + b"".join(new_gids[gid].to_bytes(2, "big") for gid, _ in codes)
    widths = " ".join(number(face.width(gid)) for gid, _ in codes)
    ascent, descent, cap_height = face.metrics
    serif = 2 if "Serif" in face.name else 0
    descriptor = pdfdoc.PDFDictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{base_font}",
            "Flags": 4 | serif,
            "FontBBox": "[" + " ".join(map(str, face.bbox)) + "]",
            "ItalicAngle": 0,
            "Ascent": ascent,
            "Descent": descent,
            "CapHeight": cap_height,
            "StemV": 140 if face.name.endswith("Bold") else 80,
            "FontFile2": _stream(document, f"file:{face.name}", data, b"", Length1=len(data)),
        }
    )
    cid_font = pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": f"/{base_font}",
            "CIDSystemInfo": "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
            "FontDescriptor": document.Reference(descriptor, f"descriptor:{face.name}"),
            "DW": 1000,
            "W": f"[1 [{widths}]]",
            "CIDToGIDMap": _stream(document, f"map:{face.name}", mapping, b"\0\1"),
        }
    )
    font = pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": f"/{base_font}",
            "Encoding": "/Identity-H",
            "DescendantFonts": pdfdoc.PDFArray([document.Reference(cid_font, f"cid:{face.name}")]),
            "ToUnicode": _stream(document, f"unicode:{face.name}", _to_unicode(codes), b" "),
        }
    )
    return document.Reference(font, f"font:{face.name}")


def _to_unicode(codes: dict[tuple[int, str], int]) -> bytes:
    """The ToUnicode CMap (9.10.3): one bfchar for each code in use, at most 100 in a block."""
    entries = [
        f"<{cid:04X}> <{text.encode('utf-16-be').hex().upper()}>"
        for (_, text), cid in codes.items()
    ]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    for start in range(0, len(entries), 100):
        block = entries[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
