"""Single choice: one of several options is right."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.base import ItemType


def option_problem(content) -> str | None:
    """What is wrong with a content's options for any kind of choice."""
    options = list(content.options)
    if len(options) < 2:
        return _("Give at least two options.")
    texts = [option.value["text"].strip().casefold() for option in options]
    if len(set(texts)) != len(texts):
        return _("Two options have the same text.")
    return None


class SingleChoice(ItemType):
    code = "single"
    label = gettext_lazy("single choice")
    interaction = "choice"

    def problem(self, content):
        if problem := option_problem(content):
            return problem
        if sum(bool(option.value["correct"]) for option in content.options) != 1:
            return _("Mark exactly one option as correct.")
        return None

    def key(self, content):
        return next(option.id for option in content.options if option.value["correct"])

    def parse(self, data, version_words):
        answer = data.get("answer")
        if not answer:
            return None
        if answer not in {option["id"] for option in version_words["options"]}:
            raise ValueError(_("Choose one of the options."))
        return answer

    def grade(self, key, answer):
        return float(answer == key)

    def pattern(self, value):
        return str(value or "")

    def guessing(self, option_count):
        return 1 / option_count


TYPE = SingleChoice()
