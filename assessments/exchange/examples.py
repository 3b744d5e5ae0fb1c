"""An example of each kind of question, for the table that is filled in."""

from django.utils.translation import gettext as _

from assessments.exchange.content import is_known, options_block
from assessments.exchange.model import ImportedItem


def examples(language: str) -> list[ImportedItem]:
    """One question of each kind that this academy has, in words that explain the columns."""
    items = [made(_new(kind, language)) for kind, made in _EXAMPLES.items() if is_known(kind)]
    for item in items:
        item.source.explanation = f"<p>{_('Shown after grading.')}</p>"
    return items


def _new(kind: str, language: str) -> ImportedItem:
    return ImportedItem(kind=kind, language=language, code=f"example-{kind}", level=1)


def _single(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Which file keeps a table?')}</p>"
    item.add("option", text="photo.jpg", correct=False, feedback=_("It is a picture."))
    item.add("option", text="budget.csv", correct=True, feedback=_("Yes: rows and columns."))
    return item


def _multiple(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Which of these are personal data?')}</p>"
    item.scoring = "penalty"
    item.add("option", text=_("A person’s address"), correct=True, feedback=_("Yes."))
    item.add("option", text=_("A salary with a name"), correct=True, feedback=_("Yes."))
    item.add("option", text=_("The number of ministries"), correct=False, feedback=_("No."))
    return item


def _numeric(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('How long is a marathon?')}</p>"
    item.numeric_value, item.numeric_tolerance = "42.195", "0.2"
    item.source.unit = "km"
    if "unit" in options_block().child_blocks:
        item.add("unit", unit="m", factor=0.001)
    return item


def _matching(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Which program opens which file?')}</p>"
    item.add("pair", prompt="budget.xlsx", match=_("spreadsheet"), feedback="")
    item.add("pair", prompt="letter.odt", match=_("text editor"), feedback="")
    item.add("pair", prompt="", match=_("calculator"), feedback="")
    return item


def _ordering(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Put the steps in order.')}</p>"
    for text in (_("Collect"), _("Clean"), _("Publish")):
        item.add("step", text=text, feedback="")
    return item


def _short(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('What is the capital of Canada?')}</p>"
    item.add("accepted", text="Ottawa", credit=1.0, feedback="")
    return item


def _cloze(item: ImportedItem) -> ImportedItem:
    item.source.stem = (
        f"<p>{_('Water boils at [[degrees]] °C, at the level of the [[place]].')}</p>"
    )
    item.add("gap", name="degrees", kind="typed", answers=["100"], feedback="")
    item.add("gap", name="place", kind="choice", answers=[_("sea"), _("moon")], feedback="")
    return item


def _essay(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Why does open data matter to your unit?')}</p>"
    item.word_limit = 200
    return item


def _file(item: ImportedItem) -> ImportedItem:
    item.source.stem = f"<p>{_('Hand in the table that you have cleaned.')}</p>"
    return item


_EXAMPLES = {
    "single": _single,
    "multiple": _multiple,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "short": _short,
    "cloze": _cloze,
    "essay": _essay,
    "file": _file,
}
