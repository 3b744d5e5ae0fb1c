r"""GIFT, Moodle's text format.

    // a comment
    $CATEGORY: path
    ::title:: [html] The question {=right #why ~wrong #why %...% ####explanation} goes on.

Escaped by a backslash: ~ = # { } :
"""

import re
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.translation import gettext as _

from assessments.exchange.html import from_text
from assessments.exchange.model import ImportedItem, Reading, RefusedItem
from assessments.exchange.packages import Opened
from assessments.exchange.scores import FALSE_WORDS, TRUE_WORDS, true_or_false
from assessments.exchange.text import decode

#: Escaped signs stand as private characters while the text is cut up.
_ESCAPED = {sign: chr(0xE100 + place) for place, sign in enumerate("~=#{}:\\n")}
_SIGNS = {mark: "\n" if sign == "n" else sign for sign, mark in _ESCAPED.items()}
_TITLE = re.compile(r"\s*::(.*?)::", re.S)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.I)
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d+)?)%")
_ID = re.compile(r"\[id:\s*([^\]]+)\]")
_TAG = re.compile(r"\[tag:\s*([^\]]+)\]")


def looks_like(text: str) -> bool:
    return bool(re.search(r"(?<!\\)\{.*?(?<!\\)\}", text, re.S)) or bool(
        re.search(r"^\s*(::.+::|\$CATEGORY:)", text, re.M)
    )


@dataclass
class _Answer:
    """One answer between braces."""

    sign: str
    text: str
    weight: float | None
    feedback: str


def _hide(text: str) -> str:
    return re.sub(r"\\([~=#{}:\\n])", lambda match: _ESCAPED[match[1]], text)


def _show(text: str) -> str:
    return "".join(_SIGNS.get(letter, letter) for letter in text).strip()


def _chunks(text: str):
    """The questions with the line each begins on; a blank line inside braces does not end one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    chunk: list[str] = []
    start, depth = 1, 0
    for number, line in enumerate(lines, start=1):
        bare = _hide(line)
        if bare.strip().startswith("//"):
            chunk.append(line)
            continue
        starts_new = bool(_TITLE.match(bare)) or bare.strip().startswith("$CATEGORY:")
        if chunk and ((not bare.strip() and depth <= 0) or (starts_new and not chunk[-1].strip())):
            yield start, "\n".join(chunk)
            chunk, depth = [], 0
        if bare.strip() and not any(one.strip() for one in chunk):
            start = number
        chunk.append(line)
        depth += bare.count("{") - bare.count("}")
    if any(one.strip() for one in chunk):
        yield start, "\n".join(chunk)


def read(opened: Opened, language: str) -> Reading:
    text, notes = decode(opened.data)
    reading = Reading("GIFT", notes=notes)
    category = ""
    pending: list[str] = []
    for line, chunk in _chunks(text):
        comments = [one.strip()[2:] for one in chunk.split("\n") if one.strip().startswith("//")]
        body = "\n".join(one for one in chunk.split("\n") if not one.strip().startswith("//"))
        pending += comments
        while match := re.match(r"\s*\$CATEGORY:(.*)(?:\n|$)", body):
            category, body = match[1].strip(), body[match.end() :]
        if not body.strip():
            continue
        item = ImportedItem(place=_("line %(number)d") % {"number": line}, language=language)
        if category:
            item.tags = [
                part.strip()
                for part in category.split("/")
                if part.strip() not in ("", "top") and "$" not in part
            ][-2:]
        said = "\n".join(pending)
        pending = []
        if found := _ID.search(said):
            item.source_id = found[1].strip()
        item.tags += [found.strip() for found in _TAG.findall(said)]
        try:
            _read(item, body)
        except RefusedItem as error:
            item.refuse(error.what, error.why)
        reading.items.append(item)
    return reading


def _read(item: ImportedItem, body: str) -> None:
    hidden = _hide(body)
    if title := _TITLE.match(hidden):
        item.title = _show(title[1])
        item.source_id = item.source_id or item.title
        hidden = hidden[title.end() :]
    form = ""
    if found := _FORMAT.match(hidden):
        form, hidden = found[1].lower(), hidden[found.end() :]
    if form == "markdown":
        item.changed(_("Markdown"), _("It was read as plain text. Check the signs in it."))
    opening, closing = hidden.find("{"), hidden.rfind("}")
    item.title = item.title or " ".join(_show(hidden[:opening]).split())[:80]
    if opening < 0 and closing < 0:
        raise RefusedItem(_("Description"), _("It is a text without a question."))
    if opening < 0 or closing < opening:
        raise RefusedItem(_("Braces"), _("A brace is opened or closed without its partner."))
    before, inner, after = (
        hidden[:opening],
        hidden[opening + 1 : closing],
        hidden[closing + 1 :],
    )
    if "{" in inner or "}" in inner:
        raise RefusedItem(_("Braces"), _("There are braces inside braces, or two sets of answers."))
    inner, _sign, explanation = inner.partition("####")

    def words(text: str) -> str:
        shown = _show(text)
        if form == "html" or (not form and re.search(r"</?[a-z][^>]*>", shown)):
            return shown
        return from_text(shown)

    stem = words(before)
    if after.strip():
        stem = words(f"{before.rstrip()} _____ {after.lstrip()}")
        item.changed(_("Gap"), _("The place of the answer in the text is marked by a line."))
    item.source.stem = stem
    item.source.explanation = words(explanation)
    _answers(item, inner, words)


def _answers(item: ImportedItem, inner: str, words) -> None:
    bare = inner.strip()
    if not bare:
        item.kind = "essay"
        return
    truth = re.fullmatch(r"(\w+)\s*(?:#(.*?))?(?:#(.*))?", bare, re.S)
    if truth and truth[1].upper() in TRUE_WORDS | FALSE_WORDS:
        wrong, right = truth[2] or "", truth[3] or ""
        is_true = truth[1].upper() in TRUE_WORDS
        feedback = {is_true: words(right), not is_true: words(wrong)}
        true_or_false(item, is_true, feedback)
        return
    if bare.startswith("#"):
        _numeric(item, bare[1:], words)
        return
    if bare[0] not in "=~" and not _WEIGHT.match(bare):
        raise RefusedItem(
            _("Answers"), _("They do not begin with = or ~: %(text)s") % {"text": _show(bare)[:60]}
        )
    answers = [_answer(sign, text) for sign, text in re.findall(r"([=~])([^=~]*)", inner)]
    pairs = [one for one in answers if "->" in one.text]
    if pairs and all(one.sign == "=" for one in answers):
        _matching(item, answers, words)
    elif all(one.sign == "=" for one in answers):
        _short(item, answers, words)
    else:
        _choice(item, answers, words)


def _answer(sign: str, text: str) -> _Answer:
    weight = None
    if found := _WEIGHT.match(text):
        weight, text = float(found[1]), text[found.end() :]
    text, _sign, feedback = text.partition("#")
    return _Answer(sign, text, weight, feedback)


def _choice(item: ImportedItem, answers: list[_Answer], words) -> None:
    def share(one: _Answer) -> float:
        if one.weight is not None:
            return one.weight
        return 100.0 if one.sign == "=" else 0.0

    full = [one for one in answers if share(one) >= 100]
    item.kind = "single" if full else "multiple"
    right = full if full else [one for one in answers if share(one) > 0]
    if len(full) > 1:
        item.kind = "multiple"
        item.changed(_("Options"), _("Several are fully right: it became multiple choice."))
    if item.kind == "multiple":
        has_penalty = any(share(one) < 0 for one in answers)
        item.scoring = "penalty" if has_penalty else "each"
        if len({share(one) for one in right}) > 1:
            item.changed(_("Weights"), _("Every right option counts the same here."))
    elif any(0 < abs(share(one)) < 100 for one in answers):
        item.changed(_("Weights"), _("Options that are partly right count as wrong here."))
    for one in answers:
        item.add(
            "option",
            text=_inline(one.text, words),
            correct=any(one is other for other in right),
            feedback=words(one.feedback),
        )


def _inline(text: str, words) -> str:
    shown = _show(text)
    format_mark = _FORMAT.match(shown)
    if format_mark:
        shown = shown[format_mark.end() :].strip()
        return shown if format_mark[1].lower() == "html" else escape(shown)
    return words(text)


def _short(item: ImportedItem, answers: list[_Answer], words) -> None:
    item.kind = "short"
    for one in answers:
        credit = 1.0 if one.weight is None else max(0.0, min(one.weight / 100, 1.0))
        if "*" in one.text:
            item.changed(_("Sign *"), _("It does not stand for any words here."))
            if not one.text.strip("* \n"):
                continue
        item.add("accepted", text=words(one.text), credit=credit, feedback=words(one.feedback))


def _matching(item: ImportedItem, answers: list[_Answer], words) -> None:
    item.kind = "matching"
    item.scoring = "each"
    for one in answers:
        prompt, arrow, match = one.text.partition("->")
        if not arrow:
            raise RefusedItem(_("Answers"), _("Some have an arrow “->”, and some do not."))
        item.add(
            "pair", prompt=_inline(prompt, words), match=_inline(match, words),
            feedback=words(one.feedback),
        )  # fmt: skip


def _numeric(item: ImportedItem, text: str, words) -> None:
    item.kind = "numeric"
    if "=" in text or "~" in text:
        answers = [_answer(sign, one) for sign, one in re.findall(r"([=~])([^=~]*)", text)]
    else:
        answers = [_answer("=", text)]
    best: _Answer | None = None
    for one in answers:
        share = 100 if one.weight is None else one.weight
        if one.sign == "=" and share >= 100 and best is None:
            best = one
            if one.feedback.strip():
                item.source.explanation += words(one.feedback)
        else:
            item.changed(
                _("Answer %(text)s") % {"text": _show(one.text)[:40] or "~"},
                _("Only one number is right here; this one, with its weight, was left out."),
            )
            if one.feedback.strip():
                item.changed(
                    _("Feedback"), _("Left out: “%(text)s”") % {"text": _show(one.feedback)[:80]}
                )
    if best is None:
        raise RefusedItem(_("Answers"), _("No number is fully right."))
    said = _show(best.text).replace(" ", "").replace(",", ".")
    try:
        if ".." in said:
            low, high = (float(one) for one in said.split("..", 1))
            item.numeric_value, item.numeric_tolerance = (
                _number((low + high) / 2),
                _number((high - low) / 2),
            )
        else:
            value, _colon, tolerance = said.partition(":")
            item.numeric_value, item.numeric_tolerance = (
                _number(float(value)),
                _number(float(tolerance or 0)),
            )
    except ValueError as error:
        raise RefusedItem(
            _("Answers"), _("“%(text)s” is no number.") % {"text": said[:40]}
        ) from error


def _number(value: float) -> str:
    if value != value or abs(value) > 1e14:
        raise ValueError
    return f"{value:.6f}".rstrip("0").rstrip(".")
