"""What several formats say in the same way: true or false, and shares of points."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from assessments.exchange.model import ImportedItem

TRUE_WORDS = {"T", "TRUE", "VRAI", "V"}
FALSE_WORDS = {"F", "FALSE", "FAUX"}


def true_or_false(item: ImportedItem, is_true: bool, feedback: dict[bool, str]) -> None:
    """Single choice between two words, in the language of the question."""
    item.kind = "single"
    language = item.language.split("-")[0] or "en"
    with override(language):
        words = {True: _("True"), False: _("False")}
    item.changed(_("True or false"), _("It became single choice of two options."))
    for value in (True, False):
        item.add(
            "option",
            "true" if value else "false",
            text=words[value],
            correct=value == is_true,
            feedback=feedback.get(value, ""),
        )
