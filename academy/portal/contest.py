"""Contesting a placement, and the questions that check on skips: the person's own pages."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from academy.competencies.models import Competency, ProficiencyLevel
from academy.core.clock import now
from academy.core.errors import AcademyError, NotFound
from academy.portal.forms import ContestForm
from assessments import reviews, spot_checks
from assessments.item_types import item_type_for
from assessments.models import Attempt, PlacementReview, SpotCheck
from assessments.placement import PlacedCompetency, reviews_of
from courses.models import PlanItem


@dataclass
class ResultRow:
    """One competency of a placement result: what was found, what it rests on, what may be said."""

    placed: PlacedCompetency
    required: int | None
    evidence: list[reviews.Evidence] = field(default_factory=list)
    review: PlacementReview | None = None
    may_contest: bool = False
    is_overdue: bool = False

    @property
    def decisive(self) -> list[reviews.Evidence]:
        """The answers that weighed most."""
        return self.evidence[: reviews.DECISIVE]

    @property
    def right(self) -> int:
        return sum(one.is_right for one in self.evidence)


def result_rows(
    attempt: Attempt,
    placed: list[PlacedCompetency],
    required: dict[int, int | None],
    *,
    is_latest: bool,
) -> list[ResultRow]:
    """The rows of the result; two queries for an attempt that knows its reviews."""
    own = {review.competency_id: review for review in reviews_of(attempt)}
    evidence = reviews.evidence_of(attempt) if attempt.pinned else {}
    at = now()
    rows = []
    for one in placed:
        review = own.get(one.competency.pk)
        rows.append(
            ResultRow(
                placed=one,
                required=required.get(one.competency.pk),
                evidence=evidence.get(one.competency.pk, []),
                review=review,
                may_contest=is_latest and review is None,
                is_overdue=review is not None and review.is_overdue(at),
            )
        )
    return rows


@dataclass(frozen=True)
class Ground:
    """One reason why a module may be skipped: the chance of standing at a level or above."""

    competency: Competency
    band: object
    probability: float


def grounds_of(
    items: list[PlanItem], placed: list[PlacedCompetency] | None = None
) -> dict[int, list[Ground]]:
    """By plan item: why it may be skipped. Two queries, or none with what was placed at hand."""
    wanted = {one["competency"] for item in items for one in item.skip_grounds}
    if placed is None:
        competencies = Competency.objects.in_bulk(wanted)
        titles = {
            (level.framework_id, level.number): level.band_title
            for level in (ProficiencyLevel.objects.all() if wanted else ())
        }
    else:
        competencies = {one.competency.pk: one.competency for one in placed}
        titles = {
            (one.competency.framework_id, level): one.band_titles[band]
            for one in placed
            for level, band in one.band_of.items()
        }
    return {
        item.pk: [
            Ground(
                competency=competencies[one["competency"]],
                band=titles[competencies[one["competency"]].framework_id, one["level"]],
                probability=one["probability"],
            )
            for one in item.skip_grounds
            if one["competency"] in competencies
        ]
        for item in items
    }


# --- "I disagree" ---------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def contest(request: HttpRequest, uuid: UUID, competency: UUID) -> HttpResponse:
    """Say why one sees a level differently, and choose who looks again."""
    attempt = get_object_or_404(
        Attempt.objects.select_related("assessment", "learner"), uuid=uuid, learner=request.user
    )
    row = get_object_or_404(Competency.objects.select_related("framework"), uuid=competency)
    measured = {area["competency"] for area in attempt.result.get("areas", [])}
    if not attempt.is_placement or attempt.is_second_form or row.pk not in measured:
        raise NotFound(_("There is no such placement."))
    if PlacementReview.objects.filter(attempt=attempt, competency=row).exists():
        return redirect("portal:placement_result", uuid=attempt.uuid)
    no_form = reviews.second_form_refusals(attempt)[row.pk]
    form = ContestForm(request.POST or None, second_form=not no_form)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            review = reviews.contest(
                attempt=attempt,
                competency=row,
                reason=form.cleaned_data["reason"],
                kind=form.cleaned_data["kind"],
                language=get_language(),
            )
        except AcademyError as refused:
            error = refused.message
        else:
            return _after_contesting(request, attempt, review)
    return render(
        request,
        "portal/contest.html",
        {
            "attempt": attempt,
            "competency": row,
            "form": form,
            "error": error,
            "no_form": no_form,
            "days": attempt.assessment.review_days,
            "fewest": attempt.assessment.min_items,
            "most": attempt.assessment.max_items,
        },
        status=422 if form.errors or error else 200,
    )


def _after_contesting(
    request: HttpRequest, attempt: Attempt, review: PlacementReview
) -> HttpResponse:
    form = review.second_form
    if form is not None and form.status == Attempt.Status.IN_PROGRESS:
        return redirect("assessments:placement_item", uuid=form.uuid)
    messages.success(request, _("We have it. You will read the answer here."))
    return redirect("portal:placement_result", uuid=attempt.uuid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take back what one contested."""
    review = get_object_or_404(
        PlacementReview.objects.select_related("attempt__assessment", "competency", "learner"),
        uuid=uuid,
        learner=request.user,
    )
    if request.method == "POST":
        reviews.withdraw(review=review)
        messages.success(request, _("You have taken it back. The level stays as it is."))
    return redirect("portal:placement_result", uuid=review.attempt.uuid)


# --- Questions that check on skips ----------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def quick_question(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One question that counts for nothing; it can be answered, put off or passed over."""
    check = get_object_or_404(
        SpotCheck.objects.select_related("item_version__item", "attempt__assessment", "learner"),
        uuid=uuid,
        learner=request.user,
    )
    if check.answered_at is not None:
        return redirect("portal:home")
    error = None
    if request.method == "POST":
        error = _take_check(request, check)
        if error is None:
            return redirect("portal:home")
    asked = spot_checks.asked_in_check(check, get_language())
    item_type = item_type_for(asked.document["type"])
    return render(
        request,
        "portal/quick_question.html",
        {
            "check": check,
            "error": error,
            "item_type": item_type,
            "asked": asked,
            "words": asked.words,
            "words_language": asked.language,
            "other_language": asked.language != get_language(),
            **item_type.context(asked),
        },
        status=200 if error is None else 422,
    )


def _take_check(request: HttpRequest, check: SpotCheck) -> str | None:
    """Keep what was posted; returns what is wrong with it, if anything."""
    if "later" in request.POST:
        spot_checks.put_off(check=check)
        messages.success(request, _("Not now, then. It may come again in some weeks."))
        return None
    answer = None
    if "dont_know" not in request.POST:
        try:
            answer = spot_checks.read_check_answer(check, request.POST, get_language())
        except AcademyError as refused:
            return refused.message
        if answer is None:
            return _("Choose an answer, or say that you do not know.")
    spot_checks.answer_spot_check(check=check, answer=answer, language=get_language())
    messages.success(request, _("Thank you. Your answer counts neither for nor against you."))
    return None
