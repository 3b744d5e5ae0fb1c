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


# --- Places on a picture --------------------------------------------------------------------------


def _per_cent(label, **kwargs) -> blocks.FloatBlock:
    return blocks.FloatBlock(label=label, min_value=0, max_value=100, **kwargs)


class PlaceBlock(blocks.StructBlock):
    """A rectangle, in per cent of the picture. Its block id is its id for good."""

    label = blocks.CharBlock(
        label=_("Name"), max_length=80, help_text=_("What the place is called in the list.")
    )
    x = _per_cent(_("From the left"), help_text=_("In per cent of the picture’s width."))
    y = _per_cent(_("From the top"), help_text=_("In per cent of the picture’s height."))
    width = _per_cent(_("Width"), help_text=_("In per cent."))
    height = _per_cent(_("Height"), help_text=_("In per cent."))


class SpotBlock(PlaceBlock):
    """A place that may be the one asked for."""

    correct = blocks.BooleanBlock(label=_("Correct"), required=False)
    feedback = blocks.TextBlock(
        label=_("Feedback"), rows=2, help_text=_("Why it is right, or what it overlooks.")
    )

    class Meta:
        icon = "crosshairs"
        label = _("Place to find")


class ZoneBlock(PlaceBlock):
    """A place that labels are put in."""

    class Meta:
        icon = "placeholder"
        label = _("Place for labels")


class TokenBlock(blocks.StructBlock):
    """A label. `zone` names its place as the first language does."""

    text = blocks.CharBlock(label=_("Label"), max_length=120)
    zone = KeyBlock(
        label=_("Its place"),
        required=False,
        help_text=_("The name of a place above. Left empty, the label belongs nowhere."),
    )
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2, help_text=_("Why it belongs there."))

    class Meta:
        icon = "tag"
        label = _("Label")


# --- A table to work with -------------------------------------------------------------------------


def _share(label, most: int, **kwargs) -> blocks.IntegerBlock:
    return blocks.IntegerBlock(
        label=label, min_value=0, max_value=most, default=0, required=False, **kwargs
    )


class TableBlock(blocks.StructBlock):
    file = blocks.CharBlock(
        label=_("File name"), max_length=60, help_text=_("Without its ending, such as “requests”.")
    )
    rows = blocks.IntegerBlock(label=_("Rows"), min_value=5, max_value=20_000, default=200)
    duplicates = _share(
        _("Rows that stand there twice"), 20, help_text=_("In per cent of all rows.")
    )

    class Meta:
        icon = "table"
        label = _("Table")


class ColumnBlock(blocks.StructBlock):
    """A column. Its block id is its id for good; its name is its heading in a language."""

    name = blocks.CharBlock(label=_("Heading"), max_length=80)


class IdColumnBlock(ColumnBlock):
    prefix = KeyBlock(
        label=_("Begins with"),
        required=False,
        max_length=20,
        help_text=_("Such as “R-” for R-001."),
    )

    class Meta:
        icon = "order"
        label = _("Column: number of the row")


class ValueBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Value"), max_length=80)
    weight = blocks.FloatBlock(
        label=_("Weight"),
        min_value=0,
        max_value=1000,
        default=1,
        help_text=_("2 is twice as often as 1."),
    )


class FillableColumnBlock(ColumnBlock):
    missing = _share(_("Empty cells"), 50, help_text=_("In per cent of the rows."))


class CategoryColumnBlock(FillableColumnBlock):
    values = blocks.ListBlock(ValueBlock(), label=_("Values"), min_num=2, max_num=50)
    messy = _share(
        _("Stray spaces and letters"),
        50,
        help_text=_("Cells, in per cent, that are typed carelessly: “ North”, “NORTH”."),
    )

    class Meta:
        icon = "list-ul"
        label = _("Column: category")


class NumberColumnBlock(FillableColumnBlock):
    lowest = blocks.DecimalBlock(label=_("Lowest"), default=0)
    highest = blocks.DecimalBlock(label=_("Highest"), default=100)
    decimals = blocks.IntegerBlock(label=_("Decimals"), min_value=0, max_value=4, default=0)
    distribution = blocks.ChoiceBlock(
        label=_("Spread"),
        choices=[
            ("uniform", _("all alike")),
            ("normal", _("most in the middle")),
            ("skewed", _("many small, few large")),
        ],
        default="normal",
    )
    follows = KeyBlock(
        label=_("Follows the column"),
        required=False,
        help_text=_("A column of numbers above that it goes along with."),
    )
    strength = blocks.FloatBlock(
        label=_("How closely"),
        min_value=-1,
        max_value=1,
        required=False,
        help_text=_("The correlation, from −1 to 1."),
    )
    outliers = _share(
        _("Slips"), 10, help_text=_("Numbers, in per cent, that are a hundred times too large.")
    )

    class Meta:
        icon = "decimal"
        label = _("Column: numbers")


class DateColumnBlock(FillableColumnBlock):
    first = blocks.DateBlock(label=_("First day"))
    last = blocks.DateBlock(label=_("Last day"))

    class Meta:
        icon = "date"
        label = _("Column: dates")


class CodeColumnBlock(FillableColumnBlock):
    pattern = KeyBlock(
        label=_("Pattern"),
        max_length=20,
        help_text=_("A stands for a letter, 9 for a figure: AA-999."),
    )

    class Meta:
        icon = "code"
        label = _("Column: codes")


class ConditionBlock(blocks.StructBlock):
    column = KeyBlock(label=_("Column"))
    comparison = blocks.ChoiceBlock(
        label=_("Comparison"),
        choices=[
            ("is", _("is")),
            ("is_not", _("is not")),
            ("at_least", _("is at least")),
            ("at_most", _("is at most")),
            ("above", _("is above")),
            ("below", _("is below")),
            ("filled", _("is filled in")),
            ("empty", _("is empty")),
        ],
        default="is",
    )
    value = KeyBlock(label=_("Value"), required=False, help_text=_("A date as 2024-03-31."))


class QuestionBlock(blocks.StructBlock):
    """A question about the table. It names columns and values as the first language does."""

    text = blocks.TextBlock(label=_("Question"), rows=2)
    operation = blocks.ChoiceBlock(
        label=_("The answer is"),
        choices=[
            ("count", _("how many rows there are")),
            ("sum", _("the sum")),
            ("mean", _("the mean")),
            ("median", _("the median")),
            ("min", _("the smallest or earliest value")),
            ("max", _("the largest or latest value")),
            ("share", _("the percentage of rows with a value")),
            ("mode", _("the most frequent value")),
            ("distinct", _("how many different values there are")),
            ("missing", _("how many cells are empty")),
            ("correlation", _("the correlation of two columns")),
        ],
    )
    column = KeyBlock(
        label=_("Of the column"), required=False, help_text=_("Its heading, as above.")
    )
    other = KeyBlock(label=_("And the column"), required=False, help_text=_("For a correlation."))
    value = KeyBlock(
        label=_("With the value"), required=False, help_text=_("For a percentage of rows.")
    )
    where = blocks.ListBlock(
        ConditionBlock(),
        label=_("Only rows where"),
        default=[],
        max_num=5,
        help_text=_("All of these hold. Left empty: every row."),
    )
    once = blocks.BooleanBlock(
        label=_("Count repeated rows once"),
        required=False,
        default=True,
        help_text=_("Tell learners so in the question."),
    )
    tolerance = blocks.DecimalBlock(
        label=_("Tolerance"), min_value=0, required=False, help_text=_("How far off still counts.")
    )
    unit = blocks.CharBlock(label=_("Unit"), required=False, max_length=30)
    feedback = blocks.TextBlock(
        label=_("Feedback"), rows=2, help_text=_("How the answer is found.")
    )

    class Meta:
        icon = "help"
        label = _("Question about the table")


# --- The field -----------------------------------------------------------------------------------


class OptionsBlock(blocks.StreamBlock):
    option = OptionBlock()
    pair = PairBlock()
    step = StepBlock()
    accepted = AcceptedBlock()
    gap = GapBlock()
    unit = UnitBlock()
    spot = SpotBlock()
    zone = ZoneBlock()
    token = TokenBlock()
    table = TableBlock()
    id_column = IdColumnBlock()
    category_column = CategoryColumnBlock()
    number_column = NumberColumnBlock()
    date_column = DateColumnBlock()
    code_column = CodeColumnBlock()
    question = QuestionBlock()

    class Meta:
        block_counts = {
            "option": {"max_num": 8},
            "pair": {"max_num": 12},
            "step": {"max_num": 10},
            "accepted": {"max_num": 12},
            "gap": {"max_num": 12},
            "unit": {"max_num": 8},
            "spot": {"max_num": 20},
            "zone": {"max_num": 12},
            "token": {"max_num": 20},
            "table": {"max_num": 1},
            "question": {"max_num": 10},
        }
        required = False
