"""Questions of a bank as a file: QTI 3.0, Moodle XML, CSV."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.exchange import content as contents_of
from assessments.exchange import moodle_xml, qti3, spreadsheet
from assessments.exchange.cleaning import finish
from assessments.exchange.model import ImportedItem, RefusedItem
from assessments.models import ItemContent

FORMATS = ("qti3", "moodle", "csv")
_TYPES = {
    "zip": "application/zip",
    "xml": "application/xml",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Exported:
    """A file, and the codes of the questions that it could not hold with the reason of each."""

    data: bytes
    ending: str
    left_out: list[tuple[str, str]]

    @property
    def content_type(self) -> str:
        return _TYPES[self.ending]


def items_of(keys: Iterable) -> tuple[list[ImportedItem], list[tuple[str, str]]]:
    """The questions of translation keys in the neutral model, and those that it cannot hold."""
    by_key: dict = {}
    rows = ItemContent.objects.filter(translation_key__in=list(keys))
    for content in rows.select_related("locale", "competency", "image").order_by("pk"):
        shown = content if content.live else content.get_latest_revision_as_object()
        by_key.setdefault(content.translation_key, []).append(shown)
    items, left_out = [], []
    for contents in sorted(by_key.values(), key=lambda one: (one[0].code, one[0].pk)):
        try:
            item = contents_of.item_of(contents)
        except RefusedItem as error:
            left_out.append((contents[0].code or str(contents[0]), error.why))
            continue
        items.append(finish(item, item.language))
    return items, left_out


def export(keys: Iterable, form: str) -> Exported:
    """The questions in a format of `FORMATS`."""
    items, left_out = items_of(keys)
    refused = [item for item in items if item.is_refused]
    left_out += [(item.code or item.title, item.notes[0].why) for item in refused]
    items = [item for item in items if not item.is_refused]
    writers = {"qti3": (qti3, "zip"), "moodle": (moodle_xml, "xml")}
    if form in writers:
        module, ending = writers[form]
        left_out += [
            (item.code, _("The format has no such question."))
            for item in items
            if item.kind not in module.WRITTEN
        ]
        data = module.write([item for item in items if item.kind in module.WRITTEN])
        return Exported(data, ending, left_out)
    data, ending = spreadsheet.write(items)
    return Exported(data, ending, left_out)


def lacks(form: str, kinds: dict[str, int]) -> int:
    """How many questions, by the numbers of each kind, a format cannot hold."""
    written = {"qti3": qti3.WRITTEN, "moodle": moodle_xml.WRITTEN}.get(form)
    return sum(
        count
        for kind, count in kinds.items()
        if kind in contents_of.NOT_EXPORTED or (written is not None and kind not in written)
    )


def bank_keys(bank) -> list:
    """The translation keys of all questions of a bank."""
    return list(bank.contents.values_list("translation_key", flat=True).distinct())
