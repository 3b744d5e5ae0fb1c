"""A short text, compared with what is accepted once both are normalised."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.base import Asked, ItemType
from assessments.item_types.text import kept, lines, literal, normalised

MOST = 200


class ShortText(ItemType):
    """What any language accepts is accepted: a person may know the term in another. Where two
    languages differ in what a word is worth, the more generous counts."""

    code = "short"
    label = gettext_lazy("short text")
    interaction = "fill-in"
    blocks: ClassVar = ("accepted",)

    def problem(self, content):
        accepted = [one.value for one in content.options if one.block_type == "accepted"]
        if not any(one["credit"] == 1 for one in accepted):
            return _("Give at least one accepted answer that is worth all the points.")
        seen: set[str] = set()
        for one in accepted:
            words = {normalised(line) for line in lines(one["text"])}
            if not words or "" in words:
                return _("An accepted answer has no letter or number.")
            if words & seen:
                return _("“%(answer)s” is accepted twice.") % {"answer": one["text"].strip()}
            seen |= words
        return None

    def key(self, content):
        return {
            one.id: float(one.value["credit"])
            for one in content.options
            if one.block_type == "accepted"
        }

    def words(self, content):
        return {
            "accepted": [
                {
                    "id": one.id,
                    "text": one.value["text"],
                    "credit": float(one.value["credit"]),
                    "feedback": one.value["feedback"],
                }
                for one in content.options
                if one.block_type == "accepted"
            ]
        }

    def parse(self, data, asked):
        return kept(data.get("answer") or "", MOST) or None

    def key_for(self, asked):
        """{normalised wording: credit}, from all languages."""
        credits = asked.document["key"]
        key: dict[str, float] = {}
        for words in asked.document["languages"].values():
            for one in words["accepted"]:
                for line in lines(one["text"]):
                    word = normalised(line)
                    key[word] = max(key.get(word, 0.0), credits.get(one["id"], 0.0))
        return key

    def grade(self, key, answer):
        return key.get(normalised(answer), 0.0) if answer else 0.0

    def _met(self, asked: Asked) -> dict | None:
        """The accepted answer that the given one is, of the language shown where it can be."""
        given = normalised(asked.answer or "")
        for words in (asked.words, *asked.document["languages"].values()):
            for one in words["accepted"]:
                if given in {normalised(line) for line in lines(one["text"])}:
                    return next(
                        (own for own in asked.words["accepted"] if own["id"] == one["id"]), one
                    )
        return None

    def explain(self, asked, *, whole):
        met = self._met(asked) if asked.answer else None
        best = next((one for one in asked.words["accepted"] if one["credit"] == 1), None)
        told = met and (whole or met["credit"] == 1)
        return {
            "answer": asked.answer,
            "right": lines(best["text"])[0] if whole and best else None,
            "feedback": met["feedback"] if told else "",
        }

    def pattern(self, value):
        if isinstance(value, dict):
            best = next((word for word, credit in value.items() if credit == 1), "")
            return "{case_matters=false}" + literal(best)
        return literal(value or "")


TYPE = ShortText()
