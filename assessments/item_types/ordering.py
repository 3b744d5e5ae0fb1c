"""Ordering: steps are put in their right order."""

import math
from itertools import pairwise
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.base import Asked
from assessments.item_types.parts import InParts, Keyed, points
from assessments.item_types.text import normalised


class Ordering(InParts):
    """The answer is the list of steps by their place, None where a place is still empty.

    The parts are the pairs of neighbours (Moodle's ordering question: "relative to the next item,
    excluding last"): one is right when the second step comes directly after the first in the right
    order. One step out of place then costs its own neighbours, not all places after it.
    """

    code = "ordering"
    label = gettext_lazy("ordering")
    interaction = "sequencing"
    blocks: ClassVar = ("step",)
    fields: ClassVar = ("scoring",)
    control = "answer-1"

    def problem(self, content):
        steps = [one.value["text"] for one in content.options if one.block_type == "step"]
        if len(steps) < 3:
            return _("Give at least three steps, in their right order.")
        if len({normalised(text) for text in steps}) != len(steps):
            return _("Two steps have the same text.")
        return None

    def key(self, content):
        return [one.id for one in content.options if one.block_type == "step"]

    def words(self, content):
        return {
            "steps": [
                {"id": one.id, "text": one.value["text"], "feedback": one.value["feedback"]}
                for one in content.options
                if one.block_type == "step"
            ]
        }

    def order(self, words, generator):
        """Any order but the right one."""
        right = [step["id"] for step in words["steps"]]
        ids = list(right)
        while ids == right and len(ids) > 1:
            generator.shuffle(ids)
        return ids

    def guessing(self, key, words):
        return 1 / math.factorial(len(key))

    def part_list(self, asked):
        return asked.words["steps"]

    def _places(self, asked: Asked) -> dict[str, int]:
        return {step: place for place, step in enumerate(asked.answer or [], 1) if step}

    def context(self, asked):
        """The steps in the order given so far, those without a place after them as drawn."""
        places = self._places(asked)
        drawn = asked.in_order(asked.words["steps"])
        steps = sorted(drawn, key=lambda step: places.get(step["id"], len(drawn) + 1))
        return {
            "steps": [
                {
                    **step,
                    "places": [
                        {"value": place, "selected": places.get(step["id"]) == place}
                        for place in range(1, len(steps) + 1)
                    ],
                }
                for step in steps
            ]
        }

    def parse(self, data, asked):
        steps = asked.words["steps"]
        answer: list[str | None] = [None] * len(steps)
        numbers = {str(place): place - 1 for place in range(1, len(steps) + 1)}
        for step in steps:
            place = data.get(f"answer-{step['id']}")
            if not place:
                continue
            if place not in numbers:
                raise ValueError(_("Choose from the lists."))
            if answer[numbers[place]] is not None:
                raise ValueError(
                    _("Two steps have place %(place)s. Give each a place of its own.")
                    % {"place": place}
                )
            answer[numbers[place]] = step["id"]
        return answer if any(answer) else None

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        follows = set(pairwise(keyed.key))
        pairs = [pair for pair in pairwise(answer or []) if None not in pair]
        right = len(set(pairs) & follows)
        return points(
            keyed.scoring, right=right, wrong=len(pairs) - right, parts=len(keyed.key) - 1
        )

    def explain(self, asked, *, whole):
        steps = {step["id"]: step for step in asked.words["steps"]}
        follows = set(pairwise(asked.document["key"]))
        given, before = [], None
        for step in asked.answer or []:
            known = steps.get(step)
            is_right = (before, step) in follows
            given.append({"text": known["text"] if known else "", "is_right": is_right})
            before = step
        right = [steps[step] for step in asked.document["key"] if step in steps] if whole else []
        return {"given": given, "right": right}

    def pattern(self, value):
        return "[,]".join(step or "" for step in Keyed.of(value).key or [])


TYPE = Ordering()
