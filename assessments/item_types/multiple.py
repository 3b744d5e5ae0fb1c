"""Multiple choice: one or more options are right."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.item_types.choice import Choice
from assessments.item_types.parts import EACH, PENALTY, InParts, Keyed, points


class MultipleChoice(InParts, Choice):
    """How an answer that is partly right counts:

    - `all`: the right options and no other, or nothing;
    - `each`: every option is a decision, right when it is chosen and right or left out and wrong
      (multiple true-false, Frisbie 1992): the share of right decisions. Choosing nothing decides
      nothing;
    - `penalty`: a share of the points for each right option chosen, less as much for each wrong
      one, never below 0.
    """

    code = "multiple"
    label = gettext_lazy("multiple choice")
    widget = "checkbox"
    fields = ("scoring",)

    def problem(self, content):
        if problem := super().problem(content):
            return problem
        if not any(option.value["correct"] for option in content.options):
            return _("Mark at least one option as correct.")
        return None

    def key(self, content):
        return sorted(option.id for option in content.options if option.value["correct"])

    def part_list(self, asked):
        return asked.words["options"]

    def parse(self, data, asked):
        answer = sorted(set(data.getlist("answer")))
        if not answer:
            return None
        if not set(answer) <= {option["id"] for option in asked.words["options"]}:
            raise ValueError(_("Choose from the options."))
        return answer

    def grade(self, key, answer):
        keyed = Keyed.of(key)
        right, chosen = set(keyed.key), set(answer or [])
        if not chosen:
            return 0.0
        if keyed.scoring == EACH:
            decided = sum((part in chosen) == (part in right) for part in keyed.parts)
            return decided / len(keyed.parts)
        if keyed.scoring == PENALTY and not right:  # a new key may leave nothing to find
            return 0.0
        return points(
            keyed.scoring,
            right=len(chosen & right),
            wrong=len(chosen - right),
            parts=len(right),
        )

    def pattern(self, value):
        return "[,]".join(value or [])

    def guessing(self, key, words):
        return 1 / (2 ** len(words["options"]) - 1)


TYPE = MultipleChoice()
