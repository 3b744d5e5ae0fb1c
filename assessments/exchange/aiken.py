"""Aiken: a question, options A to Z, and `ANSWER: X`. One language, single choice, plain text."""

import re

from django.utils.translation import gettext as _

from assessments.exchange.html import from_text
from assessments.exchange.model import ImportedItem, Reading
from assessments.exchange.packages import Opened
from assessments.exchange.text import decode

_OPTION = re.compile(r"\s*([A-Za-z])\s*[.)]\s+(.*\S)\s*")
_ANSWER = re.compile(r"\s*ANSWER\s*:\s*([A-Za-z])\b(.*)", re.I)
_FEEDBACK = re.compile(r"\s*(?:FEEDBACK|EXPLANATION)\s*:\s*(.*)", re.I)


def looks_like(text: str) -> bool:
    return bool(re.search(r"^\s*ANSWER\s*:\s*[A-Za-z]\b", text, re.M | re.I)) and bool(
        re.search(r"^\s*A\s*[.)]\s+\S", text, re.M | re.I)
    )


def read(opened: Opened, language: str) -> Reading:
    text, notes = decode(opened.data)
    reading = Reading("Aiken", notes=notes)
    stem: list[str] = []
    options: list[tuple[str, str]] = []
    start = 1
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if answer := _ANSWER.fullmatch(line):
            item = _item(stem, options, answer[1].upper(), start, language)
            if answer[2].strip():
                item.changed(_("Answer line"), _("Left out: %(words)s") % {"words": answer[2]})
            reading.items.append(item)
            stem, options = [], []
        elif option := _OPTION.fullmatch(line):
            if stem:
                options.append((option[1].upper(), option[2]))
            else:
                stem, start = [line.strip()], number
        elif not line.strip():
            continue
        elif (said := _FEEDBACK.fullmatch(line)) and not stem and reading.items:
            reading.items[-1].source.explanation = from_text(said[1])
        elif options:
            options[-1] = (options[-1][0], f"{options[-1][1]}\n{line.strip()}")
        else:
            if not stem:
                start = number
            stem.append(line.strip())
    if stem or options:
        item = _item(stem, options, "", start, language)
        reading.items.append(item)
    return reading


def _item(stem, options, answer: str, line: int, language: str) -> ImportedItem:
    item = ImportedItem(
        place=_("line %(number)d") % {"number": line},
        language=language,
        kind="single",
        title=" ".join(stem)[:80],
    )
    item.source.stem = from_text("\n".join(stem))
    letters = [letter for letter, _words in options]
    for letter, words in options:
        item.add("option", letter, text=from_text(words), correct=letter == answer, feedback="")
    if not answer:
        item.refuse(_("Answer"), _("It has no line “ANSWER: …”."))
    elif answer not in letters:
        item.refuse(_("Answer"), _("It names %(letter)s, which is no option.") % {"letter": answer})
    elif len(set(letters)) != len(letters):
        item.refuse(_("Options"), _("Two options have the same letter."))
    return item
