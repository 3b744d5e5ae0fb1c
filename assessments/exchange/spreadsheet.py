"""CSV and XLSX: one row for each question and language.

Columns: `type, code, language, question, correct, competency, level, difficulty, status, points,
explanation, value, tolerance, unit, words, picture, picture_shows, tags`, and for each part
`option_1, detail_1, feedback_1` and so on:

    single, multiple   option: its text                      correct: the numbers of the right ones
    matching           option: what is asked                 detail: what belongs to it
    ordering           option: a step, in the right order
    short              option: what is accepted              detail: its share of the point, 0 to 1
    cloze              option: the gap's name                detail: choice: right | wrong, or typed: a | b
    numeric            option: another unit                  detail: its factor
    hotspot            option: the place's name              detail: x, y, width, height in per cent
    dragdrop           option: the place's name              detail: zone x, y, width, height
                       option: what is dragged               detail: in the place's name, or nothing

A question in a second language is a second row with the same code.
"""

import csv
import io
import re
import zipfile

import openpyxl
import xlsxwriter
from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _

from assessments.exchange import html, media
from assessments.exchange.model import (
    CHANGED,
    ImportedItem,
    Part,
    Reading,
    RefusedItem,
    Unreadable,
    Words,
)
from assessments.exchange.packages import Opened, Package
from assessments.exchange.text import decode

COLUMNS = (
    "type", "code", "language", "question", "correct", "competency", "level", "difficulty",
    "status", "points", "explanation", "value", "tolerance", "unit", "words", "picture",
    "picture_shows", "tags",
)  # fmt: skip
_ALSO = {
    "stem": "question", "enonce": "question", "énoncé": "question", "question text": "question",
    "langue": "language", "lang": "language", "competence": "competency",
    "compétence": "competency", "niveau": "level", "difficulté": "difficulty", "statut": "status",
    "scoring": "points", "explication": "explanation", "general feedback": "explanation",
    "valeur": "value", "numeric_value": "value", "tolérance": "tolerance",
    "numeric_tolerance": "tolerance", "unité": "unit", "mots": "words", "word_limit": "words",
    "image": "picture", "image_alt": "picture_shows", "étiquettes": "tags", "juste": "correct",
    "answer": "correct", "réponse": "correct", "id": "code",
}  # fmt: skip
_TYPES = {
    "single choice": "single", "choix unique": "single", "multiple choice": "multiple",
    "choix multiple": "multiple", "number": "numeric", "nombre": "numeric", "numerical": "numeric",
    "match": "matching", "appariement": "matching", "order": "ordering", "ordre": "ordering",
    "short text": "short", "short answer": "short", "réponse courte": "short", "gaps": "cloze",
    "texte à trous": "cloze", "drag and drop": "dragdrop", "rédaction": "essay",
}  # fmt: skip
_PART = re.compile(r"(option|detail|détail|feedback|retour)[ _]?(\d{1,3})", re.I)
#: What stands in the place of a code that a draft does not have yet.
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|&(#\d+|#x[\da-f]+|\w+);", re.I)
_FORMULA = tuple("=+-@\t\r'")
_PARTS_OF = {
    "single": "option", "multiple": "option", "matching": "pair", "ordering": "step",
    "short": "accepted", "cloze": "gap", "numeric": "unit", "hotspot": "spot",
}  # fmt: skip
_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_BOX = re.compile(rf"(?:zone\b)?{_NUMBER}[;,]{_NUMBER}[;,]{_NUMBER}[;,]{_NUMBER}", re.I)


def looks_like(text: str) -> bool:
    head = _header(next(_lines(text[:20_000]), []))
    return "question" in head and ("type" in head or any(one.startswith("option") for one in head))


# --- Reading --------------------------------------------------------------------------------------


def _lines(text: str):
    csv.field_size_limit(max(html.MAX_CHARACTERS * 4, 1 << 20))
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if first.lower().startswith("sep="):
        text = text.split("\n", 1)[1] if "\n" in text else ""
        first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    return csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=mark)


def _header(row: list[str]) -> list[str]:
    names = []
    for cell in row:
        name = " ".join(str(cell).strip().lower().split())
        part = _PART.fullmatch(name)
        if part:
            kind = {"détail": "detail", "retour": "feedback"}.get(part[1], part[1])
            names.append(f"{kind}_{int(part[2])}")
        else:
            names.append(_ALSO.get(name, name.replace(" ", "_")))
    return names


def read(opened: Opened, language: str) -> Reading:
    if opened.data[:2] == b"PK":
        return _read_rows(Reading("XLSX"), _sheet_rows(opened), opened, language)
    text, notes = decode(opened.data)
    reading = Reading("CSV", notes=notes)
    try:
        rows = list(_lines(text))
    except csv.Error as error:
        raise Unreadable(_("The table cannot be read: %(problem)s") % {"problem": error}) from error
    return _read_rows(reading, rows, opened, language)


def _sheet_rows(opened: Opened) -> list[list[str]]:
    package = Package(opened.data)
    for path in package.paths:
        if path.endswith((".xml", ".rels", ".vml")) and b"<!" in (data := package.read(path)):
            bare = re.sub(rb"<!\[CDATA\[|<!--", b"", data)
            if b"<!" in bare:
                raise Unreadable(_("The workbook declares entities; such files are not read."))
    try:
        book = openpyxl.load_workbook(io.BytesIO(opened.data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = []
            for row in sheet.iter_rows(values_only=True, max_col=400):
                if len(rows) > settings.IMPORT_MAX_QUESTIONS * 3:
                    break
                rows.append([_cell(value) for value in row])
            if rows and "question" in _header(rows[0]):
                return rows
    except Unreadable:
        raise
    except Exception as error:  # whatever a broken workbook makes the library raise
        raise Unreadable(_("The workbook is damaged and cannot be opened.")) from error
    raise Unreadable(_("No sheet has a first row with a column “question”."))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _read_rows(reading: Reading, rows, opened: Opened, language: str) -> Reading:
    if not rows:
        raise Unreadable(_("The table is empty."))
    head = _header(rows[0])
    for number, name in enumerate(head):
        known = name in COLUMNS or re.fullmatch(r"(option|detail|feedback)_\d+", name)
        used = any(number < len(row) and str(row[number]).strip() for row in rows[1:])
        if not known and used:
            reading.note(
                CHANGED,
                _("Column “%(name)s”") % {"name": str(rows[0][number])[:60]},
                _("It is not one of the template’s. Left out."),
            )
        if known and head.index(name) != number:
            raise Unreadable(_("The column “%(name)s” is there twice.") % {"name": name})
    if "question" not in head:
        raise Unreadable(_("There is no column “question”."))
    sources: dict[str, ImportedItem] = {}
    for number, cells in enumerate(rows[1:], start=2):
        row = {name: _bare(cells[place]) for place, name in enumerate(head) if place < len(cells)}
        if not any(row.values()):
            continue
        item = ImportedItem(
            place=_("row %(number)d") % {"number": number},
            code="" if _UUID.fullmatch(row.get("code", "")) else row.get("code", ""),
            source_id=row.get("code", ""),
            language=(row.get("language") or language).lower(),
        )
        item.title = item.code or re.sub(r"<[^>]+>", " ", row.get("question", ""))[:80]
        if opened.files is not None:
            item.find = _finder(opened.files)
        try:
            _read_row(item, row, sources.get(item.source_id))
        except RefusedItem as error:
            item.refuse(error.what, error.why)
        if item.source_id:
            sources.setdefault(item.source_id, item)
        reading.items.append(item)
    return reading


def _bare(cell: str) -> str:
    """The cell without the sign that keeps a table program from taking it for a formula."""
    text = str(cell).strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _finder(files: Package):
    def find(src: str):
        path = files.find(src)
        return (path, files.read(path)) if path else None

    return find


def _markup(text: str) -> str:
    return text if _MARKUP.search(text) else html.from_text(text)


def _read_row(item: ImportedItem, row: dict[str, str], first: ImportedItem | None) -> None:
    """Read a row; what does not depend on the language may stand in the question's first row."""
    kind = row.get("type", "").lower()
    item.kind = _TYPES.get(kind, kind.replace(" ", ""))
    if not item.kind and first is not None:
        item.kind = first.kind
    if not item.kind:
        item.kind = _guessed(row)
        item.changed(
            _("Type"), _("The row names none; it was taken for “%(kind)s”.") % {"kind": item.kind}
        )
    words = item.source
    words.stem = _markup(row.get("question", ""))
    words.explanation = _markup(row.get("explanation", ""))
    words.unit = escape(row.get("unit", ""))
    words.image_alt = escape(row.get("picture_shows", ""))
    item.scoring = row.get("points", "").lower() or (first.scoring if first else "all")
    item.numeric_value = row.get("value", "").replace(",", ".")
    item.numeric_tolerance = row.get("tolerance", "").replace(",", ".") or "0"
    item.image = row.get("picture", "") or (first.image if first else "")
    item.competency = row.get("competency", "")
    item.status = row.get("status", "").lower()
    item.tags = [one for one in re.split(r"[;,]", row.get("tags", "")) if one.strip()]
    item.level = _whole(row, "level")
    item.word_limit = _whole(row, "words")
    if text := row.get("difficulty", "").replace(",", "."):
        try:
            item.difficulty = float(text)
        except ValueError:
            item.changed(_("Difficulty"), _("“%(text)s” is no number.") % {"text": text[:40]})
    if item.scoring not in ("all", "each", "penalty"):
        item.changed(_("Points"), _("They are all, each or penalty. Taken as all."))
        item.scoring = "all"
    if item.kind == "numeric" and not item.numeric_value and first is not None:
        item.numeric_value, item.numeric_tolerance = first.numeric_value, first.numeric_tolerance
    _read_parts(item, row, first)


def _guessed(row: dict[str, str]) -> str:
    if row.get("value"):
        return "numeric"
    return "multiple" if len(re.findall(r"\w+", row.get("correct", ""))) > 1 else "single"


def _whole(row: dict[str, str], name: str) -> int | None:
    text = row.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}", text):
        raise RefusedItem(name, _("“%(text)s” is no whole number.") % {"text": text[:40]})
    return int(text)


def _right_ones(item: ImportedItem, text: str) -> set[int]:
    right = set()
    for one in re.findall(r"\w+", text):
        if one.isdecimal() and len(one) < 4:
            right.add(int(one))
        elif re.fullmatch(r"[A-Za-z]", one):
            right.add(ord(one.upper()) - 64)
        else:
            raise RefusedItem(
                _("Correct"), _("“%(text)s” is no number of an option.") % {"text": text[:40]}
            )
    return right


def _read_parts(item: ImportedItem, row: dict[str, str], first: ImportedItem | None) -> None:
    numbers = sorted(
        {
            int(match[2])
            for name, value in row.items()
            if value and (match := re.fullmatch(r"(option|detail|feedback)_(\d+)", name))
        }
    )
    right = _right_ones(item, row.get("correct", ""))
    theirs = {part.ident: part for part in first.source.parts} if first else {}
    if first is not None and not row.get("correct"):
        right = {int(one.ident) for one in theirs.values() if one.values.get("correct")}
    kind = _PARTS_OF.get(item.kind)
    if not kind and item.kind != "dragdrop":
        if numbers or right:
            item.changed(_("Options"), _("A question of this type has none. Left out."))
        return
    for number in numbers:
        text = row.get(f"option_{number}", "")
        detail = row.get(f"detail_{number}", "")
        feedback = _markup(row.get(f"feedback_{number}", ""))
        other = theirs.get(str(number))
        item.source.parts.append(
            _part(item, kind or "", number, text, detail, feedback, right, other)
        )
    missing = right - set(numbers)
    if missing and kind in ("option", "spot"):
        raise RefusedItem(
            _("Correct"),
            _("It names %(number)d, and there is no such option.") % {"number": min(missing)},
        )


def _part(item, kind, number, text, detail, feedback, right, other: Part | None) -> Part:
    values: dict = {"feedback": feedback}
    if item.kind == "dragdrop":
        box = _BOX.fullmatch(detail)
        kind = "zone" if box or (other and other.kind == "zone" and not detail) else "token"
    if detail and kind in ("option", "step"):
        item.changed(
            _("Detail %(number)d") % {"number": number}, _("Left out: this type has none.")
        )
    match kind:
        case "option":
            values |= {"text": _markup(text), "correct": number in right}
        case "pair":
            values |= {"prompt": _markup(text), "match": _markup(detail)}
        case "step":
            values |= {"text": _markup(text)}
        case "accepted":
            values |= {"text": _markup(text), "credit": _float(detail, 1.0)}
        case "unit":
            values = {"unit": escape(text), "factor": _float(detail, 1.0)}
        case "gap":
            form, colon, answers = detail.partition(":")
            form = form.strip().lower() if colon else ("choice" if "|" in detail else "typed")
            if form not in ("choice", "typed"):
                form, answers = "typed", detail
            answers = answers if colon else detail
            values |= {
                "name": text,
                "kind": form,
                "answers": [_markup(one.strip()) for one in answers.split("|") if one.strip()],
            }
        case "spot" | "zone":
            box = _BOX.fullmatch(detail)
            if box is None and other is None:
                raise RefusedItem(
                    _("Detail %(number)d") % {"number": number},
                    _("It is not x, y, width, height in per cent."),
                )
            names = ("x", "y", "width", "height")
            places = (
                dict(zip(names, map(float, box.groups()), strict=True))
                if box
                else {name: other.values[name] for name in names}
            )
            values = {"label": _markup(text), **places}
            if kind == "spot":
                values |= {"correct": number in right, "feedback": feedback}
        case "token":
            zone = re.sub(r"^in\b\s*", "", detail, flags=re.I)
            values |= {"text": _markup(text), "zone": _markup(zone)}
    return Part(kind, values, str(number))


def _float(text: str, otherwise: float) -> float:
    if not text:
        return otherwise
    try:
        value = float(text.replace(",", "."))
    except ValueError as error:
        raise RefusedItem(
            _("Detail"), _("“%(text)s” is no number.") % {"text": text[:40]}
        ) from error
    if value != value or abs(value) > 1e12:
        raise RefusedItem(_("Detail"), _("“%(text)s” is no number.") % {"text": text[:40]})
    return value


# --- Writing --------------------------------------------------------------------------------------


def _rows(items: list[ImportedItem]) -> list[list[str]]:
    most = max((len(words.parts) for item in items for words in item.words.values()), default=0)
    head = [*COLUMNS]
    for number in range(1, max(most, 4) + 1):
        head += [f"option_{number}", f"detail_{number}", f"feedback_{number}"]
    rows = [head]
    for item in items:
        for language, words in item.words.items():
            row = _row(item, language, words)
            rows.append([_guarded(row.get(name, "")) for name in head])
    return rows


def _guarded(text: str) -> str:
    """No cell is a formula to a table program."""
    is_number = re.fullmatch(r"-?\d+([.,]\d+)?", text)
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def _row(item: ImportedItem, language: str, words: Words) -> dict[str, str]:
    row = {
        "type": item.kind,
        "code": item.code or item.source_id,
        "language": language,
        "question": _flat(_with_files(item, words.stem)),
        "correct": ", ".join(
            str(number)
            for number, part in enumerate(words.parts, start=1)
            if part.values.get("correct")
        ),
        "competency": item.competency,
        "level": str(item.level or ""),
        "difficulty": _number(item.difficulty),
        "status": item.status,
        "points": item.scoring,
        "explanation": _flat(words.explanation),
        "unit": words.unit,
        "words": str(item.word_limit or ""),
        "picture": f"media/{item.media[item.image].key}-{item.media[item.image].name}"
        if item.image
        else "",
        "picture_shows": words.image_alt,
        "tags": "; ".join(item.tags),
    }
    if item.kind == "numeric":
        row |= {"value": item.numeric_value, "tolerance": item.numeric_tolerance}
    for number, part in enumerate(words.parts, start=1):
        text, detail = _cells(part)
        row[f"option_{number}"] = text
        row[f"detail_{number}"] = detail
        row[f"feedback_{number}"] = _safe(part.values.get("feedback", ""))
    return row


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _with_files(item: ImportedItem, stem: str) -> str:
    return media.replace(
        stem,
        lambda key, alt: f'<img src="media/{key}-{item.media[key].name}" alt="{alt}">',
    )


def _flat(markup: str) -> str:
    """A single paragraph of words as words; anything else as markup."""
    match = re.fullmatch(r"<p>([^<]*)</p>", markup)
    if match is None:
        return markup
    text = html.html.unescape(match[1])
    return markup if _MARKUP.search(text) or text != text.strip() else text


def _safe(text: str) -> str:
    """Words that look like markup are written as markup, so that they come back as they were."""
    return escape(text).replace("\n", "<br>") if _MARKUP.search(text) else text


def _cells(part: Part) -> tuple[str, str]:
    values = part.values
    box = ", ".join(
        f"{values[name]:.10g}" for name in ("x", "y", "width", "height") if name in values
    )
    match part.kind:
        case "pair":
            return _safe(values.get("prompt", "")), _safe(values["match"])
        case "accepted":
            return _safe(values["text"]), f"{float(values.get('credit', 1)):g}"
        case "unit":
            return values["unit"], f"{float(values['factor']):.12g}"
        case "gap":
            answers = " | ".join(_safe(one) for one in values["answers"])
            return values["name"], f"{values['kind']}: {answers}"
        case "spot":
            return _safe(values["label"]), box
        case "zone":
            return _safe(values["label"]), f"zone {box}"
        case "token":
            zone = values.get("zone", "")
            return _safe(values["text"]), f"in {_safe(zone)}" if zone else ""
        case _:
            return _safe(values["text"]), ""


def write(items: list[ImportedItem]) -> tuple[bytes, str]:
    """The table, and how its name ends: with pictures it is an archive of table and pictures."""
    output = io.StringIO()
    csv.writer(output).writerows(_rows(items))
    table = output.getvalue().encode("utf-8-sig")
    pictures = {f"media/{one.key}-{one.name}": one for item in items for one in item.media.values()}
    if not pictures:
        return table, "csv"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("questions.csv", table)
        for path, picture in pictures.items():
            archive.writestr(path, picture.data)
    return target.getvalue(), "zip"


def template(form: str, examples: list[ImportedItem]) -> bytes:
    """The table to fill in, with an example of each kind: `csv` or `xlsx`."""
    if form == "csv":
        return write(examples)[0]
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("questions")
    head = book.add_format({"bold": True, "text_wrap": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 2, 12)
    sheet.set_column(3, 3, 50)
    sheet.set_column(4, 100, 18)
    for number, row in enumerate(_rows(examples)):
        for place, text in enumerate(row):
            sheet.write_string(number, place, text, None if number else head)
    book.close()
    return target.getvalue()
