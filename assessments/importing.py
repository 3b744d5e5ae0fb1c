"""Questions from files: what would become of each (`plan_import`), and doing it (`apply_import`).

The same file again changes nothing: a question is known by its source id in the bank
(`ImportSource`), or by its code, and is left alone while the file says the same of it. Where the
file says something else, the question gets a new revision.
"""

import csv
import hashlib
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from wagtail.models import Locale

from academy.competencies.models import Competency, ProficiencyLevel
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.media.models import AcademyImage
from academy.people.models import User
from assessments.exchange import content as contents_of
from assessments.exchange import media, sniff
from assessments.exchange.model import (
    KEPT,
    REFUSED,
    ImportedItem,
    Media,
    Note,
    RefusedItem,
)
from assessments.item_types import item_type_for
from assessments.models import ImportSource, ItemBank, ItemContent
from assessments.models.bank import ItemStatus

log = structlog.get_logger(__name__)

NEW, UPDATED, UNCHANGED = "new", "updated", "unchanged"
OUTCOMES = (NEW, UPDATED, UNCHANGED, REFUSED)
#: What new and changed questions become; empty: what the file says, and active where it says nothing.
STATUSES = ("", ItemStatus.DRAFT, ItemStatus.PILOT, ItemStatus.ACTIVE)


@dataclass(frozen=True)
class Choices:
    """What the person who imports decides for the file."""

    language: str = "en"
    competency: str = ""
    level: int | None = None
    status: str = ""
    all_or_nothing: bool = False

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Choices":
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**known)


@dataclass
class Row:
    """One question of the file and what becomes of it."""

    item: ImportedItem
    outcome: str = NEW
    existing: list[ItemContent] = field(default_factory=list)
    competency: Competency | None = None
    level: int | None = None
    status: str = ItemStatus.ACTIVE
    is_draft: bool = False
    code: str = ""
    digest: str = ""

    def refuse(self, what: str, why: str) -> None:
        self.item.refuse(what, why)
        self.outcome = REFUSED

    def as_json(self) -> dict[str, Any]:
        item = self.item
        words = item.words.get(item.language)
        return {
            "place": item.place,
            "source": item.source_id,
            "title": (item.title or strip_tags(words.stem if words else ""))[:120],
            "type": item.kind,
            "outcome": self.outcome,
            "code": self.code or item.code,
            "languages": list(item.words),
            "competency": self.competency.ref if self.competency else item.competency,
            "level": self.level if self.level is not None else item.level,
            "status": self.status,
            "notes": [note.__dict__ for note in item.notes],
        }


@dataclass
class ImportReport:
    """What became of a file, question by question."""

    name: str
    format: str
    bank: str
    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    is_applied: bool = False

    @property
    def counts(self) -> dict[str, int]:
        counts = dict.fromkeys(OUTCOMES, 0)
        for row in self.rows:
            counts[row.outcome] += 1
        return counts

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "format": self.format,
            "bank": self.bank,
            "applied": self.is_applied,
            "counts": self.counts,
            "notes": [note.__dict__ for note in self.notes],
            "items": [row.as_json() for row in self.rows],
        }


def report_csv(report: dict[str, Any]) -> str:
    """A report (as JSON) as a table: one line for each note."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(["place", "source", "title", "type", "code", "outcome", "note", "what", "why"])
    for note in report["notes"]:
        writer.writerow(
            _cells(["", "", "", "", "", "", note["severity"], note["what"], note["why"]])
        )
    for item in report["items"]:
        head = [item[name] for name in ("place", "source", "title", "type", "code", "outcome")]
        for note in item["notes"] or [{"severity": "", "what": "", "why": ""}]:
            writer.writerow(_cells([*head, note["severity"], note["what"], note["why"]]))
    return output.getvalue()


def _cells(row: list[str]) -> list[str]:
    """No cell is a formula to a table program."""
    return [f"'{text}" if str(text).startswith(tuple("=+-@\t\r")) else str(text) for text in row]


# --- Planning -------------------------------------------------------------------------------------


class _Known:
    """What the database knows that a plan asks for, in a few queries however many questions."""

    def __init__(self, bank: ItemBank, items: list[ImportedItem]) -> None:
        refs = {item.competency for item in items} | {tag for item in items for tag in item.tags}
        self.competencies = _in_batches(
            refs, lambda some: Competency.objects.filter(ref__in=some, is_retired=False), "ref"
        )
        self.sources: dict[str, ImportSource] = _in_batches(
            {item.source_id for item in items},
            lambda some: bank.import_sources.filter(source_id__in=some),
            "source_id",
        )
        codes = {item.code for item in items if item.code}
        self.by_code: dict[str, uuid.UUID] = {
            code: content.translation_key
            for code, content in _in_batches(
                codes, lambda some: bank.contents.filter(code__in=some).order_by("-pk"), "code"
            ).items()
        }
        self.taken = _in_batches(codes, lambda some: bank.items.filter(code__in=some), "code")
        keys = {
            *self.by_code.values(),
            *filter(None, (key_of(item) for item in items)),
            *ItemContent.objects.filter(
                pk__in=[source.content_id for source in self.sources.values()]
            ).values_list("translation_key", flat=True),
        }
        self.contents: dict[uuid.UUID, list[ItemContent]] = {}
        for some in _batches(list(keys)):
            rows = ItemContent.objects.filter(translation_key__in=some, bank=bank)
            for row in rows.select_related("locale", "competency", "image").order_by("pk"):
                self.contents.setdefault(row.translation_key, []).append(row)
        self.keys = {row.pk: key for key, rows in self.contents.items() for row in rows}
        self.levels: dict[int, set[int]] = {}
        for framework, number in ProficiencyLevel.objects.values_list("framework_id", "number"):
            self.levels.setdefault(framework, set()).add(number)
        self.locales = {locale.language_code: locale for locale in Locale.objects.all()}


def key_of(item: ImportedItem) -> uuid.UUID | None:
    """The translation key by which an export names a draft that has no code yet."""
    try:
        return uuid.UUID(item.source_id)
    except ValueError:
        return None


def _batches(values: list) -> list[list]:
    return [values[start : start + 500] for start in range(0, len(values), 500)]


def _in_batches(values: set[str], query: Callable, name: str) -> dict[str, Any]:
    found = {}
    for some in _batches(sorted(value for value in values if value)):
        for row in query(some):
            found[getattr(row, name)] = row
    return found


def plan_import(*, name: str, data: bytes, bank: ItemBank, choices: Choices) -> ImportReport:
    """What would become of each question of the file. Writes nothing.

    Raises `AcademyError` where the file as a whole cannot be read, or a choice is none.
    """
    default = None
    if choices.competency:
        default = Competency.objects.filter(ref=choices.competency, is_retired=False).first()
        if default is None:
            raise AcademyError(_("There is no competency “%(ref)s”.") % {"ref": choices.competency})
    reading = sniff.read(name, data, choices.language)
    report = ImportReport(name, reading.format, bank.code, notes=reading.notes)
    known = _Known(bank, reading.items)
    codes: dict[str, str] = {}
    for item in reading.items:
        row = Row(item, code=item.code)
        report.rows.append(row)
        if item.is_refused:
            row.outcome = REFUSED
            continue
        _find_existing(row, known)
        try:
            _plan_row(row, bank, choices, default, known)
        except RefusedItem as error:
            row.refuse(error.what, error.why)
            continue
        if item.code and codes.setdefault(item.code, item.source_id) != item.source_id:
            row.refuse(_("Code"), _("Another question of the file has this code."))
        if row.outcome != REFUSED:
            item.notes.insert(0, contents_of.summary(item))
    return report


def _find_existing(row: Row, known: _Known) -> None:
    source = known.sources.get(row.item.source_id)
    key = known.keys.get(source.content_id) if source else None
    if key is None and row.item.code:
        key = known.by_code.get(row.item.code)
    key = key or key_of(row.item)
    if key is not None:
        row.existing = known.contents.get(key, [])


def _plan_row(
    row: Row, bank: ItemBank, choices: Choices, default: Competency | None, known: _Known
) -> None:
    item, source = row.item, known.sources.get(row.item.source_id)
    row.digest = item.digest()
    first = row.existing[0] if row.existing else None
    if first is not None:
        row.code = first.code
        if source is not None and source.digest == row.digest:
            row.outcome, row.competency, row.level = UNCHANGED, first.competency, first.level
            return
        row.existing = [content.get_latest_revision_as_object() for content in row.existing]
        first = row.existing[0]
        if first.locked:
            raise RefusedItem(_("Lock"), _("Somebody has locked this question."))
    elif item.code and item.code in known.taken:
        raise RefusedItem(_("Code"), _("A question that was deleted had this code."))
    _align(row, default, choices, known, first)
    contents_of.check(item)
    ids = contents_of.ids_of(bank.uuid, item, first)
    _check_contents(row, bank, ids, known)
    if first is not None and contents_of.is_same(item, row.existing):
        row.outcome = UNCHANGED
    elif first is not None:
        row.outcome = UPDATED
        if source is not None and _edited_since(first, source):
            item.changed(
                _("Edited here"),
                _(
                    "Somebody has changed it since it was imported; the file’s words replace theirs."
                ),
            )
    status = choices.status or item.status or (first.status if first else ItemStatus.ACTIVE)
    if status not in ItemStatus.values:
        item.changed(_("Status"), _("“%(status)s” is none. Taken as a draft.") % {"status": status})
        status = ItemStatus.DRAFT
    row.status = status
    row.is_draft = row.is_draft or status == ItemStatus.DRAFT


def _edited_since(content: ItemContent, source: ImportSource) -> bool:
    last = content.latest_revision
    return last is not None and last.created_at > source.imported_at


def _align(
    row: Row,
    default: Competency | None,
    choices: Choices,
    known: _Known,
    first: ItemContent | None,
) -> None:
    """Competency and level: the file's, a tag's, what the question has already, the choices'."""
    item = row.item
    if item.competency:
        row.competency = known.competencies.get(item.competency)
        if row.competency is None:
            raise RefusedItem(
                _("Competency"),
                _("There is no competency “%(ref)s”.") % {"ref": item.competency[:90]},
            )
    else:
        named = [known.competencies[tag] for tag in item.tags if tag in known.competencies]
        row.competency = named[0] if named else (first.competency if first else default)
        if len({one.pk for one in named}) > 1:
            item.changed(_("Competency"), _("Several are named; the first one is kept."))
    others = [tag for tag in item.tags if tag not in known.competencies]
    if others:
        item.changed(_("Tags"), _("Left out: %(names)s") % {"names": ", ".join(others)[:200]})
    if row.competency is None:
        raise RefusedItem(
            _("Competency"), _("The file names none. Choose one for the questions without.")
        )
    row.level = item.level
    if row.level is None:
        row.level = first.level if first else choices.level
    if row.level is None:
        raise RefusedItem(
            _("Level"), _("The file names none. Choose one for the questions without.")
        )
    levels = known.levels.get(row.competency.framework_id)
    if levels and row.level not in levels:
        raise RefusedItem(
            _("Level"),
            _("The framework has the levels %(first)d to %(last)d.")
            % {"first": min(levels), "last": max(levels)},
        )


def _check_contents(row: Row, bank: ItemBank, ids: list[str], known: _Known) -> None:
    """Whether each language could be published; what people mark may come as a draft."""
    item = row.item
    item_type = item_type_for(item.kind)
    for language in list(item.words):
        if language not in known.locales:
            raise RefusedItem(
                _("Language %(language)s") % {"language": language},
                _("This academy does not have this language."),
            )
        draft = unsaved(row, bank, language, ids, known.locales[language])
        problem = item_type.problem(draft)
        if problem and item_type.is_marked:
            if not row.is_draft:
                item.changed(_("Draft"), _("It comes as a draft: %(why)s") % {"why": problem})
            row.is_draft = True
        elif problem:
            raise RefusedItem(_("Question"), str(problem))
    words = item.source
    if not words.explanation.strip():
        item.note(KEPT, _("Explanation"), _("There is none. The editor will ask for it."))
    if any(
        "feedback" in part.values and not part.values["feedback"]
        for part in words.parts
        if part.kind == "option"
    ):
        item.note(KEPT, _("Feedback"), _("Some options have none. The editor will ask for it."))


def unsaved(row: Row, bank: ItemBank, language: str, ids: list[str], locale: Locale) -> ItemContent:
    """The content as it would be, its pictures inside it: for checks and previews."""
    fields = contents_of.fields_of(row.item, language, ids)
    fields["stem"] = media.replace(
        fields["stem"],
        lambda key, alt: f'<img src="{media.data_uri(row.item.media[key])}" alt="{alt}">',
    )
    if row.item.image:
        fields["image"] = _picture_in_memory(row.item.media[row.item.image])
    return ItemContent(
        locale=locale, bank=bank, competency=row.competency, level=row.level or 1, **fields
    )


def _picture_in_memory(picture: Media) -> AcademyImage:
    """An image that is not saved, with its size, for what a type's own check asks."""
    width, height = media.size_of(picture) or (1000, 1000)
    image = AcademyImage(title=picture.name, pk=-1)
    image.width, image.height = int(width), int(height)
    return image


# --- Writing --------------------------------------------------------------------------------------


class _Undo(Exception):
    """Leave the transaction of a file that is imported whole or not at all."""


def apply_import(
    *,
    name: str,
    data: bytes,
    bank: ItemBank,
    choices: Choices,
    user: User | None = None,
    tick: Callable[[int], None] = lambda count: None,
) -> ImportReport:
    """Import the file: each question in a transaction of its own, or all in one on request.

    What is refused is in the report, and nothing of it is written. Raises `AcademyError` where the
    file as a whole cannot be read.
    """
    report = plan_import(name=name, data=data, bank=bank, choices=choices)
    if not choices.all_or_nothing:
        for number, row in enumerate(report.rows, start=1):
            if row.outcome in (NEW, UPDATED):
                _try_row(row, bank, user)
            tick(number)
        report.is_applied = True
        return report
    try:
        with transaction.atomic():
            if report.counts[REFUSED]:
                raise _Undo
            for row in report.rows:
                if row.outcome in (NEW, UPDATED):
                    _try_row(row, bank, user)
                if row.outcome == REFUSED:
                    raise _Undo
        report.is_applied = True
    except _Undo:
        count = report.counts[REFUSED]
        report.notes.append(
            Note(
                REFUSED,
                str(_("All or nothing")),
                str(
                    _("Nothing was imported, because %(count)d questions are refused.")
                    % {"count": count}
                ),
            )
        )
    return report


def _try_row(row: Row, bank: ItemBank, user: User | None) -> None:
    """Write one question; what goes wrong with it refuses it and no other."""
    try:
        with transaction.atomic():
            _write(row, bank, user)
    except RefusedItem as error:
        row.refuse(error.what, error.why)
    except AcademyError as error:
        row.refuse(_("Question"), error.message)
    except ValidationError as error:
        row.refuse(_("Question"), " ".join(error.messages))
    except (DatabaseError, OSError, ValueError) as error:
        log.exception("import_of_item_failed", source=row.item.source_id)
        row.refuse(_("Question"), _("It could not be written: %(why)s") % {"why": error})


def _lock(bank: ItemBank) -> None:
    """One import at a time writes into a bank."""
    if connection.features.has_select_for_update:
        ItemBank.objects.select_for_update().get(pk=bank.pk)


def _write(row: Row, bank: ItemBank, user: User | None) -> None:
    item = row.item
    _lock(bank)
    source = bank.import_sources.filter(source_id=item.source_id).first()
    if source is not None and not row.existing:
        raise Conflict(_("It was imported by somebody else in this moment. Import again."))
    images: dict[str, AcademyImage] = {}

    def image_of(picture: Media) -> AcademyImage:
        if picture.key not in images:
            images[picture.key] = keep_picture(picture, user)
        return images[picture.key]

    first = row.existing[0] if row.existing else None
    ids = contents_of.ids_of(bank.uuid, item, first)
    key = first.translation_key if first else uuid.uuid4()
    existing = {content.locale.language_code: content for content in row.existing}
    locales = {locale.language_code: locale for locale in Locale.objects.all()}
    order = list(item.words)
    if first is not None and first.locale.language_code in order:
        order.sort(key=lambda language: language != first.locale.language_code)
    written: list[ItemContent] = []
    for language in order:
        content = existing.get(language)
        if content is None:
            content = ItemContent(locale=locales[language], translation_key=key, live=False)
        for name, value in contents_of.fields_of(item, language, ids, image_of).items():
            setattr(content, name, value)
        content.bank, content.competency, content.level = bank, row.competency, row.level
        content.code = row.code or item.code or (first.code if first else "")
        content.status = row.status
        content.is_unfinished = True
        if content.pk is None:
            content.save()
        written.append(content)
    revisions = [content.save_revision(user=user, clean=False) for content in written]
    if not row.is_draft:
        _publish(written, revisions, user)
    content = ItemContent.objects.get(pk=first.pk if first else written[0].pk)
    row.code = content.code
    ImportSource.objects.update_or_create(
        bank=bank,
        source_id=item.source_id,
        defaults={"content": content, "digest": row.digest, "imported_at": now()},
    )


def _publish(written: list[ItemContent], revisions: list, user: User | None) -> None:
    """Publish all languages with one new version: the source last, and not live until then."""
    source = min(written, key=lambda content: content.pk)
    ItemContent.objects.filter(pk=source.pk).update(live=False)
    for content, revision in zip(written, revisions, strict=True):
        if content is not source:
            revision.publish(user=user, skip_permission_checks=True)
    for content, revision in zip(written, revisions, strict=True):
        if content is source:
            revision.publish(user=user, skip_permission_checks=True)


def keep_picture(picture: Media, user: User | None) -> AcademyImage:
    """The picture in the academy's collection; one that is there already is used again."""
    digest = hashlib.sha1(picture.data, usedforsecurity=False).hexdigest()
    there = AcademyImage.objects.filter(file_hash=digest).order_by("pk").first()
    if there is not None:
        return there
    image = AcademyImage(
        title=picture.name.rpartition(".")[0] or picture.name,
        file=ContentFile(picture.data, name=picture.name),
        uploaded_by_user=user,
        file_size=len(picture.data),
        file_hash=digest,
    )
    image.save()
    return image
