"""Cloze: a text with gaps to fill, each chosen from a list or typed."""

import math
import re
from collections import Counter
from html import escape, unescape
from typing import ClassVar

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.rich_text import expand_db_html

from assessments.item_types.base import Asked
from assessments.item_types.parts import InParts, Keyed, points
from assessments.item_types.text import kept, lines, literal, normalised

MOST = 100
_MARK = re.compile(r"\[\[([^\[\]<>]{1,200})\]\]")


def named(mark: str) -> str:
    """The name in a mark or of a gap."""
    return unescape(mark).replace("\u00a0", " ").strip()


def pieces(stem: str) -> list[str]:
    """A stem cut at its marks: markup, a name, markup, … , markup."""
    parts = _MARK.split(stem)
    parts[1::2] = [named(name) for name in parts[1::2]]
    return parts


class Cloze(InParts):
    """The parts are the gaps, marked `[[name]]` in the stem.

    The answer leads from the gap's id to what was typed, or to the number of the choice as its
    author wrote them: the first, "0", is right. Typed words are normalised as a short text's, and
    what any language accepts is accepted.
    """

    code = "cloze"
    label = gettext_lazy("text with gaps")
    interaction = "fill-in"
    blocks: ClassVar = ("gap",)
    fields: ClassVar = ("scoring",)
    control = "answer-1"

    # --- Authoring

    def _gaps(self, content) -> list:
        return [one for one in content.options if one.block_type == "gap"]

    def problem(self, content):
        gaps = self._gaps(content)
        if not gaps:
            return _("Give at least one gap, and mark it in the question: [[name]].")
        names = Counter(named(one.value["name"]) for one in gaps)
        marks = Counter(pieces(content.stem)[1::2])
        for name, count in names.items():
            if count > 1:
                return _("Two gaps are named “%(name)s”.") % {"name": name}
            if marks[name] != 1:
                return _("The question must say [[%(name)s]] once: that is where the gap is.") % {
                    "name": name
                }
        if unknown := sorted(set(marks) - set(names)):
            return _("The question says [[%(name)s]], but no gap has this name.") % {
                "name": unknown[0]
            }
        for one in gaps:
            if problem := self._gap_problem(one.value):
                return problem % {"name": named(one.value["name"])}
        return None

    def _gap_problem(self, gap) -> str | None:
        answers = [normalised(line) for line in lines(gap["answers"])]
        if "" in answers or not answers:
            return _("An answer of the gap “%(name)s” has no letter or number.")
        if gap["kind"] == "choice" and len(answers) < 2:
            return _("The gap “%(name)s” needs at least two answers to choose from.")
        if gap["kind"] == "choice" and len(set(lines(gap["answers"]))) != len(answers):
            return _("Two answers of the gap “%(name)s” are the same.")
        return None

    def key(self, content):
        """{gap: "0"} for a choice; {gap: ""} for a typed gap, whose answers are words."""
        return {one.id: "0" if one.value["kind"] == "choice" else "" for one in self._gaps(content)}

    def words(self, content):
        return {
            "gaps": [
                {
                    "id": one.id,
                    "name": named(one.value["name"]),
                    "kind": one.value["kind"],
                    "answers": lines(one.value["answers"]),
                    "feedback": one.value["feedback"],
                }
                for one in self._gaps(content)
            ]
        }

    def part_ids(self, words):
        """A translation has the same gaps, in its stem too, and as many answers to choose from."""
        return {
            "gaps": {gap["id"] for gap in words["gaps"]},
            "choices": set(self._choice_ids(words)),
            "marks": set(Counter(pieces(words["stem"])[1::2]).items()),
        }

    def _choice_ids(self, words) -> list[str]:
        return [
            f"{gap['id']}:{number}"
            for gap in words["gaps"]
            if gap["kind"] == "choice"
            for number in range(len(gap["answers"]))
        ]

    def guessing(self, key, words):
        return math.prod(
            1 / len(gap["answers"]) if gap["kind"] == "choice" else 0.0 for gap in words["gaps"]
        )

    # --- Asking

    def order(self, words, generator):
        ids = self._choice_ids(words)
        generator.shuffle(ids)
        return ids

    def part_list(self, asked):
        return asked.words["gaps"]

    def _choices(self, asked: Asked, gap: dict) -> list[dict]:
        """The answers of a gap as shown. A form names them by their place: the first is right."""
        return asked.in_order(
            [
                {"id": f"{gap['id']}:{number}", "number": str(number), "text": text}
                for number, text in enumerate(gap["answers"])
            ]
        )

    def context(self, asked):
        answer = asked.answer or {}
        by_name = {gap["name"]: gap for gap in asked.words["gaps"]}
        parts = pieces(expand_db_html(asked.words["stem"]))
        shown = []
        for number, name in enumerate(parts[1::2], 1):
            shown.append({"html": mark_safe(parts[2 * number - 2])})
            gap = by_name.get(name)
            if gap is None:
                continue
            given = answer.get(gap["id"], "")
            shown.append(
                {
                    "gap": gap,
                    "number": number,
                    "answer": given,
                    "size": max(8, *(min(len(line) + 2, 24) for line in gap["answers"])),
                    "choices": [
                        {
                            "value": place,
                            "text": choice["text"],
                            "selected": given == choice["number"],
                        }
                        for place, choice in enumerate(self._choices(asked, gap), 1)
                    ]
                    if gap["kind"] == "choice"
                    else None,
                }
            )
        shown.append({"html": mark_safe(parts[-1])})
        return {"pieces": shown}

    def parse(self, data, asked):
        answer = {}
        for gap in asked.words["gaps"]:
            given = data.get(f"answer-{gap['id']}") or ""
            if gap["kind"] == "typed":
                given = kept(given, MOST)
            elif given:
                places = {
                    str(place): one["number"]
                    for place, one in enumerate(self._choices(asked, gap), 1)
                }
                if given not in places:
                    raise ValueError(_("Choose from the lists."))
                given = places[given]
            if given:
                answer[gap["id"]] = given
        return answer or None

    # --- Grading

    def key_for(self, asked):
        """As kept, but with all words that are accepted, normalised, where words are typed."""
        keyed = super().key_for(asked)
        words: dict[str, set[str]] = {gap: set() for gap, right in keyed.key.items() if not right}
        for language in asked.document["languages"].values():
            for gap in language["gaps"]:
                if gap["id"] in words:
                    words[gap["id"]] |= {normalised(line) for line in gap["answers"]}
        key = {gap: right or frozenset(words[gap]) for gap, right in keyed.key.items()}
        return Keyed(key, keyed.scoring, keyed.parts)

    def _is_right(self, right: str | frozenset[str], given: str | None) -> bool:
        if not given:
            return False
        return given == right if isinstance(right, str) else normalised(given) in right

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        answer = answer or {}
        right = sum(self._is_right(it, answer.get(gap)) for gap, it in keyed.key.items())
        given = sum(bool(answer.get(gap)) for gap in keyed.key)
        return points(keyed.scoring, right=right, wrong=given - right, parts=len(keyed.key))

    def told(self, words) -> SafeString:
        """The stem with numbered blanks."""
        parts = pieces(words["stem"])
        for number, at in enumerate(range(1, len(parts), 2), 1):
            parts[at] = escape(_("(gap %(number)d)") % {"number": number})
        return mark_safe("".join(parts))

    def _shown(self, gap: dict, given: str | None) -> str:
        """What was answered, in words."""
        if not given or gap["kind"] == "typed":
            return given or ""
        number = int(given)
        return gap["answers"][number] if number < len(gap["answers"]) else ""

    def explain(self, asked, *, whole):
        key, answer = self.key_for(asked).key, asked.answer or {}
        by_name = {gap["name"]: gap for gap in asked.words["gaps"]}
        rows = []
        for number, name in enumerate(pieces(asked.words["stem"])[1::2], 1):
            gap = by_name.get(name)
            if gap is None:
                continue
            given = answer.get(gap["id"])
            is_right = self._is_right(key.get(gap["id"], ""), given)
            rows.append(
                {
                    "number": number,
                    "answer": self._shown(gap, given),
                    "is_right": is_right,
                    "right": gap["answers"][0] if whole and not is_right else None,
                    "feedback": gap["feedback"] if whole or is_right else "",
                }
            )
        return {"rows": rows}

    def pattern(self, value):
        """The values by their gaps' ids, a typed gap's key by one of its words."""
        given = Keyed.of(value).key or {}
        texts = (
            min(it, default="") if isinstance(it, frozenset) else it
            for _gap, it in sorted(given.items())
        )
        pattern = "[,]".join(literal(text) for text in texts)
        return "{case_matters=false}" + pattern if isinstance(value, Keyed) else pattern

    def response_pattern(self, asked):
        """A text for each gap in the order they were written, empty where nothing was answered."""
        answer = asked.answer or {}
        return "[,]".join(
            literal(self._shown(gap, answer.get(gap["id"]))) for gap in asked.words["gaps"]
        )


TYPE = Cloze()
