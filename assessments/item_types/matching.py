"""Matching: each prompt is given the match that goes with it; some matches may go with none."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.base import Asked
from assessments.item_types.parts import InParts, Keyed, points
from assessments.item_types.text import normalised


class Matching(InParts):
    """The parts are the prompts; one without a match is empty. `settings["same"]` leads from a match
    that says what an earlier one says to that one: it is shown once and right for both prompts."""

    code = "matching"
    label = gettext_lazy("matching")
    interaction = "matching"
    blocks: ClassVar = ("pair",)
    fields: ClassVar = ("scoring",)
    control = "answer-1"

    def _pairs(self, content) -> list:
        return [one for one in content.options if one.block_type == "pair"]

    def problem(self, content):
        pairs = self._pairs(content)
        prompts = [normalised(one.value["prompt"]) for one in pairs if one.value["prompt"].strip()]
        if len(prompts) < 2:
            return _("Give at least two prompts.")
        if len(set(prompts)) != len(prompts):
            return _("Two prompts have the same text.")
        if len({normalised(one.value["match"]) for one in pairs}) < 2:
            return _("Give at least two different matches.")
        right = {normalised(one.value["match"]) for one in pairs if one.value["prompt"].strip()}
        for one in pairs:
            if not one.value["prompt"].strip() and normalised(one.value["match"]) in right:
                return _("“%(match)s” has no prompt, but goes with one.") % {
                    "match": one.value["match"]
                }
        return None

    def _same(self, content) -> dict[str, str]:
        first: dict[str, str] = {}
        same = {}
        for one in self._pairs(content):
            earlier = first.setdefault(normalised(one.value["match"]), one.id)
            if earlier != one.id:
                same[one.id] = earlier
        return same

    def key(self, content):
        same = self._same(content)
        return {
            one.id: same.get(one.id, one.id)
            for one in self._pairs(content)
            if one.value["prompt"].strip()
        }

    def settings(self, content):
        same = self._same(content)
        return {**super().settings(content), **({"same": same} if same else {})}

    def words(self, content):
        pairs = self._pairs(content)
        return {
            "prompts": [
                {"id": one.id, "text": one.value["prompt"], "feedback": one.value["feedback"]}
                for one in pairs
                if one.value["prompt"].strip()
            ],
            "matches": [{"id": one.id, "text": one.value["match"]} for one in pairs],
        }

    def order(self, words, generator):
        ids = [match["id"] for match in words["matches"]]
        generator.shuffle(ids)
        return ids

    def guessing(self, key, words):
        """Each prompt takes one of the matches that the key and the distractors leave, at random."""
        prompts = {prompt["id"] for prompt in words["prompts"]}
        distractors = [one for one in words["matches"] if one["id"] not in prompts]
        return (len(set(key.values())) + len(distractors)) ** -len(key)

    def part_list(self, asked):
        return asked.words["prompts"]

    def _choices(self, asked: Asked) -> list[dict]:
        """The matches as shown. A form names them by their place: a prompt and its match have one id."""
        same = asked.document.get("settings", {}).get("same", {})
        return asked.in_order([one for one in asked.words["matches"] if one["id"] not in same])

    def context(self, asked):
        answer = asked.answer or {}
        choices = self._choices(asked)
        return {
            "prompts": [
                {
                    **prompt,
                    "choices": [
                        {
                            "value": place,
                            "text": match["text"],
                            "selected": answer.get(prompt["id"]) == match["id"],
                        }
                        for place, match in enumerate(choices, 1)
                    ],
                }
                for prompt in asked.words["prompts"]
            ]
        }

    def parse(self, data, asked):
        by_place = {str(place): one["id"] for place, one in enumerate(self._choices(asked), 1)}
        answer = {}
        for prompt in asked.words["prompts"]:
            place = data.get(f"answer-{prompt['id']}")
            if not place:
                continue
            if place not in by_place:
                raise ValueError(_("Choose from the lists."))
            answer[prompt["id"]] = by_place[place]
        return answer or None

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        answer = answer or {}
        right = sum(answer.get(prompt) == match for prompt, match in keyed.key.items())
        given = sum(prompt in answer for prompt in keyed.key)
        return points(keyed.scoring, right=right, wrong=given - right, parts=len(keyed.key))

    def explain(self, asked, *, whole):
        key, answer = asked.document["key"], asked.answer or {}
        texts = {match["id"]: match["text"] for match in asked.words["matches"]}
        rows = []
        for prompt in asked.words["prompts"]:
            given, right = answer.get(prompt["id"]), key.get(prompt["id"])
            is_right = given is not None and given == right
            rows.append(
                {
                    "text": prompt["text"],
                    "answer": texts.get(given),
                    "is_right": is_right,
                    "right": texts.get(right) if whole and not is_right else None,
                    "feedback": prompt["feedback"] if whole or is_right else "",
                }
            )
        return {"rows": rows}

    def pattern(self, value):
        pairs = Keyed.of(value).key or {}
        return "[,]".join(f"{prompt}[.]{match}" for prompt, match in sorted(pairs.items()))


TYPE = Matching()
