"""What questions about a picture have in common: places on it, each of them in a form too.

The form is the question: lists and boxes that a keyboard, a switch or a voice can use, and that work
without JavaScript. The picture shows the same places, numbered as in the form; JavaScript makes it
answer to a pointer and keeps both in step (WCAG 2.2: 1.1.1, 2.1.1, 2.5.7).
"""

from typing import Any, ClassVar

from django.utils.translation import gettext as _

from assessments.item_types.authored import blocks_of
from assessments.item_types.base import Asked
from assessments.item_types.parts import InParts
from assessments.pictures import freeze_picture, picture_url

FEWEST_PER_CENT = 2  # of the picture's width or height: less cannot be hit


def geometry(block) -> list[float]:
    """[x, y, width, height] in per cent of the picture."""
    return [float(block.value[side] or 0) for side in ("x", "y", "width", "height")]


class PictureType(InParts):
    """Places are blocks of `place_block`; their labels are what the form offers."""

    fields: ClassVar = ("image", "image_alt", "scoring")
    place_block: str
    control = "answer-0"

    def picture_problem(self, content) -> str | None:
        if content.image is None:
            return _("Choose a picture.")
        if not content.image_alt.strip():
            return _("Say what the picture shows, for those who cannot see it.")
        labels = []
        for block in blocks_of(content, self.place_block):
            label = block.value["label"].strip()
            x, y, width, height = geometry(block)
            if x < 0 or y < 0 or x + width > 100 or y + height > 100:
                return _("The place “%(label)s” reaches beyond the picture.") % {"label": label}
            if min(width, height) < FEWEST_PER_CENT:
                return _("The place “%(label)s” is too small to be hit.") % {"label": label}
            if label.casefold() in labels:
                return _("Two places are called “%(label)s”.") % {"label": label}
            labels.append(label.casefold())
        return None

    def settings(self, content):
        return {
            **super().settings(content),
            f"{self.place_block}s": {
                block.id: geometry(block) for block in blocks_of(content, self.place_block)
            },
            "image": freeze_picture(content.image),
        }

    def words(self, content):
        return {"options": [], "image_alt": content.image_alt}

    def order(self, words, generator):
        """Places are numbered on the picture, the same way for everybody."""
        return []

    def picture(self, asked: Asked, marks: dict[str, Any] | None = None) -> dict:
        """What the picture partial draws. `marks`: what to say of a place after grading."""
        settings = asked.document["settings"]
        places = [
            {
                "id": one["id"],
                "number": number,
                "label": one["label"],
                "mark": (marks or {}).get(one["id"], ""),
                **_rectangle(settings[f"{self.place_block}s"][one["id"]]),
            }
            for number, one in enumerate(asked.words[f"{self.place_block}s"], 1)
        ]
        return {
            "url": picture_url(settings["image"]),
            "width": settings["image"]["width"],
            "height": settings["image"]["height"],
            "alt": self._alternative(asked),
            "places": places,
        }

    def _alternative(self, asked: Asked) -> str:
        """In the language; in another that has it, rather than none."""
        languages = [asked.words, *asked.document["languages"].values()]
        return next((words["image_alt"] for words in languages if words.get("image_alt")), "")


def _rectangle(sides: list[float]) -> dict:
    """SVG's own numbers: no language's decimal mark."""
    names = ("x", "y", "width", "height")
    return {name: f"{side:g}%" for name, side in zip(names, sides, strict=True)}
