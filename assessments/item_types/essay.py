"""An essay: a text, marked by people with a rubric."""

from django.utils.translation import gettext_lazy

from assessments.item_types.marked import Marked


class Essay(Marked):
    code = "essay"
    label = gettext_lazy("essay, marked by people")
    interaction = "long-fill-in"

    def parse(self, data, asked):
        text = self.parse_text(data, "answer")
        return {"text": text} if text else None

    def pattern(self, value):
        return (value or {}).get("text", "")


TYPE = Essay()
