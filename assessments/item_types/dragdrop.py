"""Drag and drop: put each label in its place on a picture (QTI 3: graphicGapMatchInteraction)."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.authored import blocks_of, named, source_of
from assessments.item_types.base import Asked
from assessments.item_types.parts import Keyed, points
from assessments.item_types.picture import PictureType


def _zones(content) -> dict[str, str]:
    """The id of each place by its name in the first language, as labels name it."""
    zones = blocks_of(source_of(content), "zone")
    return {zone.value["label"].strip().casefold(): zone.id for zone in zones}


class DragDrop(PictureType):
    code = "dragdrop"
    label = gettext_lazy("drag labels to a picture")
    interaction = "matching"
    blocks: ClassVar = ("zone", "token")
    place_block = "zone"

    def problem(self, content):
        zones, tokens = blocks_of(content, "zone"), blocks_of(content, "token")
        if len(zones) < 2:
            return _("Give at least two places.")
        if len(tokens) < 2:
            return _("Give at least two labels.")
        labels = _zones(content)
        texts = set()
        for token in tokens:
            text, zone = token.value["text"].strip(), token.value["zone"].strip()
            if text.casefold() in texts:
                return _("Two labels have the same text.")
            texts.add(text.casefold())
            if zone and zone.casefold() not in labels:
                return _("The label “%(text)s” names the place “%(zone)s”, which is not there.") % {
                    "text": text,
                    "zone": zone,
                }
        if not any(token.value["zone"].strip() for token in tokens):
            return _("Say of at least one label where it belongs.")
        return self.picture_problem(content)

    def key(self, content):
        """Token → zone; what belongs nowhere is not in it."""
        zones = _zones(content)
        places = {
            token.id: zones.get(token.value["zone"].strip().casefold())
            for token in blocks_of(content, "token")
        }
        return {token: zone for token, zone in sorted(places.items()) if zone}

    def words(self, content):
        return {
            **super().words(content),
            "zones": [
                {"id": zone.id, "label": zone.value["label"]} for zone in blocks_of(content, "zone")
            ],
            "tokens": [
                {
                    "id": token.id,
                    "text": token.value["text"],
                    "feedback": token.value["feedback"],
                }
                for token in blocks_of(content, "token")
            ],
        }

    def order(self, words, generator):
        ids = [token["id"] for token in words["tokens"]]
        generator.shuffle(ids)
        return ids

    def guessing(self, key, words):
        """Each label lands in any of the places or in none."""
        return float((len(words["zones"]) + 1) ** -len(words["tokens"]))

    def context(self, asked: Asked):
        placed = asked.answer or {}
        picture = self.picture(asked)
        return {
            "picture": picture,
            "legend": named(_("Where does each label belong?")),
            "tokens": [
                {
                    **token,
                    "places": [
                        {**place, "selected": place["id"] == placed.get(token["id"])}
                        for place in picture["places"]
                    ],
                }
                for token in asked.in_order(asked.words["tokens"])
            ],
            "has_distractors": len(asked.document["key"]) < len(asked.words["tokens"]),
        }

    def parse(self, data, asked):
        zones = {zone["id"] for zone in asked.words["zones"]}
        answer = {}
        for token in asked.words["tokens"]:
            zone = data.get(f"answer-{token['id']}") or ""
            if zone and zone not in zones:
                raise ValueError(_("Choose from the places."))
            if zone:
                answer[token["id"]] = zone
        return answer or None

    def part_list(self, asked):
        return asked.words["tokens"]

    def grade(self, key, answer):
        """What belongs nowhere costs nothing where it is left out, and is wrong anywhere else."""
        keyed = Keyed.of(key)
        placed = {token: zone for token, zone in (answer or {}).items() if zone}
        hits = sum(keyed.key.get(token) == zone for token, zone in placed.items())
        return points(keyed.scoring, right=hits, wrong=len(placed) - hits, parts=len(keyed.key))

    def explain(self, asked, *, whole):
        """Each label with where it was put; where it belongs and why, where that may be told."""
        right, placed = asked.document["key"], asked.answer or {}
        picture = self.picture(asked)
        places = {place["id"]: place for place in picture["places"]}
        parts = []
        for token in asked.in_order(asked.words["tokens"]):
            mine, theirs = placed.get(token["id"]), right.get(token["id"])
            is_right = mine == theirs
            if not (mine or whole):
                continue
            parts.append(
                {
                    "text": token["text"],
                    "is_right": is_right,
                    "placed": places.get(mine),
                    "belongs": places.get(theirs) if whole else None,
                    "belongs_nowhere": whole and theirs is None,
                    "feedback": token["feedback"] if whole or is_right else "",
                }
            )
        return {"picture": picture, "parts": parts}

    def pattern(self, value):
        return "[,]".join(f"{token}[.]{zone}" for token, zone in (value or {}).items())


TYPE = DragDrop()
