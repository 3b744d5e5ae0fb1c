"""Multiple choice: one or more options are right; all of them, and no other, score."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.base import ItemType
from assessments.item_types.single import option_problem


class MultipleChoice(ItemType):
    code = "multiple"
    label = gettext_lazy("multiple choice")
    interaction = "choice"

    def problem(self, content):
        if problem := option_problem(content):
            return problem
        if not any(option.value["correct"] for option in content.options):
            return _("Mark at least one option as correct.")
        return None

    def key(self, content):
        return sorted(option.id for option in content.options if option.value["correct"])

    def parse(self, data, version_words):
        answer = sorted(set(data.getlist("answer")))
        if not answer:
            return None
        if not set(answer) <= {option["id"] for option in version_words["options"]}:
            raise ValueError(_("Choose from the options."))
        return answer

    def grade(self, key, answer):
        return float(sorted(answer or []) == sorted(key))

    def pattern(self, value):
        return "[,]".join(value or [])

    def guessing(self, option_count):
        return 1 / (2**option_count - 1)


TYPE = MultipleChoice()
