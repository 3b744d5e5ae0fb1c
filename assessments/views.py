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
from academy.core.fields import Localized
from assessments import files, marking, navigation, services, timing
from assessments.corrections import corrections_of
from assessments.drawing import adaptive_sections, most_questions, pilot_versions
from assessments.feedback import feedback_of
from assessments.item_types import item_type_for
from assessments.lessons import lesson_links
from assessments.models import AnswerFile, Attempt, Response
from assessments.placement import latest_placement, open_placement
from assessments.running import (
    clock_of,
    own_final,
    page_context,
    page_fields,
    whole_number,
)
from assessments.running import own_attempt as _own
from assessments.secure_browser import require_secure_browser


def question_context(response: Response) -> dict:
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
    require_secure_browser(request, assessment)
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
            "checks": assessment.spot_check_share > 0,
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
    if attempt.status == Attempt.Status.IN_PROGRESS:
        require_secure_browser(request, attempt.assessment)
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
            **page_context(attempt, now()),
            **question_context(response),
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
    said = page_fields(request.POST)
    services.answer_placement(
        attempt=attempt,
        position=response.position,
        answer=answer,
        language=get_language(),
        client_id=said["client_id"],
        seconds=said["seconds"],
    )
    return None


# --- Final assessments ----------------------------------------------------------------------------


def _running(request: HttpRequest, uuid: UUID) -> Attempt:
    """An attempt that can still be answered; one whose time is over is submitted first."""
    attempt = own_final(request, uuid)
    if attempt.status == Attempt.Status.IN_PROGRESS and timing.is_over(attempt, now()):
        attempt = services.submit_if_over(attempt=attempt) or _own(request, uuid)
    return attempt


def _paused(request: HttpRequest, attempt: Attempt, number: int = 0) -> HttpResponse:
    """The page of a pause: how long it may last, and the way on. No question is on it."""
    ends = min(timing.pause_ends(attempt), attempt.deadline_at)
    context = {"attempt": attempt, "number": number, "ends": ends, "now": now()}
    return render(request, "assessments/paused.html", context)


def _palette(attempt: Attempt, responses: list[Response], current: int | None = None) -> list[dict]:
    """Every question shown so far, with whether it can be gone to."""
    explains = navigation.explains_at_once(attempt) and not navigation.is_forward(attempt)
    return [
        {
            "number": response.position + 1,
            "answered": response.answer is not None,
            "flagged": response.is_flagged,
            "current": response.position == current,
            "is_open": navigation.may_open(attempt, response)
            or (explains and navigation.is_left(attempt, response)),
        }
        for response in responses
    ]


def _current(attempt: Attempt, responses: list[Response]) -> HttpResponse:
    """To the question that is to be answered now, or to the review when none is left."""
    current = navigation.current(attempt, responses)
    if current is None:
        return redirect("assessments:review", uuid=attempt.uuid)
    return redirect("assessments:question", uuid=attempt.uuid, number=current.position + 1)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def question(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    """One question of a final assessment. Any way on (next, back, palette) saves first."""
    attempt = _running(request, uuid)
    if attempt.status != Attempt.Status.IN_PROGRESS:
        return redirect("assessments:result", uuid=attempt.uuid)
    if request.method != "POST" and timing.is_paused(attempt, now()):
        return _paused(request, attempt, number)
    responses = list(attempt.responses.select_related("item_version__item"))
    if not 1 <= number <= len(responses):
        raise NotFound(_("There is no such question in this attempt."))
    response = responses[number - 1]
    if navigation.is_left(attempt, response) and navigation.explains_at_once(attempt):
        return _explanation(request, attempt, responses, response)
    if not navigation.may_open(attempt, response):
        return _current(attempt, responses)
    error = None
    if request.method == "POST":
        try:
            _save(request, attempt, response)
            if _leaves(request, attempt, response):
                services.go_on(attempt=attempt, position=response.position)
                attempt.refresh_from_db(fields=["result"])
        except services.Superseded as newer:
            error = newer.message
            response.refresh_from_db()
        except Conflict:
            return redirect("assessments:question", uuid=attempt.uuid, number=number)
        except AcademyError as refused:
            error = refused.message
        else:
            return _go_on(request, attempt, number)
    context = question_context(response)
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
            "palette": _palette(attempt, responses, response.position),
            **_ways_on(attempt, response),
            "error": error,
            **page_context(attempt, now()),
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
        **page_fields(request.POST),
    )


def _ways_on(attempt: Attempt, response: Response) -> dict:
    """What the page says of where one can go from the question."""
    return {
        "one_way": navigation.is_one_way(attempt, response),
        "explains": navigation.explains_at_once(attempt),
        "adapts": bool(adaptive_sections(attempt)),
        "most": most_questions(attempt),
        "section_title": _section_title(attempt, response.section),
    }


def _section_title(attempt: Attempt, index: int) -> str:
    sections = attempt.pinned.get("sections", ())
    return str(Localized(sections[index]["title"])) if index < len(sections) else ""


def _leaves(request: HttpRequest, attempt: Attempt, response: Response) -> bool:
    """Whether the button settles the answer: any does where there is no way back; where answers are
    explained at once and one may move about, the one that asks for it."""
    if navigation.is_one_way(attempt, response):
        return True
    asks = navigation.explains_at_once(attempt) and request.POST.get("go") == "check"
    if asks and response.answer is None:
        response.refresh_from_db(fields=["answer"])
        if response.answer is None:
            raise AcademyError(_("Answer the question first."))
    return asks


def _go_on(request: HttpRequest, attempt: Attempt, number: int) -> HttpResponse:
    responses = list(attempt.responses.order_by("position"))
    response, count = responses[number - 1], len(responses)
    if navigation.is_left(attempt, response):
        if navigation.explains_at_once(attempt):  # the same address explains it now
            return redirect("assessments:question", uuid=attempt.uuid, number=number)
        if navigation.is_forward(attempt):
            return _current(attempt, responses)
        target = "next"
    else:
        target = request.POST.get("go", "next")
    if 1 <= whole_number(target) <= count:
        return redirect("assessments:question", uuid=attempt.uuid, number=whole_number(target))
    if target == "previous" and number > 1:
        return redirect("assessments:question", uuid=attempt.uuid, number=number - 1)
    if target == "next" and number < count:
        return redirect("assessments:question", uuid=attempt.uuid, number=number + 1)
    return redirect("assessments:review", uuid=attempt.uuid)


def _explanation(
    request: HttpRequest, attempt: Attempt, responses: list[Response], response: Response
) -> HttpResponse:
    """A question that was answered and is explained at once; its answer stays."""
    response.score = services.score_of(response)
    following = next(
        (one for one in responses[response.position + 1 :] if navigation.may_open(attempt, one)),
        None,
    )
    return render(
        request,
        "assessments/question_explained.html",
        {
            "attempt": attempt,
            "number": response.position + 1,
            "count": len(responses),
            "palette": _palette(attempt, responses, response.position),
            "following": following,
            "one": _explained(response, whole=True),
            "now": now(),
            **_ways_on(attempt, response),
        },
    )


@login_required
@require_POST
def save(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    """Save one answer, as a form sends it. Answers with what is kept, and how the clock stands."""
    attempt = _own(request, uuid)
    require_secure_browser(request, attempt.assessment)
    response = get_object_or_404(
        attempt.responses.select_related("item_version__item"), position=number - 1
    )
    try:
        kept = _save(request, attempt, response)
    except AcademyError as error:
        return JsonResponse({"error": error.message}, status=error.status)
    attempt.refresh_from_db(fields=["deadline_at", "paused_at", "pause_seconds_left"])
    state = "known" if kept.is_repeat else "stored"
    said = {"saved": True, "state": state, "seq": kept.sequence, "at": now().isoformat()}
    return JsonResponse({**clock_of(attempt, now()), **said})


@login_required
@require_safe
@never_cache
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What was answered and what was not, before submitting."""
    attempt = _running(request, uuid)
    if attempt.status != Attempt.Status.IN_PROGRESS:
        return redirect("assessments:result", uuid=attempt.uuid)
    if timing.is_paused(attempt, now()):
        return _paused(request, attempt)
    responses = list(attempt.responses.all())
    palette = _palette(attempt, responses)
    current = navigation.current(attempt, responses)
    return render(
        request,
        "assessments/review.html",
        {
            "attempt": attempt,
            "palette": palette,
            "unanswered": [one["number"] for one in palette if not one["answered"]],
            "flagged": [one["number"] for one in palette if one["flagged"]],
            **page_context(attempt, now()),
            "current": current,
            "unfinished": bool(
                current and (navigation.is_forward(attempt) or adaptive_sections(attempt))
            ),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    attempt = own_final(request, uuid)
    if request.method != "POST":  # back from the sign-in page
        return redirect("assessments:review", uuid=attempt.uuid)
    services.submit_attempt(attempt=attempt)
    return redirect("assessments:result", uuid=attempt.uuid)


@login_required
@require_safe
@never_cache
def result(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The score against the cut that was set at the start, section by section where they have cuts
    of their own, and what can be learned from it as far as the author shows it now."""
    attempt = _own(request, uuid)
    if attempt.is_placement:
        return redirect("portal:placement_result", uuid=attempt.uuid)
    if attempt.status == Attempt.Status.IN_PROGRESS:
        return redirect("assessments:review", uuid=attempt.uuid)
    if attempt.status == Attempt.Status.MARKING:
        return render(request, "assessments/being_marked.html", {"attempt": attempt})
    feedback = feedback_of(attempt, at=now())
    answers, marks = [], marking.feedback_on(attempt, get_language())
    if feedback.answers:
        pilots, neutral = pilot_versions(attempt), attempt.result.get("neutral", ())
        responses = list(attempt.responses.select_related("item_version__item"))
        lessons = lesson_links(response.item_version.item.uuid for response in responses)
        for response in responses:
            counts = response.item_version_id not in pilots and response.position not in neutral
            lesson = lessons.get(response.item_version.item.uuid)
            explained = _explained(response, whole=feedback.whole)
            told = {"counts": counts, "lesson": lesson, "marks": marks.get(response.pk, [])}
            answers.append({**explained, **told})
    return render(
        request,
        "assessments/result.html",
        {
            "attempt": attempt,
            "answers": answers,
            "feedback": feedback,
            "sections": _section_scores(attempt),
            "corrections": corrections_of(attempt),
            "refusal": None
            if attempt.passed
            else services.refusal_to_start(attempt.assessment, request.user, at=now()),
        },
    )


def _section_scores(attempt: Attempt) -> list[dict]:
    """Each section's score against its cut. Nothing where the whole is the only section and has the
    only cut: its score is said already."""
    outcomes = attempt.result.get("sections", [])
    if len(outcomes) < 2 and all(one["cut"] is None for one in outcomes):
        return []
    return [
        {
            **one,
            "title": _section_title(attempt, one["section"])
            or _("Part %(number)d") % {"number": one["section"] + 1},
            "share": one["raw"] / one["max"] if one["max"] else None,
        }
        for one in outcomes
    ]


def _explained(response: Response, *, whole: bool) -> dict:
    """A response with what was chosen and why that is right or not; with the key when `whole`."""
    asked = services.asked_in(response, response.language or get_language())
    item_type = item_type_for(asked.document["type"])
    return {
        "response": response,
        "item_type": item_type,
        "words": asked.words,
        "stem_told": item_type.told(asked.words),
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
