"""Taking a placement and a final assessment. Only the person whose attempt it is gets in."""

import uuid as uuid_module
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotFound
from assessments import files, marking, services
from assessments.item_types import item_type_for
from assessments.models import AnswerFile, Assessment, Attempt, Response
from assessments.placement import latest_placement, open_placement


def _own(request: HttpRequest, uuid: UUID) -> Attempt:
    return get_object_or_404(
        Attempt.objects.select_related("assessment", "learner"), uuid=uuid, learner=request.user
    )


def whole_number(text: str, otherwise: int = 0) -> int:
    """A number of a form; `otherwise` for anything that is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise


def _question_context(response: Response) -> dict:
    """What the question partial draws."""
    asked = services.asked_in(response, get_language())
    item_type = item_type_for(asked.document["type"])
    return {
        "response": response,
        "item_type": item_type,
        "asked": asked,
        "words": asked.words,
        "words_language": asked.language,
        "other_language": asked.language != get_language(),
        **item_type.context(asked),
    }


# --- Placement ------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def placement_intro(request: HttpRequest) -> HttpResponse:
    """How long it takes, why, and what happens with the answers; then one button."""
    assessment = open_placement()
    if assessment is None:
        raise NotFound(_("There is no placement to take at the moment."))
    under_way = Attempt.objects.filter(
        assessment=assessment, learner=request.user, status=Attempt.Status.IN_PROGRESS
    ).first()
    if request.method == "POST":
        attempt = services.start_attempt(
            assessment=assessment, learner=request.user, registration=uuid_module.uuid4()
        )
        return redirect("assessments:placement_item", uuid=attempt.uuid)
    sections = list(assessment.sections.select_related("competency__framework"))
    return render(
        request,
        "assessments/placement_intro.html",
        {
            "assessment": assessment,
            "competencies": [section.competency for section in sections],
            "fewest": assessment.min_items * len(sections),
            "most": assessment.max_items * len(sections),
            "under_way": under_way,
            "latest": latest_placement(request.user),
            "refusal": None
            if under_way
            else services.refusal_to_start(assessment, request.user, at=now()),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def placement_item(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One item. The answer is saved with the button; coming back shows the same item."""
    attempt = _own(request, uuid)
    if not attempt.is_placement:
        raise NotFound(_("There is no such placement."))
    error = None
    if request.method == "POST":
        error = _take_answer(request, attempt)
        if error is None:
            attempt.refresh_from_db()
            if attempt.status == Attempt.Status.GRADED:
                return redirect("portal:placement_result", uuid=attempt.uuid)
            return redirect("assessments:placement_item", uuid=attempt.uuid)
    if attempt.status == Attempt.Status.GRADED:
        return redirect("portal:placement_result", uuid=attempt.uuid)
    response = attempt.responses.select_related("item_version__item").order_by("-position").first()
    rules = attempt.pinned["rules"]
    return render(
        request,
        "assessments/placement_item.html",
        {
            "attempt": attempt,
            "number": response.position + 1,
            "most": rules["max_items"],
            "error": error,
            **_question_context(response),
        },
        status=200 if error is None else 422,
    )


def _take_answer(request: HttpRequest, attempt: Attempt) -> str | None:
    """Save the posted answer; returns what is wrong with it, if anything."""
    position = request.POST.get("position", "")
    response = (
        attempt.responses.select_related("item_version__item")
        .filter(position=whole_number(position, otherwise=-1))
        .first()
    )
    if response is None:
        return _("This question is not part of your placement. Answer the one below.")
    answer = None
    if "dont_know" not in request.POST:
        try:
            answer = services.read_answer(response, request.POST, get_language())
        except AcademyError as error:
            return error.message
        if answer is None:
            return _("Choose an answer, or say that you do not know.")
    services.answer_placement(
        attempt=attempt, position=response.position, answer=answer, language=get_language()
    )
    return None


# --- Final assessments ----------------------------------------------------------------------------


def _running(request: HttpRequest, uuid: UUID) -> Attempt:
    """An attempt that can still be answered; one whose time is over is submitted first."""
    attempt = _own(request, uuid)
    if attempt.is_placement:
        raise NotFound(_("There is no such attempt."))
    over = attempt.deadline_at and now() > attempt.deadline_at + services.GRACE
    if attempt.status == Attempt.Status.IN_PROGRESS and over:
        attempt = services.submit_attempt(attempt=attempt)
    return attempt


def _palette(responses: list[Response], current: int | None = None) -> list[dict]:
    return [
        {
            "number": response.position + 1,
            "answered": response.answer is not None,
            "flagged": response.is_flagged,
            "current": response.position == current,
        }
        for response in responses
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def question(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    """One question of a final assessment. Any way on (next, back, palette) saves first."""
    attempt = _running(request, uuid)
    if attempt.status != Attempt.Status.IN_PROGRESS:
        return redirect("assessments:result", uuid=attempt.uuid)
    responses = list(attempt.responses.select_related("item_version__item"))
    if not 1 <= number <= len(responses):
        raise NotFound(_("There is no such question in this attempt."))
    response = responses[number - 1]
    error = None
    if request.method == "POST":
        try:
            _save(request, attempt, response)
        except services.Superseded as newer:
            error = newer.message
            response.refresh_from_db()
        except Conflict:
            return redirect("assessments:result", uuid=attempt.uuid)
        except AcademyError as refused:
            error = refused.message
        else:
            return _go_on(request, attempt, number, len(responses))
    context = _question_context(response)
    if error and context["item_type"].is_marked:  # what was written stays on the page
        name = "text" if context["item_type"].takes_files else "answer"
        context["text"] = request.POST.get(name, "")
    return render(
        request,
        "assessments/question.html",
        {
            "attempt": attempt,
            "number": number,
            "count": len(responses),
            "palette": _palette(responses, response.position),
            "now": now(),
            "error": error,
            "next_sequence": response.sequence + 1,
            **context,
        },
        status=200 if error is None else 422,
    )


def _sequence(request: HttpRequest, response: Response) -> int:
    """The page's own counter; a form sent without JavaScript always counts as newest."""
    return whole_number(request.POST.get("seq", "")) or response.sequence + 1


def _save(request: HttpRequest, attempt: Attempt, response: Response) -> Response:
    return services.save_form(
        attempt=attempt,
        response=response,
        data=request.POST,
        uploads=request.FILES.getlist("files"),
        sequence=_sequence(request, response),
        language=get_language(),
        is_flagged="flag" in request.POST,
    )


def _go_on(request: HttpRequest, attempt: Attempt, number: int, count: int) -> HttpResponse:
    target = request.POST.get("go", "next")
    if 1 <= whole_number(target) <= count:
        return redirect("assessments:question", uuid=attempt.uuid, number=whole_number(target))
    if target == "previous" and number > 1:
        return redirect("assessments:question", uuid=attempt.uuid, number=number - 1)
    if target == "next" and number < count:
        return redirect("assessments:question", uuid=attempt.uuid, number=number + 1)
    return redirect("assessments:review", uuid=attempt.uuid)


@login_required
@require_POST
def save(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    """Autosave. Answers with what is kept, so that the page can say so."""
    attempt = _own(request, uuid)
    response = get_object_or_404(
        attempt.responses.select_related("item_version__item"), position=number - 1
    )
    try:
        kept = _save(request, attempt, response)
    except AcademyError as error:
        return JsonResponse({"error": error.message}, status=error.status)
    return JsonResponse({"saved": True, "seq": kept.sequence, "at": now().isoformat()})


@login_required
@require_safe
@never_cache
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What was answered and what was not, before submitting."""
    attempt = _running(request, uuid)
    if attempt.status != Attempt.Status.IN_PROGRESS:
        return redirect("assessments:result", uuid=attempt.uuid)
    palette = _palette(list(attempt.responses.all()))
    return render(
        request,
        "assessments/review.html",
        {
            "attempt": attempt,
            "palette": palette,
            "unanswered": [one["number"] for one in palette if not one["answered"]],
            "flagged": [one["number"] for one in palette if one["flagged"]],
            "now": now(),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    attempt = _own(request, uuid)
    if attempt.is_placement:
        raise NotFound(_("There is no such attempt."))
    if request.method != "POST":  # back from the sign-in page
        return redirect("assessments:review", uuid=attempt.uuid)
    services.submit_attempt(attempt=attempt)
    return redirect("assessments:result", uuid=attempt.uuid)


@login_required
@require_safe
@never_cache
def result(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The score against the cut that was set at the start, and what can be learned from it.

    Which options are right, and the explanations, are shown once the assessment is passed: shown
    before, they would be the key to the next attempt.
    """
    attempt = _own(request, uuid)
    if attempt.is_placement:
        return redirect("portal:placement_result", uuid=attempt.uuid)
    if attempt.status == Attempt.Status.IN_PROGRESS:
        return redirect("assessments:review", uuid=attempt.uuid)
    if attempt.status == Attempt.Status.MARKING:
        return render(request, "assessments/being_marked.html", {"attempt": attempt})
    answers = []
    marks = marking.feedback_on(attempt, get_language())
    if attempt.assessment.feedback != Assessment.Feedback.NEVER:
        for response in attempt.responses.select_related("item_version__item"):
            answer = _explained(response, whole=bool(attempt.passed))
            answers.append({**answer, "marks": marks.get(response.pk, [])})
    return render(
        request,
        "assessments/result.html",
        {
            "attempt": attempt,
            "answers": answers,
            "refusal": None
            if attempt.passed
            else services.refusal_to_start(attempt.assessment, request.user, at=now()),
        },
    )


def _explained(response: Response, *, whole: bool) -> dict:
    """A response with what was chosen and why that is right or not; with the key when `whole`."""
    asked = services.asked_in(response, response.language or get_language())
    item_type = item_type_for(asked.document["type"])
    return {
        "response": response,
        "item_type": item_type,
        "words": asked.words,
        "words_language": asked.language,
        "is_right": response.score == 1,
        "is_partly_right": bool(response.score) and 0 < response.score < 1,
        "whole": whole,
        **item_type.explain(asked, whole=whole),
    }


@login_required
@require_safe
def answer_file(request: HttpRequest, uuid: UUID, file: UUID) -> HttpResponse:
    """A file back to the person who handed it in."""
    one = get_object_or_404(
        AnswerFile, uuid=file, learner=request.user, response__attempt__uuid=uuid
    )
    return files.download(one, one.name)
