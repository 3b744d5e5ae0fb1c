"""The block in which an author writes the options of a question."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class OptionBlock(blocks.StructBlock):
    """One option. Its block id is its id for good, in every language."""

    text = blocks.TextBlock(label=_("Text"), rows=2)
    correct = blocks.BooleanBlock(label=_("Correct"), required=False)
    feedback = blocks.TextBlock(
        label=_("Feedback"), rows=2, help_text=_("Why it is right, or what it overlooks.")
    )

    class Meta:
        icon = "list-ul"
        label = _("Option")


class OptionsBlock(blocks.StreamBlock):
    option = OptionBlock()

    class Meta:
        block_counts = {"option": {"max_num": 8}}
        required = False
