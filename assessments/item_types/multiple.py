"""Multiple choice: one or more options are right; all of them, and no other, score."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.choice import Choice


class MultipleChoice(Choice):
    code = "multiple"
    label = gettext_lazy("multiple choice")
    widget = "checkbox"

    def problem(self, content):
        if problem := super().problem(content):
            return problem
        if not any(option.value["correct"] for option in content.options):
            return _("Mark at least one option as correct.")
        return None

    def key(self, content):
        return sorted(option.id for option in content.options if option.value["correct"])

    def parse(self, data, asked):
        answer = sorted(set(data.getlist("answer")))
        if not answer:
            return None
        if not set(answer) <= {option["id"] for option in asked.words["options"]}:
            raise ValueError(_("Choose from the options."))
        return answer

    def grade(self, key, answer):
        return float(sorted(answer or []) == sorted(key))

    def pattern(self, value):
        return "[,]".join(value or [])

    def guessing(self, key, words):
        return 1 / (2 ** len(words["options"]) - 1)


TYPE = MultipleChoice()
