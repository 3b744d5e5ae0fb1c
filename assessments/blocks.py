"""The blocks in which an author writes the parts of a question.

The id of a block is the id of its part for good, in every language. Which kinds of block a kind of
question takes is said by its `ItemType.blocks`.
"""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

_FEEDBACK = _("Shown after grading, when the key is.")


class KeyBlock(blocks.CharBlock):
    """A name by which parts of a question refer to each other: the same in every language."""

    def get_translatable_segments(self, value) -> list:
        return []

    def restore_translated_segments(self, value, segments):
        return value


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


class PairBlock(blocks.StructBlock):
    """A prompt and what goes with it; a match without a prompt distracts."""

    prompt = blocks.TextBlock(
        label=_("Prompt"),
        rows=2,
        required=False,
        help_text=_("Left empty, the match below is one more to choose from that fits nothing."),
    )
    match = blocks.TextBlock(
        label=_("Match"), rows=2, help_text=_("Several prompts may have the same match.")
    )
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2, required=False, help_text=_FEEDBACK)

    class Meta:
        icon = "link"
        label = _("Pair")


class StepBlock(blocks.StructBlock):
    """One step, written in its right place."""

    text = blocks.TextBlock(label=_("Text"), rows=2)
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2, required=False, help_text=_FEEDBACK)

    class Meta:
        icon = "list-ol"
        label = _("Step")


class AcceptedBlock(blocks.StructBlock):
    """An answer that is accepted, and what it is worth."""

    text = blocks.TextBlock(
        label=_("Accepted answer"),
        rows=2,
        help_text=_(
            "One wording a line. Capitals, accents, spaces and the kind of quotation marks, "
            "apostrophes and dashes make no difference."
        ),
    )
    credit = blocks.FloatBlock(
        label=_("Share of the points"),
        min_value=0,
        max_value=1,
        default=1,
        help_text=_("From 0 to 1. With 0 it is wrong, and its feedback says why."),
    )
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2, required=False)

    class Meta:
        icon = "pilcrow"
        label = _("Accepted answer")


class GapBlock(blocks.StructBlock):
    """One gap of a text, where the question says `[[name]]`."""

    name = KeyBlock(
        label=_("Name"),
        max_length=40,
        help_text=_("Write [[name]] where the gap is in the question: [[a]] for a gap named a."),
    )
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("choice", _("chosen from a list")), ("typed", _("typed"))],
        default="choice",
    )
    answers = blocks.TextBlock(
        label=_("Answers"),
        rows=3,
        help_text=_(
            "One a line. To choose from: the first is right, the others are wrong. "
            "Typed: each line is accepted."
        ),
    )
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2, required=False, help_text=_FEEDBACK)

    class Meta:
        icon = "form"
        label = _("Gap")


class UnitBlock(blocks.StructBlock):
    """Another unit that an answer may be given in."""

    unit = blocks.CharBlock(label=_("Unit"), max_length=30)
    factor = blocks.FloatBlock(
        label=_("Factor"),
        help_text=_(
            "What one of it is in the unit of the question: 0.001 for metres in kilometres."
        ),
    )

    class Meta:
        icon = "decimal"
        label = _("Another unit")


class OptionsBlock(blocks.StreamBlock):
    option = OptionBlock()
    pair = PairBlock()
    step = StepBlock()
    accepted = AcceptedBlock()
    gap = GapBlock()
    unit = UnitBlock()

    class Meta:
        block_counts = {
            "option": {"max_num": 8},
            "pair": {"max_num": 12},
            "step": {"max_num": 10},
            "accepted": {"max_num": 12},
            "gap": {"max_num": 12},
            "unit": {"max_num": 8},
        }
        required = False
