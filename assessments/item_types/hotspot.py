"""Hotspot: find one or more places on a picture (QTI 3: hotspotInteraction)."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.authored import blocks_of, named
from assessments.item_types.base import Asked
from assessments.item_types.parts import Keyed, points
from assessments.item_types.picture import PictureType


class Hotspot(PictureType):
    code = "hotspot"
    label = gettext_lazy("places on a picture")
    interaction = "other"
    blocks: ClassVar = ("spot",)
    place_block = "spot"

    def problem(self, content):
        spots = blocks_of(content, "spot")
        if len(spots) < 2:
            return _("Give at least two places.")
        if not any(spot.value["correct"] for spot in spots):
            return _("Mark at least one place as correct.")
        return self.picture_problem(content)

    def key(self, content):
        return sorted(str(spot.id) for spot in blocks_of(content, "spot") if spot.value["correct"])

    def words(self, content):
        return {
            **super().words(content),
            "spots": [
                {
                    "id": spot.id,
                    "label": spot.value["label"],
                    "feedback": spot.value["feedback"],
                }
                for spot in blocks_of(content, "spot")
            ],
        }

    def guessing(self, key, words):
        """Of n places: 1/n for one right place, 1/(2ⁿ - 1) for any number of them."""
        places = len(words["spots"])
        return 1 / places if len(key) == 1 else 1 / (2**places - 1)

    def context(self, asked: Asked):
        chosen, one = set(asked.answer or []), len(asked.document["key"]) == 1
        picture = self.picture(asked)
        return {
            "picture": picture,
            "widget": "radio" if one else "checkbox",
            "legend": named(_("Which place is it?") if one else _("Which places are they?")),
            "hint": "" if one else named(_("Choose all that are right.")),
            "options": [
                {
                    "value": place["id"],
                    "label": f"{place['number']}. {place['label']}",
                    "checked": place["id"] in chosen,
                }
                for place in picture["places"]
            ],
        }

    def parse(self, data, asked):
        answer = sorted({one for one in data.getlist("answer") if one})
        if not answer:
            return None
        if not set(answer) <= {spot["id"] for spot in asked.words["spots"]}:
            raise ValueError(_("Choose from the places."))
        if len(asked.document["key"]) == 1 and len(answer) > 1:
            raise ValueError(_("Choose one place."))
        return answer

    def part_list(self, asked):
        return asked.words["spots"]

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        right, chosen = set(keyed.key), set(answer or [])
        return points(
            keyed.scoring,
            right=len(right & chosen),
            wrong=len(chosen - right),
            parts=len(right),
        )

    def explain(self, asked, *, whole):
        """The places that were chosen, and the right ones where that may be told."""
        right, chosen = set(asked.document["key"]), set(asked.answer or [])
        told = right if whole else right & chosen
        marks = {
            spot["id"]: "right" if spot["id"] in told else "wrong"
            for spot in asked.words["spots"]
            if spot["id"] in told | chosen
        }
        picture = self.picture(asked, marks)
        feedback = {spot["id"]: spot["feedback"] for spot in asked.words["spots"]}
        return {
            "picture": picture,
            "parts": [
                {
                    **place,
                    "is_right": place["mark"] == "right",
                    "is_chosen": place["id"] in chosen,
                    "feedback": feedback[place["id"]],
                }
                for place in picture["places"]
                if place["mark"]
            ],
        }

    def pattern(self, value):
        return "[,]".join(value or [])


TYPE = Hotspot()
