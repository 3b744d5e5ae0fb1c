"""Moodle's embedded answers: `{2:SHORTANSWER:=right#why~%50%nearly~wrong}` in a text."""

import re

from django.utils.html import escape, strip_tags
from django.utils.translation import gettext as _

from assessments.exchange.model import ImportedItem, RefusedItem

_START = re.compile(r"\{\s*(\d*)\s*:\s*([A-Z_]{2,24})\s*:", re.I)
_CHOICE = {"MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH", "MULTICHOICE_S",
           "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"}  # fmt: skip
_TYPED = {"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC", "NUMERICAL", "NM"}
_ESCAPED = {sign: chr(0xE200 + place) for place, sign in enumerate('~=#{}:"\\/')}
_SIGNS = {mark: sign for sign, mark in _ESCAPED.items()}


def _show(text: str) -> str:
    return "".join(_SIGNS.get(letter, letter) for letter in text).strip()


def read(item: ImportedItem, text: str) -> str:
    """Add the gaps of the text to the question; returns the text with `[[name]]` for each."""
    hidden = re.sub(r"\\([~=#{}:\"\\/])", lambda match: _ESCAPED[match[1]], text)
    result, place, number, weights = [], 0, 0, set()
    while start := _START.search(hidden, place):
        end = hidden.find("}", start.end())
        if end < 0:
            raise RefusedItem(_("Braces"), _("A brace is opened or closed without its partner."))
        number += 1
        weights.add(start[1] or "1")
        name = str(number)
        result += [_show_words(hidden[place : start.start()]), f"[[{name}]]"]
        _gap(item, name, start[2].upper(), hidden[start.end() : end])
        place = end + 1
    result.append(_show_words(hidden[place:]))
    if not number:
        raise RefusedItem(_("Gaps"), _("The text has none."))
    if len(weights) > 1:
        item.changed(_("Weights"), _("Every gap counts the same here."))
    return "".join(result)


def _show_words(text: str) -> str:
    return "".join(_SIGNS.get(letter, letter) for letter in text)


def _gap(item: ImportedItem, name: str, kind: str, body: str) -> None:
    if kind not in _CHOICE | _TYPED:
        raise RefusedItem(
            _("Gap %(number)s") % {"number": name},
            _("A gap of the kind %(kind)s cannot stand here.") % {"kind": kind},
        )
    right, wrong, feedback = [], [], []
    for one in body.split("~"):
        sign = re.match(r"\s*(?:(=)|%(-?\d+(?:\.\d+)?)%)?\s*", one)
        share = 100.0 if sign[1] else float(sign[2] or 0)
        words, _hash, said = one[sign.end() :].partition("#")
        words = _show(words)
        if not words:
            continue
        if kind in ("NUMERICAL", "NM") and ":" in words:
            words, tolerance = words.split(":", 1)
            if tolerance.strip().strip("0."):
                item.changed(
                    _("Gap %(number)s") % {"number": name},
                    _("Its tolerance of %(tolerance)s was left out: gaps are compared as words.")
                    % {"tolerance": tolerance.strip()[:20]},
                )
        if 0 < share < 100:
            item.changed(
                _("Gap %(number)s") % {"number": name},
                _("“%(text)s” is partly right and counts as wrong here.")
                % {"text": strip_tags(words)[:60]},
            )
        if words.strip() == "*" or (kind in _TYPED and "*" in words and share >= 100):
            item.changed(_("Sign *"), _("It does not stand for any words here."))
            if words.strip() == "*":
                if said.strip():
                    item.changed(
                        _("Feedback"),
                        _("Left out: “%(text)s”") % {"text": strip_tags(_show(said))[:80]},
                    )
                continue
        (right if share >= 100 else wrong).append(words)
        if said.strip():
            feedback.append(f"{words}: {_show(said)}" if share < 100 else _show(said))
    if not right:
        raise RefusedItem(
            _("Gap %(number)s") % {"number": name}, _("Nothing in it is fully right.")
        )
    is_choice = kind in _CHOICE
    if is_choice and len(right) > 1:
        item.changed(
            _("Gap %(number)s") % {"number": name},
            _("Several of its words are right; only the first one is taken for right."),
        )
    if not is_choice and wrong:
        item.changed(
            _("Gap %(number)s") % {"number": name},
            _("What is wrong is not listed for a gap that is typed."),
        )
    answers = [right[0], *wrong] if is_choice else right
    item.add(
        "gap",
        name,
        name=name,
        kind="choice" if is_choice else "typed",
        answers=answers,
        feedback="<br>".join(feedback),
    )


def write(words: str, parts: list) -> str:
    """The text with Moodle's embedded answers for each `[[name]]`."""

    def quoted(text: str) -> str:
        return re.sub(r"([~=#{}\\\"/:])", r"\\\1", escape(text)) if text else ""

    for part in parts:
        values = part.values
        if values["kind"] == "choice":
            right, *wrong = values["answers"] or [""]
            body = "~".join([f"={quoted(right)}", *map(quoted, wrong)])
        else:
            body = "~".join(f"={quoted(one)}" for one in values["answers"])
        if values.get("feedback"):
            first, *others = body.split("~")
            body = "~".join([f"{first}#{quoted(values['feedback'])}", *others])
        kind = "MULTICHOICE" if values["kind"] == "choice" else "SHORTANSWER"
        words = words.replace(f"[[{values['name']}]]", f"{{1:{kind}:{body}}}")
    return words
