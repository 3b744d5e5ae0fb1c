"""What single and multiple choice have in common: options, in an order drawn by chance."""

from typing import ClassVar

from django.utils.translation import gettext as _

from assessments.item_types.base import Asked, ItemType


class Choice(ItemType):
    interaction = "choice"
    blocks: ClassVar = ("option",)
    control = "answer-0"
    widget: str

    @property
    def template(self):
        return "assessments/items/choice.html"

    @property
    def explained_template(self):
        return "assessments/items/choice_explained.html"

    def problem(self, content):
        options = list(content.options)
        if len(options) < 2:
            return _("Give at least two options.")
        texts = [option.value["text"].strip().casefold() for option in options]
        if len(set(texts)) != len(texts):
            return _("Two options have the same text.")
        return None

    def _chosen(self, answer) -> set:
        return set(answer) if isinstance(answer, list) else {answer}

    def context(self, asked: Asked):
        chosen = self._chosen(asked.answer)
        return {
            "widget": self.widget,
            "options": [
                {"value": one["id"], "label": one["text"], "checked": one["id"] in chosen}
                for one in asked.in_order(asked.words["options"])
                if one["id"] in asked.order
            ],
        }

    def explain(self, asked: Asked, *, whole: bool):
        """The options that were chosen, and what is right where that may be told. That a chosen
        option is right is no secret: the score says it."""
        right, chosen = self._chosen(asked.document["key"]), self._chosen(asked.answer)
        return {
            "options": [
                {
                    **one,
                    "is_right": one["id"] in right and (whole or one["id"] in chosen),
                    "is_chosen": one["id"] in chosen,
                }
                for one in asked.in_order(asked.words["options"])
            ]
        }
