"""Publishing items, and running attempts from their start to their grade."""

import hashlib
import json
import random
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import F, Max, QuerySet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people.models import User
from academy.people.services import lock_person
from assessments import statements
from assessments.files import all_or_nothing, delete_files, files_of, take_files
from assessments.item_types import Asked, item_type_for
from assessments.models import (
    AnswerFile,
    Assessment,
    Attempt,
    Item,
    ItemContent,
    ItemVersion,
    Mark,
    Response,
    Section,
)
from assessments.models.bank import ItemStatus
from assessments.placement import pin_placement, placement_result, rebuild_run
from assessments.signals import attempt_graded

log = structlog.get_logger(__name__)

#: Answers that were on their way when the clock ran out still count.
GRACE = timedelta(seconds=5)


# --- Items ----------------------------------------------------------------------------------------


def words_of(content: ItemContent) -> dict:
    """A content's texts, in the shape an `ItemVersion` keeps them."""
    return {
        "stem": content.stem,
        **item_type_for(content.item_type).words(content),
        "explanation": content.explanation,
        "unit": content.unit,
    }


def _part_ids(words: dict) -> dict[str, set]:
    """The ids of each list of parts: what a translation must have in common with its source."""
    return {
        name: {part["id"] for part in parts}
        for name, parts in words.items()
        if isinstance(parts, list)
    }


def document_of(content: ItemContent) -> dict:
    """A content as it would be frozen, in its own language only: what a preview asks."""
    item_type = item_type_for(content.item_type)
    return {
        "type": content.item_type,
        "key": item_type.key(content),
        "settings": item_type.settings(content),
        "languages": {content.locale.language_code: words_of(content)},
    }


def _source_of(content: ItemContent) -> ItemContent:
    """The content the item was first written in: the oldest of its translations."""
    return ItemContent.objects.filter(translation_key=content.translation_key).earliest("pk")


def _next_code(content: ItemContent) -> str:
    taken = set(content.bank.items.values_list("code", flat=True))
    number = len(taken) + 1
    while f"{content.bank.code}-{number:03}" in taken:
        number += 1
    return f"{content.bank.code}-{number:03}"


@transaction.atomic
def publish_item(content: ItemContent, *, at: datetime | None = None) -> ItemVersion | None:
    """Freeze what is live into a new immutable version, and make it the one drawn from now on.

    The key and everything language-neutral come from the source content; each live translation adds
    its words, if it has the same options. Publishing what is already frozen changes nothing.
    Returns the version in force, or None while the source itself is not live.
    """
    source = _source_of(content)
    if not source.live:
        return None
    item_type = item_type_for(source.item_type)
    if problem := item_type.problem(source):
        raise AcademyError(problem)
    source_words = words_of(source)
    parts = _part_ids(source_words)
    languages = {}
    translations = ItemContent.objects.filter(translation_key=source.translation_key, live=True)
    for translation in translations.select_related("locale").order_by("pk"):
        words = words_of(translation)
        if _part_ids(words) == parts:
            languages[translation.locale.language_code] = words
    document = {**document_of(source), "languages": languages}
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    item = Item.objects.filter(uuid=source.translation_key).first()
    if item is None:
        item = Item(uuid=source.translation_key, code=source.code or _next_code(source))
    item.bank = source.bank
    item.code = source.code or item.code
    item.item_type = source.item_type
    item.competency = source.competency
    item.level = source.level
    item.status = source.status
    item.author_difficulty = source.difficulty
    if item.calibrated_at is None:  # what was measured outweighs what was guessed
        item.difficulty = source.difficulty
    item.barriers = sorted({*source.barriers, *item_type.barriers})
    item.guessing = item_type.guessing(document["key"], source_words)
    item.save()
    if source.code != item.code:
        ItemContent.objects.filter(translation_key=source.translation_key).update(code=item.code)
    version = item.current_version
    if version is None or version.content_hash != digest:
        last = item.versions.aggregate(last=Max("number"))["last"] or 0
        version = ItemVersion.objects.create(
            item=item,
            number=last + 1,
            content=document,
            content_hash=digest,
            created_at=at or now(),
        )
        item.current_version = version
        item.save(update_fields=["current_version"])
    return version


def retire_item(content: ItemContent) -> None:
    """Unpublishing the source content takes the item out of every future draw."""
    if _source_of(content).pk == content.pk:
        Item.objects.filter(uuid=content.translation_key).update(status=ItemStatus.RETIRED)


# --- Attempts -------------------------------------------------------------------------------------


def lock_attempt(attempt: Attempt) -> Attempt:
    """The attempt as it is now, held until the transaction ends."""
    queryset = Attempt.objects.select_related("assessment", "learner")
    if connection.features.has_select_for_update:
        queryset = queryset.select_for_update(of=("self",))
    return queryset.get(pk=attempt.pk)


def refusal_to_start(assessment: Assessment, learner: User, *, at: datetime) -> str | None:
    """Why the person may not start another attempt now; None when they may."""
    if not assessment.is_open:
        return _("This assessment is closed.")
    marking = Attempt.objects.filter(
        assessment=assessment, learner=learner, status=Attempt.Status.MARKING
    ).first()
    if marking is not None:
        return _("What you handed in is being marked. You will have the result by %(day)s.") % {
            "day": date_format(marking.mark_by, "DATE_FORMAT")
        }
    graded = Attempt.objects.filter(
        assessment=assessment, learner=learner, status=Attempt.Status.GRADED
    )
    passed = graded.filter(passed=True).order_by("-submitted_at").first()
    if passed is not None:  # a renewal begins its count anew
        graded = graded.filter(submitted_at__gt=passed.submitted_at)
    if assessment.max_attempts and graded.count() >= assessment.max_attempts:
        return _("You have used all your attempts. Ask your trainer about another one.")
    last = graded.order_by("-submitted_at").first()
    if last and assessment.cooldown_hours:
        again_at = last.submitted_at + timedelta(hours=assessment.cooldown_hours)
        if at < again_at:
            hours = max(1, round((again_at - at).total_seconds() / 3600))
            return ngettext(
                "You can try again in about %(hours)d hour.",
                "You can try again in about %(hours)d hours.",
                hours,
            ) % {"hours": hours}
    return None


def _pool(section: Section) -> QuerySet[Item]:
    """The items a section draws from."""
    items = Item.objects.filter(
        bank=section.bank_id, status=ItemStatus.ACTIVE, current_version__isnull=False
    )
    return items.filter(competency=section.competency_id) if section.competency_id else items


def question_count(assessment: Assessment) -> int:
    """How many questions a final assessment asks; a section of 0 takes all of its bank."""
    return sum(section.count or _pool(section).count() for section in assessment.sections.all())


def _draw(assessment: Assessment, generator: random.Random) -> list[ItemVersion]:
    """The items of a final assessment, in the order they will be shown."""
    drawn: list[Item] = []
    for section in assessment.sections.select_related("bank"):
        items = _pool(section).exclude(pk__in=[item.pk for item in drawn])
        pool = list(items.select_related("current_version").order_by("pk"))
        count = section.count or len(pool)
        if len(pool) < count or not pool:
            raise AcademyError(
                _("The bank “%(bank)s” has too few active questions. Tell your trainer.")
                % {"bank": section.bank}
            )
        drawn += generator.sample(pool, count)
    if not drawn:
        raise AcademyError(_("This assessment has no questions yet. Tell your trainer."))
    generator.shuffle(drawn)
    return [item.current_version for item in drawn]


def _show(attempt: Attempt, version: ItemVersion, position: int, at: datetime) -> Response:
    generator = random.Random(f"{attempt.seed}:{position}")  # noqa: S311 - to be replayed
    words = next(iter(version.content["languages"].values()))
    return Response.objects.create(
        attempt=attempt,
        learner_id=attempt.learner_id,
        position=position,
        item_version=version,
        option_order=item_type_for(version.content["type"]).order(words, generator),
        shown_at=at,
    )


@transaction.atomic
def start_attempt(
    *,
    assessment: Assessment,
    learner: User,
    registration: UUID,
    at: datetime | None = None,
    seed: int | None = None,
) -> Attempt:
    """Start an attempt, or return the one that is under way: a second click starts nothing new.

    One whose time is over is submitted and returned graded: the person sees its result before
    another is begun. Pins the items, their versions, the cut score and the time limit (with the learner's own time
    factor). Raises `AcademyError` when the retake rule or the bank does not allow it.
    """
    at = at or now()
    lock_person(learner)
    under_way = Attempt.objects.filter(
        assessment=assessment, learner=learner, status=Attempt.Status.IN_PROGRESS
    ).first()
    if under_way is not None:
        if under_way.deadline_at is None or at <= under_way.deadline_at + GRACE:
            return under_way
        return submit_attempt(attempt=under_way, at=at)
    if refusal := refusal_to_start(assessment, learner, at=at):
        raise Conflict(refusal)
    seed = secrets.randbits(53) if seed is None else seed
    is_placement = assessment.kind == Assessment.Kind.PLACEMENT
    limit = None if is_placement else assessment.time_limit_minutes  # a placement has no clock
    attempt = Attempt(
        assessment=assessment,
        learner=learner,
        registration=registration,
        number=Attempt.objects.filter(assessment=assessment, learner=learner).count() + 1,
        language=get_language() or "en",
        seed=seed,
        cut_score=assessment.cut_score,
        started_at=at,
        deadline_at=(at + timedelta(minutes=float(limit * learner.time_factor)) if limit else None),
    )
    if attempt.is_placement:
        attempt.pinned = pin_placement(assessment)
        attempt.engine = str(attempt.pinned["engine"])
        attempt.save()
        _show_next_placement_item(attempt, at)
    else:
        versions = _draw(assessment, random.Random(seed))  # noqa: S311 - to be replayed
        attempt.save()
        for position, version in enumerate(versions):
            _show(attempt, version, position, at)
        Item.objects.filter(versions__in=versions).update(exposure=F("exposure") + 1)
    statements.attempt_started(attempt)
    return attempt


def asked_in(response: Response, language: str) -> Asked:
    """The question of a response, in the language or the one that stands in for it."""
    version = response.item_version
    return Asked(
        document=version.content,
        language=version.language_shown(language),
        order=response.option_order,
        seed=f"{response.attempt.seed}:{response.position}",
        answer=response.answer,
        files=files_of(response) if item_type_for(version.content["type"]).takes_files else [],
    )


def score_of(response: Response) -> float:
    """The score of the kept answer, 0 to 1."""
    asked = asked_in(response, response.language)
    item_type = item_type_for(asked.document["type"])
    return item_type.grade(item_type.key_for(asked), asked.answer)


def read_answer(response: Response, data: QueryDict, language: str):
    """The answer in a submitted form; raises `AcademyError` with what to do about it."""
    asked = asked_in(response, language)
    try:
        return item_type_for(asked.document["type"]).parse(data, asked)
    except ValueError as error:
        raise AcademyError(str(error)) from error


class Superseded(Conflict):
    """The answer was changed elsewhere since this page was shown; the newer one is kept."""


def _refuse_late(attempt: Attempt, at: datetime) -> None:
    if attempt.status != Attempt.Status.IN_PROGRESS:
        raise Conflict(_("This attempt has been submitted. Its answers can no longer change."))
    if attempt.deadline_at and at > attempt.deadline_at + GRACE:
        raise Conflict(_("The time is over. What you had saved before has been kept."))


@transaction.atomic
def save_answer(
    *,
    attempt: Attempt,
    position: int,
    answer,
    sequence: int,
    language: str,
    is_flagged: bool | None = None,
    at: datetime | None = None,
) -> Response:
    """Keep an answer of a final assessment.

    `sequence` counts the saves of a question. The same save again changes nothing. Another answer
    that does not count on from what is kept comes from a page shown before it (a second tab, another
    device): it is refused with `Superseded`, never silently dropped.
    """
    at = at or now()
    attempt = lock_attempt(attempt)
    if attempt.is_placement:
        raise AcademyError(_("There is no such question in this attempt."))
    _refuse_late(attempt, at)
    response = (
        attempt.responses.select_related("item_version__item").filter(position=position).first()
    )
    if response is None:
        raise AcademyError(_("There is no such question in this attempt."))
    if sequence <= response.sequence:
        if answer == response.answer:
            return response
        raise Superseded(
            _(
                "This answer was changed in another tab or on another device. "
                "That one is kept; answer again here if you want to change it."
            )
        )
    response.answer = answer
    response.sequence = sequence
    response.language = response.item_version.language_shown(language)
    response.answered_at = at if answer is not None else None
    if is_flagged is not None:
        response.is_flagged = is_flagged
    response.save()
    return response


def save_form(
    *,
    attempt: Attempt,
    response: Response,
    data: QueryDict,
    uploads: list[UploadedFile],
    sequence: int,
    language: str,
    is_flagged: bool,
    at: datetime | None = None,
) -> Response:
    """Keep what the form of a question sent, new files included: all of it, or nothing."""
    at = at or now()
    with all_or_nothing() as written:
        answer = read_answer(response, data, language)
        item_type = item_type_for(response.item_version.content["type"])
        if item_type.takes_files and uploads:
            _refuse_late(lock_attempt(attempt), at)
            kept = answer or {"files": [], "text": ""}
            files = take_files(response, uploads, kept["files"], written=written, at=at)
            answer = {**kept, "files": files}
        return save_answer(
            attempt=attempt,
            position=response.position,
            answer=answer,
            sequence=sequence,
            language=language,
            is_flagged=is_flagged,
            at=at,
        )


def is_marked(response: Response) -> bool:
    """Whether people mark the response; one that was left empty scores 0 without them."""
    item_type = item_type_for(response.item_version.content["type"])
    return item_type.is_marked and response.answer is not None


@transaction.atomic
def submit_attempt(*, attempt: Attempt, at: datetime | None = None) -> Attempt:
    """Grade what was answered, say so, and tell whoever listens. Submitting twice grades once.

    Unanswered items score 0. An attempt past its deadline counts as submitted at the deadline. One
    with answers that people mark waits for them (`assessments.marking`), and is graded then.
    """
    at = at or now()
    lock_person(attempt.learner)  # before the attempt, as everywhere: see start_attempt
    attempt = lock_attempt(attempt)
    if attempt.status != Attempt.Status.IN_PROGRESS:
        return attempt
    responses = list(attempt.responses.select_related("item_version__item"))
    for response in responses:
        response.score = None if is_marked(response) else score_of(response)
    Response.objects.bulk_update(responses, ["score"])
    attempt.submitted_at = min(at, attempt.deadline_at) if attempt.deadline_at else at
    for response in responses:
        if response.answer is not None:
            statements.answered(attempt, response, at=response.answered_at or at)
    if any(response.score is None for response in responses):
        return _await_marks(attempt)
    return grade_attempt(attempt, responses, at)


def _await_marks(attempt: Attempt) -> Attempt:
    """Handed in, to be marked: how, and by when, is settled now, whatever becomes of the assessment."""
    assessment = attempt.assessment
    attempt.status = Attempt.Status.MARKING
    attempt.mark_by = attempt.submitted_at + timedelta(days=assessment.marking_days)
    attempt.pinned = {
        **attempt.pinned,
        "marking": {
            "mode": assessment.marking,
            "adjudicates_from": str(assessment.adjudicates_from),
        },
    }
    attempt.save()
    statements.attempt_submitted(attempt)
    return attempt


def grade_attempt(attempt: Attempt, responses: list[Response], at: datetime) -> Attempt:
    """Every response has its score: the attempt has its own, and whoever listens is told."""
    attempt.status = Attempt.Status.GRADED
    attempt.score_raw = sum(response.score for response in responses)
    attempt.score_max = float(len(responses))
    attempt.passed = attempt.score_raw >= float(attempt.cut_score) * attempt.score_max - 1e-9
    return _close(attempt, at)


def _close(attempt: Attempt, at: datetime) -> Attempt:
    attempt.statement_id = statements.attempt_graded(attempt)
    attempt.save()
    attempt_graded.send(sender=Attempt, attempt=attempt, at=at)
    return attempt


# --- Placement ------------------------------------------------------------------------------------


def _show_next_placement_item(attempt: Attempt, at: datetime) -> Response | None:
    """Show what the engine asks next, or None when it knows enough."""
    responses = list(attempt.responses.order_by("position"))
    index = rebuild_run(attempt, responses).next_item()
    if index is None:
        return None
    version = ItemVersion.objects.select_related("item").get(pk=attempt.pinned["versions"][index])
    Item.objects.filter(pk=version.item_id).update(exposure=F("exposure") + 1)
    return _show(attempt, version, len(responses), at)


@transaction.atomic
def answer_placement(
    *,
    attempt: Attempt,
    position: int,
    answer,
    language: str,
    at: datetime | None = None,
) -> Attempt:
    """Keep the answer to the item shown and show the next, or finish. `None` means "I don't know".

    An answer to an item that was already answered (double click, back button, second tab) changes
    nothing: the person is shown where they are.
    """
    at = at or now()
    lock_person(attempt.learner)
    attempt = lock_attempt(attempt)
    if attempt.status == Attempt.Status.GRADED:
        return attempt
    response = attempt.responses.select_related("item_version__item").order_by("-position").first()
    if response is None or response.position != position or response.answered_at is not None:
        return attempt
    version = response.item_version
    response.answer = answer
    response.language = version.language_shown(language)
    response.answered_at = at
    response.sequence += 1
    response.score = score_of(response)
    response.save()
    statements.answered(attempt, response, at=at)
    if _show_next_placement_item(attempt, at) is None:
        responses = list(attempt.responses.order_by("position"))
        attempt.result = placement_result(attempt, responses)
        attempt.status = Attempt.Status.GRADED
        attempt.submitted_at = at
        attempt.score_raw = sum(one.score for one in responses)
        attempt.score_max = float(len(responses))
        _close(attempt, at)
    return attempt


def submit_overdue(*, at: datetime | None = None, limit: int = 200) -> int:
    """Submit attempts whose time is over with what they had saved. Returns how many.

    One that cannot be graded is logged and does not hold up the others.
    """
    at = at or now()
    overdue = Attempt.objects.filter(
        status=Attempt.Status.IN_PROGRESS, deadline_at__lt=at - GRACE
    ).order_by("deadline_at")[:limit]
    submitted = 0
    for attempt in overdue:
        try:
            submit_attempt(attempt=attempt, at=at)
            submitted += 1
        except Exception:
            log.exception("overdue_attempt_not_graded", attempt=str(attempt.uuid))
    return submitted


@transaction.atomic
def forget_person(person: User) -> None:
    """A person is erased: what they answered goes, with its files and what was said of it; their
    scores stay; what is under way ends. As a marker they are forgotten too."""
    delete_files(AnswerFile.objects.filter(learner=person))
    Attempt.objects.filter(learner=person).exclude(status=Attempt.Status.GRADED).delete()
    Response.objects.filter(learner=person).update(answer=None, option_order=[])
    Mark.objects.filter(response__learner=person).update(comments={}, comment="", note="")
    Mark.objects.filter(marker=person, given_at=None).delete()
    Mark.objects.filter(marker=person).update(marker=None)
