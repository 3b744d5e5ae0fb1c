"""Moodle XML: `<quiz>` of `<question type="…">`."""

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from django.conf import settings
from django.utils.html import escape, strip_tags
from django.utils.translation import gettext as _

from assessments.exchange import cloze, html, media, xml
from assessments.exchange.model import (
    CHANGED,
    ImportedItem,
    Reading,
    RefusedItem,
    Unreadable,
)
from assessments.exchange.packages import Opened
from assessments.exchange.scores import true_or_false

#: What says nothing about a question that would be missed here.
_PLAIN = {
    "penalty", "hidden", "shuffleanswers", "answernumbering", "shownumcorrect", "usecase",
    "showstandardinstruction", "layouttype", "selecttype", "selectcount", "gradingtype",
    "showgrading", "numberingstyle", "unitgradingtype", "unitpenalty", "showunits", "unitsleft",
    "responserequired", "responsefieldlines", "showmisplaced", "coursetags", "minwordlimit",
    "attachmentsrequired", "maxbytes", "filetypeslist", "synchronize", "dataset_definitions",
}  # fmt: skip
_STANDARD_FEEDBACK = {
    "your answer is correct.", "your answer is partially correct.", "your answer is incorrect.",
    "votre réponse est correcte.", "votre réponse est partiellement correcte.",
    "votre réponse est incorrecte.", "correct", "incorrect", "",
}  # fmt: skip
_WHY_NOT = {
    "calculated": lambda: _("Its numbers are drawn from a formula; that cannot be done here."),
    "calculatedsimple": lambda: _(
        "Its numbers are drawn from a formula; that cannot be done here."
    ),
    "calculatedmulti": lambda: _("Its numbers are drawn from a formula; that cannot be done here."),
    "random": lambda: _(
        "It draws other questions; let a section of an assessment draw from the bank."
    ),
    "randomsamatch": lambda: _("It is made of other questions."),
    "description": lambda: _("It is a text without a question."),
}


def read(opened: Opened, language: str) -> Reading:
    root, notes = xml.parse(opened.data)
    if xml.local(root) != "quiz":
        raise Unreadable(_("This XML is no Moodle quiz."))
    reading = Reading("Moodle XML", notes=notes)
    category: list[str] = []
    for number, element in enumerate(xml.children(root), start=1):
        if xml.local(element) != "question":
            reading.note(CHANGED, f"<{xml.local(element)}>", _("It is no question. Left out."))
            continue
        if element.get("type") == "category":
            path = _text(xml.child(element, "category"))
            category = [
                one for one in path.replace("//", "\x00").split("/") if one and "$" not in one
            ]
            category = [one.replace("\x00", "/").strip() for one in category if one != "top"]
            if info := _text(xml.child(element, "info")).strip():
                reading.note(
                    CHANGED,
                    _("Category"),
                    _("Left out: “%(text)s”") % {"text": strip_tags(info)[:80]},
                )
            continue
        reading.items.append(_Question(element, number, category, language, opened).read())
    return reading


def _text(element: Element | None) -> str:
    """The text of an element with a `<text>` in it, or of the element itself."""
    if element is None:
        return ""
    inner = xml.child(element, "text")
    return "".join((element if inner is None else inner).itertext())


class _Question:
    """One `<question>` on its way to the model."""

    def __init__(
        self, element: Element, number: int, category: list[str], language: str, opened: Opened
    ) -> None:
        self.element = element
        self.used = xml.Used()
        self.used.one(element)
        self.kind = (element.get("type") or "").strip().lower()
        self.item = ImportedItem(
            place=_("question %(number)d") % {"number": number},
            language=language,
            tags=category[-2:],
        )
        self.item.find = self._finder(opened)

    def read(self) -> ImportedItem:
        item = self.item
        item.title = strip_tags(self.text("name"))[:200].strip()
        idnumber = self.text("idnumber").strip()
        item.source_id = idnumber or "/".join([*item.tags, item.title]).strip("/")
        try:
            if self.kind in _WHY_NOT:
                raise RefusedItem(_("Type %(kind)s") % {"kind": self.kind}, _WHY_NOT[self.kind]())
            reader = _READERS.get(self.kind)
            if reader is None:
                raise RefusedItem(
                    _("Type %(kind)s") % {"kind": self.kind or "?"},
                    _("It belongs to a plug-in that is not known here."),
                )
            item.source.stem = self.markup("questiontext")
            item.source.explanation = self.markup("generalfeedback")
            self._tags()
            self._sides()
            reader(self)
            self._report()
        except RefusedItem as error:
            item.refuse(error.what, error.why)
        return item

    # --- Reading elements

    def all(self, *names: str) -> list[Element]:
        found = xml.children(self.element, *names)
        self.used.all(*found)
        return found

    def text(self, name: str) -> str:
        found = self.all(name)
        return _text(found[0]) if found else ""

    def markup(self, name: str) -> str:
        found = self.all(name)
        return self.markup_of(found[0]) if found else ""

    def markup_of(self, element: Element | None) -> str:
        """The text of an element as markup, by the format that it names."""
        if element is None:
            return ""
        text, form = _text(element), (element.get("format") or "html").lower()
        if form in ("plain_text", "plain") or (
            form == "moodle_auto_format" and not re.search(r"<[a-zA-Z/]", text)
        ):
            return html.from_text(text)
        if form == "markdown" and text.strip():
            self.item.changed(_("Markdown"), _("It was read as plain text. Check the signs in it."))
            return html.from_text(text)
        return text

    def flag(self, name: str) -> bool:
        found = self.all(name)
        text = _text(found[0]).strip().lower() if found else ""
        return bool(found) and text not in ("0", "false", "no")

    def _finder(self, opened: Opened) -> Callable[[str], tuple[str, bytes] | None]:
        files = {
            (element.get("name") or "").strip(): element
            for element in self.element.iter()
            if xml.local(element) == "file"
        }

        def find(src: str) -> tuple[str, bytes] | None:
            name = unquote(src.replace("@@PLUGINFILE@@", "").split("?")[0]).strip("/")
            element = files.get(name, files.get(name.rpartition("/")[2]))
            if element is not None:
                self.taken.add(element.get("name") or "")
                return name or "picture", _bytes(element)
            path = opened.files.find(src) if opened.files is not None else None
            return (path, opened.files.read(path)) if path else None

        self.taken: set[str] = set()
        return find

    def _tags(self) -> None:
        for tags in self.all("tags"):
            self.item.tags += [_text(one) for one in xml.children(tags, "tag")]

    def _sides(self) -> None:
        """What stands around every kind of question."""
        item = self.item
        grade = self.text("defaultgrade").strip()
        if grade and re.sub(r"\.0+$", "", grade) != "1":
            item.changed(
                _("Points"),
                _("It gave %(points)s; every question gives one here.") % {"points": grade[:12]},
            )
        if self.flag("hidden"):
            item.changed(_("Hidden"), _("It was hidden in Moodle: it comes as a draft."))
            item.status = "draft"
        for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            text = self.markup(name)
            if strip_tags(text).strip().lower() not in _STANDARD_FEEDBACK:
                item.changed(
                    f"<{name}>",
                    _("Left out: “%(text)s”") % {"text": strip_tags(text).strip()[:80]},
                )
        hints = [_text(one) for one in self.all("hint")]
        for hint in hints:
            if strip_tags(hint).strip():
                item.changed(
                    _("Hint"), _("Left out: “%(text)s”") % {"text": strip_tags(hint).strip()[:80]}
                )

    def _report(self) -> None:
        """Name what no reader asked for."""
        self.all(*_PLAIN)
        for element in self.element.iter():
            if xml.local(element) == "file":
                self.used.one(element)
        for name in self.used.left_out(self.element):
            self.item.changed(f"<{name}>", _("This element is not known here. Left out."))

    def answers(self) -> list[tuple[Element, float]]:
        """The answers and their share, in per cent."""
        found = []
        for element in self.all("answer"):
            try:
                share = float(element.get("fraction") or 0)
            except ValueError:
                share = 0.0
            found.append((element, share if share == share else 0.0))
        return found

    def feedback(self, element: Element) -> str:
        return self.markup_of(xml.child(element, "feedback"))


def _bytes(element: Element) -> bytes:
    text = "".join(element.itertext())
    if (element.get("encoding") or "base64").lower() != "base64":
        return text.encode()
    if len(text) > 2 * settings.IMPORT_MAX_PICTURE_BYTES:
        return b"\x00" * (settings.IMPORT_MAX_PICTURE_BYTES + 1)  # too large, and said to be
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=False)
    except (binascii.Error, ValueError):
        return b""


# --- Kinds ----------------------------------------------------------------------------------------


def _multichoice(question: _Question) -> None:
    item, answers = question.item, question.answers()
    single = question.flag("single")
    shares = [share for _element, share in answers]
    item.kind = "single" if single else "multiple"
    if not answers or max(shares) <= 0:
        raise RefusedItem(_("Answers"), _("None of them is right."))
    if single:
        best = max(shares)
        if shares.count(best) > 1:
            raise RefusedItem(
                _("Answers"), _("Several are right to the same degree, and only one may be chosen.")
            )
        right = [share == best for share in shares]
        if best < 100 or any(0 != share < best for share in shares):
            item.changed(_("Weights"), _("Options that are partly right count as wrong here."))
    else:
        right = [share > 0 for share in shares]
        item.scoring = "penalty" if min(shares) < 0 else "each"
        if len({share for share in shares if share > 0}) > 1:
            item.changed(_("Weights"), _("Every right option counts the same here."))
    for (element, _share), is_right in zip(answers, right, strict=True):
        item.add(
            "option",
            text=question.markup_of(element),
            correct=is_right,
            feedback=question.feedback(element),
        )


def _truefalse(question: _Question) -> None:
    answers = {
        _text(element).strip().lower(): (element, share) for element, share in question.answers()
    }
    if not answers:
        raise RefusedItem(_("Answers"), _("None of them is right."))
    feedback, truth = {}, None
    for text, (element, share) in answers.items():
        value = text in ("true", "1", "vrai")
        feedback[value] = question.feedback(element)
        if share > 0:
            truth = value
    if truth is None:
        raise RefusedItem(_("Answers"), _("None of them is right."))
    true_or_false(question.item, truth, feedback)


def _shortanswer(question: _Question) -> None:
    item = question.item
    item.kind = "short"
    if question.flag("usecase"):
        item.changed(_("Capital letters"), _("They made a difference in Moodle; here they do not."))
    for element, share in question.answers():
        text = _text(element).strip()
        if "*" in text.replace("\\*", ""):
            item.changed(_("Sign *"), _("It does not stand for any words here."))
            if not text.strip("* "):
                said = strip_tags(question.feedback(element)).strip()
                if said:
                    item.changed(_("Feedback"), _("Left out: “%(text)s”") % {"text": said[:80]})
                continue
        item.add(
            "accepted",
            text=escape(text.replace("\\*", "*")),
            credit=max(0.0, min(share / 100, 1.0)),
            feedback=question.feedback(element),
        )
    if not any(part.values["credit"] >= 1 for part in item.source.parts):
        raise RefusedItem(_("Answers"), _("None of them is right."))


def _numerical(question: _Question) -> None:
    item = question.item
    item.kind = "numeric"
    best: tuple[Element, float] | None = None
    for element, share in question.answers():
        text = _text(element).strip()
        if share >= 100 and text != "*" and best is None:
            best = element, share
            continue
        said = strip_tags(question.feedback(element)).strip()
        item.changed(
            _("Answer %(text)s") % {"text": text[:40]},
            _("Only one number is right here; this one, with its weight, was left out.")
            + (f" “{said[:80]}”" if said else ""),
        )
    if best is None:
        raise RefusedItem(_("Answers"), _("No number is fully right."))
    element = best[0]
    item.numeric_value = _text(element).strip().replace(",", ".").replace(" ", "")
    item.numeric_value = _decimal(item.numeric_value)
    tolerance = (xml.text_of(xml.child(element, "tolerance")) or "0").replace(",", ".")
    item.numeric_tolerance = _decimal(tolerance)
    if said := question.feedback(element):
        item.source.explanation += said
        item.changed(_("Feedback"), _("That of the right number was put into the explanation."))
    units = [one for group in question.all("units") for one in xml.children(group, "unit")]
    for unit in units:
        name = xml.text_of(xml.child(unit, "unit_name"))
        factor = Decimal(_decimal(xml.text_of(xml.child(unit, "multiplier")) or "1"))
        if factor == 1 and not item.source.unit:
            item.source.unit = escape(name)
        elif factor > 0:
            item.add("unit", unit=escape(name), factor=float(1 / factor))


def _decimal(text: str) -> str:
    """A number with at most the decimals that are kept; `RefusedItem` otherwise."""
    try:
        number = Decimal(text)
        if not number.is_finite() or abs(number) > Decimal("1e14"):
            raise InvalidOperation
    except InvalidOperation as error:
        raise RefusedItem(
            _("Answers"), _("“%(text)s” is no number.") % {"text": text[:40]}
        ) from error
    return format(round(number, 6).normalize(), "f")


def _matching(question: _Question) -> None:
    item = question.item
    item.kind, item.scoring = "matching", "each"
    for element in question.all("subquestion"):
        item.add(
            "pair",
            prompt=question.markup_of(element),
            match=_answer_words(xml.child(element, "answer")),
            feedback="",
        )


def _answer_words(element: Element | None) -> str:
    return escape(_text(element).strip()) if element is not None else ""


def _essay(question: _Question) -> None:
    item = question.item
    form = question.text("responseformat").strip()
    attachments = question.text("attachments").strip() or "0"
    item.kind = "file" if form == "noinline" or question.flag("attachmentsrequired") else "essay"
    if attachments not in ("0", "") and item.kind == "essay":
        item.changed(_("Files"), _("Files beside the text cannot be handed in here."))
    limit = question.text("maxwordlimit").strip()
    item.word_limit = int(limit) if limit.isdecimal() and 0 < int(limit) < 10**6 else None
    for name in ("graderinfo", "responsetemplate"):
        text = strip_tags(question.markup(name)).strip()
        if text:
            item.changed(f"<{name}>", _("Left out: “%(text)s”") % {"text": text[:80]})


def _multianswer(question: _Question) -> None:
    question.item.kind, question.item.scoring = "cloze", "each"
    _in_each_language(question.item, lambda item, code: cloze.read(item, item.source.stem))


def _in_each_language(item: ImportedItem, stem_of: Callable[[ImportedItem, str], str]) -> None:
    """Read the gaps of each language that a text marks by themselves; they must agree."""
    codes = html.languages_in(item.source.stem)
    if len(codes) < 2:
        item.source.stem = stem_of(item, "")
        return
    words = item.source
    item.words = {}
    shapes = set()
    for code in codes:
        one = ImportedItem(language=code, notes=item.notes)
        one.source.stem = html.only(words.stem, code)
        one.source.explanation = html.only(words.explanation, code)
        one.source.stem = stem_of(one, code)
        item.words[code] = one.source
        shapes.add(tuple((part.ident, part.values["kind"]) for part in one.source.parts))
    item.language = codes[0]
    if len(shapes) > 1:
        raise RefusedItem(_("Gaps"), _("They are not the same in all languages."))


def _words_into_gaps(question: _Question) -> None:
    """ddwtos and gapselect: `[[n]]` in the text, numbered choices in groups."""
    question.item.kind, question.item.scoring = "cloze", "each"
    choices = []
    for element in question.all("dragbox", "selectoption"):
        group = xml.text_of(xml.child(element, "group")) or "1"
        choices.append((_answer_words(element), group))
    if question.kind == "ddwtos":
        question.item.changed(_("Dragging"), _("Words to drag became lists to choose from."))

    def stem_of(item: ImportedItem, code: str) -> str:
        times: dict[int, int] = {}

        def gap(match: re.Match) -> str:
            number = int(match[1])
            if not 1 <= number <= len(choices):
                raise RefusedItem(
                    _("Gap %(number)s") % {"number": number}, _("Nothing belongs into it.")
                )
            words, group = choices[number - 1]
            times[number] = times.get(number, 0) + 1
            name = f"{number}" if times[number] == 1 else f"{number}-{times[number]}"
            answers = [words, *(one for one, of in choices if of == group and one != words)]
            if code:
                answers = [html.only(one, code) for one in answers]
            item.add("gap", name, name=name, kind="choice", answers=answers, feedback="")
            return f"[[{name}]]"

        stem = re.sub(r"\[\[(\d{1,4})\]\]", gap, item.source.stem)
        if not times:
            raise RefusedItem(_("Gaps"), _("The text has none."))
        return stem

    _in_each_language(question.item, stem_of)


def _ordering(question: _Question) -> None:
    item = question.item
    item.kind = "ordering"
    grading = question.text("gradingtype").strip()
    item.scoring = "all" if grading in ("-1", "ALL_OR_NOTHING") else "each"
    for element, _share in sorted(question.answers(), key=lambda one: one[1]):
        item.add("step", text=question.markup_of(element), feedback=question.feedback(element))


def _background(question: _Question) -> tuple[float, float]:
    """The picture that things are dragged onto, and its size."""
    files = xml.children(question.element, "file")
    if not files:
        raise RefusedItem(_("Picture"), _("It is not in the file."))
    data = _bytes(files[0])
    try:
        picture = media.checked(files[0].get("name") or "picture", data)
    except media.BadPicture as error:
        raise RefusedItem(_("Picture"), str(error)) from error
    size = media.size_of(picture)
    if size is None:
        raise RefusedItem(_("Picture"), _("It does not say how large it is."))
    item = question.item
    item.media[picture.key] = picture
    item.image = f"media:{picture.key}"
    item.changed(_("Picture"), _("Say in words what it shows: nothing in the file does."))
    return size


def _drop_on_picture(question: _Question) -> None:
    """ddimageortext and ddmarker."""
    item = question.item
    item.kind, item.scoring = "dragdrop", "each"
    width, height = _background(question)
    drags: dict[str, str] = {}
    for element in question.all("drag"):
        number = xml.text_of(xml.child(element, "no")) or str(len(drags) + 1)
        words = _answer_words(element) if xml.child(element, "text") is not None else ""
        if not strip_tags(words).strip():
            raise RefusedItem(
                _("Part %(number)s") % {"number": number},
                _("It has no words, or is a picture that nothing describes."),
            )
        drags[number] = words
    placed: dict[str, str] = {}
    for place, element in enumerate(question.all("drop"), start=1):
        label = _answer_words(xml.child(element, "text")) or _("place %(number)d") % {
            "number": place
        }
        choice = xml.text_of(xml.child(element, "choice"))
        box = (
            _shape_box(element)
            if question.kind == "ddmarker"
            else _corner_box(element, width, height)
        )
        if choice in placed or choice not in drags:
            raise RefusedItem(
                _("Part %(number)s") % {"number": choice or "?"},
                _("It belongs to several places, or to none that is there."),
            )
        placed[choice] = label
        item.add("zone", str(place), label=label, **media.per_cent(box, width, height))
    if question.kind == "ddimageortext":
        item.changed(_("Places"), _("Moodle says only their corner; check how large they are."))
    for number, words in drags.items():
        item.add("token", number, text=words, zone=placed.get(number, ""), feedback="")


def _numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d{1,6}(?:\.\d+)?", text)]


def _corner_box(element: Element, width: float, height: float):
    found = _numbers(
        f"{xml.text_of(xml.child(element, 'xleft'))} {xml.text_of(xml.child(element, 'ytop'))}"
    )
    if len(found) != 2:
        raise RefusedItem(_("Places"), _("One of them has no position."))
    return found[0], found[1], max(width / 6, 20), max(height / 12, 16)


def _shape_box(element: Element):
    shape = xml.text_of(xml.child(element, "shape")).lower()
    found = _numbers(xml.text_of(xml.child(element, "coords")))
    if shape == "circle" and len(found) == 3:
        x, y, radius = found
        return x - radius, y - radius, 2 * radius, 2 * radius
    if shape in ("rectangle", "rect") and len(found) == 4:
        return found[0], found[1], found[2], found[3]
    if shape in ("polygon", "poly") and len(found) >= 6 and len(found) % 2 == 0:
        xs, ys = found[::2], found[1::2]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    raise RefusedItem(_("Places"), _("One of them has no position."))


_READERS: dict[str, Callable[[_Question], None]] = {
    "multichoice": _multichoice,
    "multichoiceset": _multichoice,
    "truefalse": _truefalse,
    "shortanswer": _shortanswer,
    "numerical": _numerical,
    "matching": _matching,
    "match": _matching,
    "ddmatch": _matching,
    "essay": _essay,
    "multianswer": _multianswer,
    "cloze": _multianswer,
    "ddwtos": _words_into_gaps,
    "gapselect": _words_into_gaps,
    "ordering": _ordering,
    "ddimageortext": _drop_on_picture,
    "ddmarker": _drop_on_picture,
}


# --- Writing --------------------------------------------------------------------------------------


#: The kinds that can be written, by Moodle's names.
WRITTEN = {
    "single": "multichoice",
    "multiple": "multichoice",
    "numeric": "numerical",
    "short": "shortanswer",
    "matching": "matching",
    "ordering": "ordering",
    "cloze": "multianswer",
    "essay": "essay",
    "file": "essay",
    "dragdrop": "ddmarker",
}


def _cdata(text: str) -> str:
    return f"<![CDATA[{_xml_text(text).replace(']]>', ']]]]><![CDATA[>')}]]>" if text else ""


def _xml_text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _marked(text: str) -> str:
    """Plain words as markup."""
    return escape(text).replace("\n", "<br>")


def _element(name: str, text: str, form: str = "html", more: str = "", **attributes: str) -> str:
    said = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    form = f' format="{form}"' if form else ""
    return f"<{name}{form}{said}><text>{_cdata(text)}</text>{more}</{name}>"


def write(items: list[ImportedItem]) -> bytes:
    """All languages of a question stand in each text, for Moodle's multi-language filter."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for item in items:
        out.append(_written(item))
    out.append("</quiz>\n")
    return "\n".join(out).encode()


def _in_all(item: ImportedItem, texts: dict[str, str]) -> str:
    """One text in all languages."""
    if len(set(texts.values())) == 1 or len(texts) == 1:
        return next(iter(texts.values()))
    if any("<p>" in text or "<img" in text or "<ul>" in text for text in texts.values()):
        return "".join(f"{{mlang {code}}}{text}{{mlang}}" for code, text in texts.items())
    return "".join(
        f'<span lang="{code}" class="multilang">{text}</span>' for code, text in texts.items()
    )


def _written(item: ImportedItem) -> str:
    def each(name: str) -> dict[str, str]:
        return {code: getattr(words, name) for code, words in item.words.items()}

    def part(number: int, name: str) -> str:
        return _in_all(
            item,
            {
                code: _marked(str(words.parts[number].values.get(name) or ""))
                for code, words in item.words.items()
            },
        )

    stems = each("stem")
    if item.kind == "cloze":
        stems = {code: cloze.write(text, item.words[code].parts) for code, text in stems.items()}
    used: set[str] = set()

    def plugin_file(key: str, alt: str) -> str:
        used.add(key)
        return f'<img src="@@PLUGINFILE@@/{key}-{item.media[key].name}" alt="{alt}">'

    stem = media.replace(_in_all(item, stems), plugin_file)
    files = "".join(
        f'<file name="{escape(key)}-{escape(item.media[key].name)}" path="/" encoding="base64">'
        f"{base64.b64encode(item.media[key].data).decode()}</file>"
        for key in sorted(used)
    )
    head = [
        f'<question type="{WRITTEN[item.kind]}">',
        _element("name", item.title, form=""),
        _element("questiontext", stem, more=files),
        _element("generalfeedback", _in_all(item, each("explanation"))),
        "<defaultgrade>1</defaultgrade><hidden>0</hidden>",
        f"<idnumber>{escape(_xml_text(item.code or item.source_id))}</idnumber>",
    ]
    count = range(len(item.source.parts))
    body: list[str] = []
    match item.kind:
        case "single" | "multiple":
            body += _options(item, part)
        case "numeric":
            body += _number(item)
        case "short":
            body.append("<usecase>0</usecase>")
            for number in count:
                credit = float(item.source.parts[number].values.get("credit", 1))
                body.append(_fraction(100 * credit, part(number, "text"), part(number, "feedback")))
        case "matching":
            for number in count:
                answer = f"<answer><text>{_cdata(part(number, 'match'))}</text></answer>"
                body.append(_element("subquestion", part(number, "prompt"), more=answer))
        case "ordering":
            grading = "-1" if item.scoring == "all" else "0"
            body.append(f"<gradingtype>{grading}</gradingtype>")
            for number in count:
                body.append(_fraction(number + 1, part(number, "text"), part(number, "feedback")))
        case "essay" | "file":
            form = "noinline" if item.kind == "file" else "editor"
            body.append(f"<responseformat>{form}</responseformat>")
            if item.word_limit:
                body.append(f"<maxwordlimit>{item.word_limit}</maxwordlimit>")
        case "dragdrop":
            body += _drops(item)
    tags = [
        f"competency:{item.competency}", f"level:{item.level}", f"difficulty:{item.difficulty:g}"
        if item.difficulty is not None else "", f"status:{item.status}" if item.status else "",
        f"code:{item.code}" if item.code else "", f"points:{item.scoring}", *item.tags,
    ]  # fmt: skip
    body.append(
        "<tags>"
        + "".join(f"<tag><text>{_cdata(tag)}</text></tag>" for tag in tags if tag)
        + "</tags>"
    )
    return "\n".join([*head, *body, "</question>"])


def _fraction(share: float, text: str, feedback: str) -> str:
    more = _element("feedback", feedback)
    return _element("answer", text, more=more, fraction=f"{share:.7g}")


def _options(item: ImportedItem, part) -> list[str]:
    right = sum(bool(one.values.get("correct")) for one in item.source.parts)
    body = [f"<single>{'true' if item.kind == 'single' else 'false'}</single>"]
    body.append("<shuffleanswers>true</shuffleanswers>")
    for number, one in enumerate(item.source.parts):
        wrong = -100 / max(right, 1) if item.scoring == "penalty" and item.kind != "single" else 0
        share = 100 / max(right, 1) if one.values.get("correct") else wrong
        body.append(_fraction(share, part(number, "text"), part(number, "feedback")))
    return body


def _number(item: ImportedItem) -> list[str]:
    answer = _element(
        "answer",
        item.numeric_value,
        form="",
        more=f"<tolerance>{item.numeric_tolerance}</tolerance>",
        fraction="100",
    )
    units = [(item.source.unit, 1.0)] if item.source.unit else []
    units += [
        (part.values["unit"], 1 / float(part.values["factor"]))
        for part in item.source.parts
        if part.kind == "unit" and float(part.values["factor"])
    ]
    written = "".join(
        f"<unit><multiplier>{factor:.12g}</multiplier><unit_name>{escape(name)}</unit_name></unit>"
        for name, factor in units
    )
    return [answer, f"<units>{written}</units>" if written else ""]


def _drops(item: ImportedItem) -> list[str]:
    picture = item.media[item.image]
    width, height = media.size_of(picture) or (1000.0, 1000.0)
    body = [
        f'<file name="{escape(picture.name)}" path="/" encoding="base64">'
        f"{base64.b64encode(picture.data).decode()}</file>"
    ]
    tokens = [part for part in item.source.parts if part.kind == "token"]
    zones = [part for part in item.source.parts if part.kind == "zone"]
    for number, token in enumerate(tokens, start=1):
        body.append(
            f"<drag><no>{number}</no><text>{_cdata(_marked(token.values['text']))}</text>"
            "<noofdrags>1</noofdrags></drag>"
        )
    place = 0
    for zone in zones:
        box = zone.values
        left, top = box["x"] * width / 100, box["y"] * height / 100
        size = f"{box['width'] * width / 100:.0f},{box['height'] * height / 100:.0f}"
        for number, token in enumerate(tokens, start=1):
            if token.values.get("zone") == zone.values["label"]:
                place += 1
                body.append(
                    f"<drop><no>{place}</no><shape>rectangle</shape>"
                    f"<coords>{left:.0f},{top:.0f};{size}</coords><choice>{number}</choice></drop>"
                )
    return body
