"""Contesting a placement: "I disagree", and the answer to it.

One competency of one placement can be contested once. A person looks at the evidence, or a second
form asks other questions of the same bank. Either way there is an answer by `due_at`, it is told to
the learning record, and it is never changed again.
"""

import secrets
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from academy.competencies.models import Competency
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotAllowed
from academy.people.models import User
from academy.people.services import lock_person
from assessments import statements
from assessments.measurement.adaptive import ENGINE_VERSION, Rules
from assessments.measurement.irt import information
from assessments.models import Attempt, Item, PlacementReview, Response
from assessments.models import Exposure as ExposureRow
from assessments.placement import (
    Pool,
    askable_items,
    history_of,
    latest_placement,
    parameters_of,
    reviews_of,
)
from assessments.services import finish_placement, lock_attempt, show_next_placement_item
from assessments.signals import review_decided

log = structlog.get_logger(__name__)

MOST_CHARACTERS = 4000

#: Items of a competency from which on those that decided are shown: of fewer, everybody would soon
#: know all.
SHOWN_FROM = 20

#: Runs from which on an exposure says something.
RUNS_THAT_TELL = 20

#: How many of the items that decided are shown for each competency.
DECISIVE = 3

Decision = PlacementReview.Decision
Kind = PlacementReview.Kind


# --- What decided ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """One answer of a placement and what it weighed. `information` is the item's Fisher information
    at the ability that was estimated, `band` the band that its difficulty lies in."""

    response: Response
    difficulty: float
    information: float
    band: int
    is_right: bool
    is_shown: bool

    @property
    def words(self) -> dict:
        return self.response.item_version.words(self.response.language)


def evidence_of(attempt: Attempt) -> dict[int, list[Evidence]]:
    """By competency: every answer, those that weighed most first; with those of second forms.

    `is_shown` is whether its person may see the question again. What is used more often than the
    placement means to use anything is only described, and so is what comes from a small bank.
    Three queries.
    """
    attempts = {attempt.pk: attempt} | {
        one.second_form_id: one.second_form
        for one in reviews_of(attempt)
        if one.second_form and one.second_form.result
    }
    responses = (
        Response.objects.filter(attempt__in=attempts, answered_at__isnull=False)
        .select_related("item_version__item")
        .order_by("attempt_id", "position")
    )
    worn, sizes = set(_worn_items(attempt)), Counter(attempt.pinned["area"])
    thetas = {
        area["competency"]: area["theta"]
        for one in (attempt, *attempts.values())
        for area in one.result["areas"]
    }
    found: dict[int, list[Evidence]] = {}
    for response in responses:
        pinned = attempts[response.attempt_id].pinned
        index = pinned["versions"].index(response.item_version_id)
        area = pinned["area"][index]
        competency = pinned["competencies"][area]
        a, b, c = (np.array([pinned[name][index]]) for name in "abc")
        found.setdefault(competency, []).append(
            Evidence(
                response=response,
                difficulty=float(b[0]),
                information=float(information(thetas[competency], a, b, c)[0, 0]),
                band=sum(float(b[0]) >= cut for cut in pinned["cuts"][area]),
                is_right=response.score == 1,
                is_shown=response.item_version.item_id not in worn
                and sizes[_area_of(attempt, competency)] >= SHOWN_FROM,
            )
        )
    for answers in found.values():
        answers.sort(key=lambda one: (-one.information, one.response.pk))
    return found


def _area_of(attempt: Attempt, competency: int) -> int:
    return attempt.pinned["competencies"].index(competency)


def _worn_items(attempt: Attempt) -> list[int]:
    """Items that the placement has shown to more people than it means to."""
    target = float(attempt.assessment.exposure_target)
    rows = ExposureRow.objects.filter(
        assessment=attempt.assessment_id, runs__gte=RUNS_THAT_TELL
    ).values_list("item", "administered", "runs")
    return [item for item, administered, runs in rows if administered > target * runs]


# --- Second forms ---------------------------------------------------------------------------------


def _unseen(attempt: Attempt) -> dict[int, list[Item]]:
    """By competency: what the placement could ask this person that they have never been asked."""
    sections = list(attempt.assessment.sections.all())
    seen = Response.objects.filter(learner=attempt.learner_id).values("item_version__item")
    items = askable_items().filter(bank__in=[one.bank_id for one in sections]).exclude(pk__in=seen)
    wanted = {(one.bank_id, one.competency_id) for one in sections}
    found: dict[int, list[Item]] = {}
    for item in items:
        if (item.bank_id, item.competency_id) in wanted:
            found.setdefault(item.competency_id, []).append(item)
    return found


def second_form_refusals(attempt: Attempt) -> dict[int, str]:
    """By competency that was placed: why there can be no second form; empty where there can."""
    fewest = max(1, attempt.assessment.min_items)
    if attempt.pinned.get("engine") != ENGINE_VERSION:
        words = _("Your placement was measured with an earlier version. You can take it again.")
        return {area["competency"]: words for area in attempt.result["areas"]}
    unseen = _unseen(attempt)
    words = _("There are too few questions left that you have not seen.")
    return {
        area["competency"]: "" if len(unseen.get(area["competency"], [])) >= fewest else words
        for area in attempt.result["areas"]
    }


def pin_second_form(attempt: Attempt, competency: Competency) -> dict:
    """What a second form depends on: what was asked before, with its parameters and answers, and the
    items that its person has not seen. The answers of both forms count."""
    old = attempt.pinned
    contested = _area_of(attempt, competency.pk)
    before = history_of(old, attempt.responses.order_by("position"))
    kept = sorted({old["area"][index] for index, _score in before} | {contested})
    place = {area: number for number, area in enumerate(kept)}
    fresh = Pool()
    fresh.add(competency, _unseen(attempt).get(competency.pk, []), old["cuts"][contested])
    new = parameters_of(fresh)
    pinned: dict = {
        name: [old[name][index] for index, _score in before] + new[name]
        for name in ("versions", "a", "b", "c")
    }
    known = old.get("calibrated_areas") or [old["calibrated"]] * len(old["cuts"])
    rules = Rules(
        **{
            **old["rules"],
            "min_items": attempt.assessment.min_items,
            "max_items": attempt.assessment.max_items,
            "min_per_area": attempt.assessment.min_items,
            "max_per_area": attempt.assessment.max_items,
        }
    )
    return {
        **pinned,
        "engine": ENGINE_VERSION,
        "area": [place[old["area"][index]] for index, _score in before]
        + [place[contested]] * len(fresh.items),
        "cuts": [old["cuts"][area] for area in kept],
        "competencies": [old["competencies"][area] for area in kept],
        "calibrated": known[contested] and all(fresh.calibrated),
        "calibrated_areas": [
            known[area] and (area != contested or all(fresh.calibrated)) for area in kept
        ],
        "rho": old.get("rho", 0.7),
        "eligible": [0] * len(before) + [1] * len(fresh.items),
        "given": [[number, score] for number, (_index, score) in enumerate(before)],
        "contested": place[contested],
        "second_form_of": str(attempt.uuid),
        "rules": asdict(rules),
    }


def _start_second_form(
    attempt: Attempt, competency: Competency, *, language: str, at: datetime
) -> Attempt:
    form = Attempt(
        assessment=attempt.assessment,
        learner=attempt.learner,
        registration=attempt.registration,
        number=Attempt.objects.filter(
            assessment=attempt.assessment, learner=attempt.learner
        ).count()
        + 1,
        language=language,
        seed=secrets.randbits(53),
        engine=str(ENGINE_VERSION),
        pinned=pin_second_form(attempt, competency),
        cut_score=attempt.cut_score,
        started_at=at,
    )
    form.save()
    show_next_placement_item(form, at)
    statements.attempt_started(form)
    return form


# --- Contesting -----------------------------------------------------------------------------------


@transaction.atomic
def contest(
    *,
    attempt: Attempt,
    competency: Competency,
    reason: str,
    kind: str = Kind.HUMAN,
    language: str = "en",
    at: datetime | None = None,
) -> PlacementReview:
    """Contest the level of one competency. Asking for what was asked already returns that.

    Raises `Conflict` when a newer placement counts, or when there can be no second form.
    """
    at, reason = at or now(), reason.strip()[:MOST_CHARACTERS]
    lock_person(attempt.learner)
    reviews = PlacementReview.objects.filter(attempt=attempt, competency=competency)
    if (review := reviews.first()) is not None:
        return review
    if not reason:
        raise AcademyError(_("Say why you see it differently. It need not be long."))
    if competency.pk not in {area["competency"] for area in attempt.result.get("areas", [])}:
        raise AcademyError(_("This competency is not part of your placement."))
    if attempt != latest_placement(attempt.learner):
        raise Conflict(_("You have taken a newer placement since. Its result counts."))
    form = None
    if kind == Kind.SECOND_FORM:
        if refusal := second_form_refusals(attempt)[competency.pk]:
            raise Conflict(refusal)
        if _is_under_way(attempt):
            raise Conflict(_("Finish the questions that you have begun first."))
        form = _start_second_form(attempt, competency, language=language, at=at)
    review = PlacementReview.objects.create(
        attempt=attempt,
        learner=attempt.learner,
        competency=competency,
        kind=kind,
        reason=reason,
        asked_at=at,
        due_at=at + timedelta(days=attempt.assessment.review_days),
        second_form=form,
    )
    statements.placement_contested(review)
    return review


def _is_under_way(attempt: Attempt) -> bool:
    return Attempt.objects.filter(
        assessment=attempt.assessment_id,
        learner=attempt.learner_id,
        status=Attempt.Status.IN_PROGRESS,
    ).exists()


@transaction.atomic
def withdraw(*, review: PlacementReview, at: datetime | None = None) -> None:
    """Take back what one contested, while nobody has answered it. Twice is once."""
    lock_person(review.learner)
    at = at or now()
    rows = PlacementReview.objects.filter(pk=review.pk, decision="", kind=Kind.HUMAN)
    if rows.update(decision=Decision.WITHDRAWN, decided_at=at):
        review.refresh_from_db()
        statements.placement_uncontested(review)
    elif not PlacementReview.objects.filter(pk=review.pk, decision=Decision.WITHDRAWN).exists():
        raise Conflict(_("This has been answered already."))


# --- Answering ------------------------------------------------------------------------------------


def band_of(review: PlacementReview) -> int:
    """The band that was contested."""
    return next(
        area["band"]
        for area in review.attempt.result["areas"]
        if area["competency"] == review.competency_id
    )


@transaction.atomic
def decide(
    *,
    review: PlacementReview,
    by: User,
    band: int,
    answer: str,
    at: datetime | None = None,
) -> PlacementReview:
    """Answer a review: the band it was is the level kept, another one the level changed.

    The answer says why and goes to the learner. Nobody decides about themselves. Raises `Conflict`
    when it was answered meanwhile.
    """
    at, answer = at or now(), answer.strip()[:MOST_CHARACTERS]
    lock_person(review.learner)
    if by.pk == review.learner_id:
        raise NotAllowed(_("You cannot decide about your own placement."))
    if review.kind != Kind.HUMAN:
        raise Conflict(_("Other questions decide here, not a person."))
    if not answer:
        raise AcademyError(_("Say why, in words for the learner."))
    area = next(
        one for one in review.attempt.result["areas"] if one["competency"] == review.competency_id
    )
    if not 0 <= band < len(area["probabilities"]):
        raise AcademyError(_("Choose one of the levels."))
    return _settle(review, band=band, was=area["band"], by=by, answer=answer, at=at)


def _settle(
    review: PlacementReview,
    *,
    band: int,
    was: int,
    by: User | None = None,
    answer: str = "",
    at: datetime,
) -> PlacementReview:
    """Compare-and-set: a review is answered once."""
    won = PlacementReview.objects.filter(pk=review.pk, decision="").update(
        decision=Decision.KEPT if band == was else Decision.CHANGED,
        band=band,
        answer=answer,
        decided_by=by,
        decided_at=at,
    )
    if not won:
        raise Conflict(_("This has been answered already."))
    review.refresh_from_db()
    review.statement_id = statements.placement_review_answered(review)
    review.save(update_fields=["statement_id"])
    review_decided.send(sender=PlacementReview, review=review)
    return review


def settle_second_form(form: Attempt, *, at: datetime) -> None:
    """A second form was finished: what both forms show is the answer."""
    review = (
        PlacementReview.objects.filter(second_form=form, decision="")
        .select_related("attempt__assessment", "attempt__learner", "competency", "learner")
        .first()
    )
    if review is not None:
        [area] = form.result["areas"]
        review.second_form = form
        _settle(review, band=area["band"], was=band_of(review), at=at)


def finish_second_forms(*, at: datetime | None = None, limit: int = 200) -> int:
    """Second forms that were begun and left: by their day, what was answered is what counts.

    One that cannot be finished is logged and does not hold up the others.
    """
    at, finished = at or now(), 0
    due = PlacementReview.objects.filter(decision="", kind=Kind.SECOND_FORM, due_at__lt=at)
    for review in due.select_related("learner", "second_form")[:limit]:
        try:
            with transaction.atomic():
                lock_person(review.learner)
                form = lock_attempt(review.second_form)
                if form.status == Attempt.Status.IN_PROGRESS:
                    finish_placement(form, at=at)
                    finished += 1
        except Exception:
            log.exception("second_form_not_finished", review=str(review.uuid))
    return finished


def overdue(at: datetime):
    """Reviews that a person should have answered by now."""
    return PlacementReview.objects.filter(decision="", kind=Kind.HUMAN, due_at__lt=at)


def claim_reminder(*, at: datetime | None = None) -> int:
    """How many reviews have become overdue since the last reminder; each is counted once."""
    at = at or now()
    return overdue(at).filter(reminded_at__isnull=True).update(reminded_at=at)
