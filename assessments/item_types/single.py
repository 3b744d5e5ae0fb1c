"""Single choice: one of several options is right."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.choice import Choice


class SingleChoice(Choice):
    code = "single"
    label = gettext_lazy("single choice")
    widget = "radio"

    def problem(self, content):
        if problem := super().problem(content):
            return problem
        if sum(bool(option.value["correct"]) for option in content.options) != 1:
            return _("Mark exactly one option as correct.")
        return None

    def key(self, content):
        return next(option.id for option in content.options if option.value["correct"])

    def parse(self, data, asked):
        answer = data.get("answer")
        if not answer:
            return None
        if answer not in {option["id"] for option in asked.words["options"]}:
            raise ValueError(_("Choose one of the options."))
        return answer

    def grade(self, key, answer):
        return float(answer == key)

    def pattern(self, value):
        return str(value or "")

    def guessing(self, key, words):
        return 1 / len(words["options"])


TYPE = SingleChoice()
