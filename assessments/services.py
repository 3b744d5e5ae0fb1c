"""Publishing items, and running attempts from their start to their grade."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Max, Q
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people.models import User
from academy.people.services import lock_person
from assessments import drawing, grading, navigation, pauses, statements, timing
from assessments.allowances import allowance_for
from assessments.corrections import apply_decided, corrected_result
from assessments.files import all_or_nothing, delete_files, files_of, take_files
from assessments.item_types import Asked, item_type_for, problem_of
from assessments.locks import lock_attempt
from assessments.models import (
    AnswerFile,
    Assessment,
    Attempt,
    Item,
    ItemContent,
    ItemVersion,
    Mark,
    PlacementReview,
    Response,
    SpotCheck,
)
from assessments.models.bank import ItemStatus
from assessments.placement import (
    SECOND_FORM,
    count_exposure,
    is_replayed,
    pin_placement,
    placement_result,
    rebuild_run,
)
from assessments.signals import attempt_graded
from assessments.timing import LATE

log = structlog.get_logger(__name__)

#: A client's name for itself, and the longest that a question counts as looked at.
CLIENT_ID_LENGTH, MOST_SECONDS = 40, 24 * 3600


#: What publishing writes of an item that is there.
PUBLISHED = (
    *("bank", "code", "item_type", "competency", "level", "status"),
    *("author_difficulty", "barriers", "guessing"),
)


# --- Items ----------------------------------------------------------------------------------------


def words_of(content: ItemContent) -> dict:
    """A content's texts, in the shape an `ItemVersion` keeps them."""
    return {
        "stem": content.stem,
        **item_type_for(content.item_type).words(content),
        "explanation": content.explanation,
        "unit": content.unit,
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
    if problem := problem_of(source):
        raise AcademyError(problem)
    source_words = words_of(source)
    parts = item_type.part_ids(source_words)
    languages = {}
    translations = ItemContent.objects.filter(translation_key=source.translation_key, live=True)
    for translation in translations.select_related("locale").order_by("pk"):
        words = words_of(translation)
        if item_type.part_ids(words) == parts:
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
    if item.pk is None:
        item.save()
    else:  # never what is measured of it, which a calibration may be writing now
        item.save(update_fields=[*PUBLISHED, *(() if item.calibrated_at else ["difficulty"])])
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


def refusal_to_start(assessment: Assessment, learner: User, *, at: datetime) -> str | None:
    """Why the person may not start another attempt now; None when they may."""
    if not assessment.is_open:
        return _("This assessment is closed.")
    if refusal := drawing.window_refusal(assessment, at=at):
        return refusal
    handed_in = (
        Attempt.objects.filter(assessment__in=drawing.forms_of(assessment), learner=learner)
        .exclude(Q(status=Attempt.Status.IN_PROGRESS) | SECOND_FORM)
        .order_by("-submitted_at")
        .only("status", "passed", "submitted_at", "mark_by")
    )
    since: list[Attempt] = []  # the last pass: a renewal begins its count anew
    for attempt in handed_in:
        if attempt.status == Attempt.Status.MARKING:
            return _("What you handed in is being marked. You will have the result by %(day)s.") % {
                "day": date_format(attempt.mark_by, "DATE_FORMAT")
            }
        if attempt.passed:
            break
        since.append(attempt)
    allowance = allowance_for(assessment, learner) if assessment.max_attempts else None
    more = allowance.extra_attempts if allowance else 0
    if assessment.max_attempts and len(since) >= assessment.max_attempts + more:
        return _("You have used all your attempts. Ask your trainer about another one.")
    last = since[0] if since else None
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


def _show(
    attempt: Attempt, version: ItemVersion, position: int, at: datetime, section: int = 0
) -> Response:
    return Response.objects.create(
        attempt=attempt,
        learner_id=attempt.learner_id,
        position=position,
        item_version=version,
        option_order=drawing.option_order(version, seed=attempt.seed, position=position),
        section=section,
        shown_at=at,
    )


def _show_drawn(attempt: Attempt, drawn: list[drawing.Drawn], first: int, at: datetime) -> None:
    """Show what was drawn, from this position on, and count it on each item."""
    versions = ItemVersion.objects.in_bulk({one.version for one in drawn})
    for position, one in enumerate(drawn, start=first):
        _show(attempt, versions[one.version], position, at, one.section)
    Item.objects.filter(versions__in=versions).update(exposure=F("exposure") + 1)


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
        assessment__in=drawing.forms_of(assessment),
        learner=learner,
        status=Attempt.Status.IN_PROGRESS,
    ).first()
    if under_way is not None:
        if not timing.is_over(under_way, at):
            return under_way
        return submit_attempt(attempt=under_way, at=at)
    if refusal := refusal_to_start(assessment, learner, at=at):
        raise Conflict(refusal)
    assessment = drawing.version_for(assessment, learner)
    seed = secrets.randbits(53) if seed is None else seed
    attempt = Attempt(
        assessment=assessment,
        learner=learner,
        registration=registration,
        number=Attempt.objects.filter(assessment=assessment, learner=learner).count() + 1,
        language=get_language() or "en",
        seed=seed,
        cut_score=assessment.cut_score,
        started_at=at,
    )
    timing.pin_timing(attempt, allowance_for(assessment, learner))
    if attempt.is_placement:
        attempt.pinned = {**attempt.pinned, **pin_placement(assessment, seed=seed)}
        attempt.engine = str(attempt.pinned["engine"])
        attempt.save()
        show_next_placement_item(attempt, at)
    else:
        attempt.pinned = {
            **attempt.pinned,
            **drawing.pin_final(assessment, learner, seed=seed),
        }
        attempt.engine = str(attempt.pinned["engine"])
        attempt.save()
        _show_drawn(attempt, drawing.draw(attempt.pinned, seed), 0, at)
        _show_next_adaptive(attempt, at)
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


def _refuse_late(attempt: Attempt, at: datetime, told: datetime | None = None) -> None:
    if attempt.status != Attempt.Status.IN_PROGRESS:
        raise Conflict(_("This attempt has been submitted. Its answers can no longer change."))
    if not timing.takes_answer(attempt, at, told):
        raise Conflict(_("The time is over. What you had saved before has been kept."))


def _is_repeat(response: Response, answer, sequence: int, client_id: str) -> bool:
    """Whether this save has been kept already: its reply was lost, or it was sent twice."""
    if client_id and client_id == response.client_id and sequence == response.sequence:
        return True
    return sequence <= response.sequence and answer == response.answer


@transaction.atomic
def save_answer(
    *,
    attempt: Attempt,
    position: int,
    answer,
    sequence: int,
    language: str,
    is_flagged: bool | None = None,
    client_id: str = "",
    seen: int | None = None,
    told_at: datetime | None = None,
    seconds: int | None = None,
    at: datetime | None = None,
) -> Response:
    """Keep an answer of a final assessment. `is_repeat` of what is returned says whether it was
    kept before: the same save (`client_id` and `sequence`) again changes nothing.

    `sequence` counts the saves of a question, `seen` is the last of them that the page knew. An
    answer that does not count on from what is kept comes from a page shown before it (a second tab,
    another device): it is refused with `Superseded`, never silently dropped. `told_at` is when the
    page says it was given, `seconds` how long it says the question was on the screen. An answer
    given while the clock stands still lets it run again.
    """
    at = at or now()
    told_at = min(told_at, at) if told_at else None
    attempt = lock_attempt(attempt)
    if attempt.is_placement:
        raise AcademyError(_("There is no such question in this attempt."))
    response = (
        attempt.responses.select_related("item_version__item").filter(position=position).first()
    )
    if response is None:
        raise AcademyError(_("There is no such question in this attempt."))
    response.is_repeat = _is_repeat(response, answer, sequence, client_id)
    if response.is_repeat:
        return response
    _refuse_late(attempt, at, told_at)
    from_elsewhere = seen is not None and client_id != response.client_id
    navigation.refuse_change(attempt, response)
    if sequence <= response.sequence or (from_elsewhere and seen < response.sequence):
        raise Superseded(
            _(
                "This answer was changed in another tab or on another device. "
                "That one is kept; answer again here if you want to change it."
            )
        )
    if attempt.paused_at and (told_at is None or told_at > attempt.paused_at):
        pauses.end_pause(attempt, at)
    response.answer = answer
    response.sequence = sequence
    response.client_id = client_id[:CLIENT_ID_LENGTH]
    response.language = response.item_version.language_shown(language)
    response.answered_at = max(told_at or at, attempt.started_at) if answer is not None else None
    if is_flagged is not None:
        response.is_flagged = is_flagged
    note_seconds(response, seconds, at)
    response.save()
    return response


def note_seconds(response: Response, seconds: int | None, at: datetime) -> None:
    """Keep how long a page says the question was on the screen: it never shrinks, and it is no
    longer than the question has been there."""
    if seconds:
        most = min(max(0, int((at - response.shown_at).total_seconds())), MOST_SECONDS)
        response.seconds = max(response.seconds, min(seconds, most))


def save_form(
    *,
    attempt: Attempt,
    response: Response,
    data: QueryDict,
    uploads: list[UploadedFile],
    sequence: int,
    language: str,
    is_flagged: bool,
    told_at: datetime | None = None,
    at: datetime | None = None,
    **page,
) -> Response:
    """Keep what the form of a question sent, new files included: all of it, or nothing. `page` and
    `told_at` are what `save_answer` takes of the page."""
    at = at or now()
    with all_or_nothing() as written:
        answer = read_answer(response, data, language)
        item_type = item_type_for(response.item_version.content["type"])
        if item_type.takes_files and uploads:
            _refuse_late(lock_attempt(attempt), at, told_at)
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
            told_at=told_at,
            at=at,
            **page,
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
    grading.close_sections(attempt, responses)
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
    apply_decided(attempt, responses, at=at)
    grading.settle(attempt, responses)
    attempt.status = Attempt.Status.GRADED
    return _close(attempt, at)


def _close(attempt: Attempt, at: datetime) -> Attempt:
    attempt.statement_id = statements.attempt_graded(attempt)
    attempt.save()
    attempt_graded.send(sender=Attempt, attempt=attempt, at=at)
    return attempt


# --- One by one -----------------------------------------------------------------------------------


def _show_next_adaptive(attempt: Attempt, at: datetime) -> None:
    """Show what an adaptive section asks next, if anything."""
    responses = list(attempt.responses.order_by("position"))
    drawn = drawing.next_adaptive(attempt, responses)
    if drawn is not None:
        _show_drawn(attempt, [drawn], len(responses), at)


@transaction.atomic
def go_on(*, attempt: Attempt, position: int, at: datetime | None = None) -> Attempt:
    """The person leaves a question by its button. Where questions cannot be gone back to (forward
    only, one by one, explained at once) its answer is settled by that, and the next one of an
    adaptive section is shown. Leaving twice is leaving once."""
    at = at or now()
    attempt = lock_attempt(attempt)
    response = (
        attempt.responses.select_related("item_version__item").filter(position=position).first()
    )
    if attempt.status != Attempt.Status.IN_PROGRESS or response is None:
        return attempt
    if navigation.is_left(attempt, response) or not navigation.may_open(attempt, response):
        return attempt
    navigation.leave(attempt, response)
    if navigation.is_adaptive(attempt, response):
        response.score = score_of(response)
        response.answered_at = response.answered_at or at
        response.save(update_fields=["score", "answered_at"])
        _show_next_adaptive(attempt, at)
    attempt.save(update_fields=["result"])
    return attempt


# --- Placement ------------------------------------------------------------------------------------


def show_next_placement_item(attempt: Attempt, at: datetime) -> Response | None:
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
    client_id: str = "",
    seconds: int | None = None,
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
    response.client_id = client_id[:CLIENT_ID_LENGTH]
    note_seconds(response, seconds, at)
    response.score = score_of(response)
    response.save()
    statements.answered(attempt, response, at=at)
    if show_next_placement_item(attempt, at) is None:
        finish_placement(attempt, at=at)
    return attempt


def finish_placement(attempt: Attempt, *, at: datetime) -> Attempt:
    """The result of what was answered. The attempt is locked by the caller."""
    shown = attempt.responses.select_related("item_version__item").order_by("position")
    responses = [one for one in shown if one.answered_at]
    is_replayed(attempt, responses)
    attempt.result = placement_result(attempt, responses)
    if apply_decided(attempt, responses, at=at):
        attempt.result = corrected_result(attempt, responses)
    attempt.status = Attempt.Status.GRADED
    attempt.submitted_at = at
    attempt.score_raw = sum(one.score for one in responses)
    attempt.score_max = float(len(responses))
    _close(attempt, at)
    if not attempt.is_second_form:
        count_exposure(attempt)
    return attempt


@transaction.atomic
def submit_if_over(*, attempt: Attempt, at: datetime | None = None) -> Attempt | None:
    """Submit an attempt whose time is over; None when it goes on, because an allowance or a pause
    moved its deadline since it was looked at."""
    at = at or now()
    lock_person(attempt.learner)
    current = lock_attempt(attempt)
    if current.status == Attempt.Status.IN_PROGRESS and not timing.is_over(current, at):
        return None
    return submit_attempt(attempt=current, at=at)


def submit_overdue(*, at: datetime | None = None, limit: int = 200) -> int:
    """Submit attempts whose time is over with what they had saved. Returns how many. It waits for
    answers that were given in time and arrive late (`timing.LATE`).

    One that cannot be graded is logged and does not hold up the others.
    """
    at = at or now()
    overdue = Attempt.objects.filter(
        status=Attempt.Status.IN_PROGRESS, deadline_at__lt=at - LATE
    ).order_by("deadline_at")[:limit]
    submitted = 0
    for attempt in overdue:
        try:
            submitted += submit_if_over(attempt=attempt, at=at) is not None
        except Exception:
            log.exception("overdue_attempt_not_graded", attempt=str(attempt.uuid))
    return submitted


@transaction.atomic
def forget_person(person: User) -> None:
    """A person is erased: what they answered goes, with its files and what was said of it; their
    scores stay; what is under way ends. As a marker they are forgotten too."""
    delete_files(AnswerFile.objects.filter(learner=person))
    Attempt.objects.filter(learner=person).exclude(status=Attempt.Status.GRADED).delete()
    Response.objects.filter(learner=person).update(answer=None, option_order=[], client_id="")
    person.allowances.all().delete()
    contested = PlacementReview.objects.filter(learner=person)
    contested.filter(decision="").update(
        decision=PlacementReview.Decision.WITHDRAWN, decided_at=now()
    )
    contested.update(reason="", answer="")
    SpotCheck.objects.filter(learner=person, answered_at__isnull=True).delete()
    SpotCheck.objects.filter(learner=person).update(answer=None, option_order=[])
    Mark.objects.filter(response__learner=person).update(comments={}, comment="", note="")
    Mark.objects.filter(marker=person, given_at=None).delete()
    Mark.objects.filter(marker=person).update(marker=None)
