"""What the page of a running attempt talks to: its queue of answers, its clock, its pauses."""

import json
import uuid as uuid_module
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotFound
from assessments import pauses, services, timing
from assessments.models import Attempt, Response
from assessments.secure_browser import require_secure_browser

MOST_SAVES, MOST_BYTES = 200, 1024 * 1024
END_OF_TIME = 4_102_444_800_000  # 2100, in milliseconds: no clock is that wrong


def own_attempt(request: HttpRequest, uuid: UUID) -> Attempt:
    """The attempt, for the person whose it is."""
    return get_object_or_404(
        Attempt.objects.select_related("assessment", "learner"), uuid=uuid, learner=request.user
    )


def own_final(request: HttpRequest, uuid: UUID) -> Attempt:
    """The attempt at a final assessment, in a browser that it accepts."""
    attempt = own_attempt(request, uuid)
    if attempt.is_placement:
        raise NotFound(_("There is no such attempt."))
    if attempt.status == Attempt.Status.IN_PROGRESS:
        require_secure_browser(request, attempt.assessment)
    return attempt


def whole_number(text, otherwise: int = 0) -> int:
    """A number of a form; `otherwise` for anything that is none."""
    text = str(text)
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise


def told_time(value) -> datetime | None:
    """The time a page tells, in milliseconds since 1970; None for anything that is none."""
    text = str(value)
    if not (text.isdecimal() and len(text) < 14) or not 0 < int(text) < END_OF_TIME:
        return None
    return datetime.fromtimestamp(int(text) / 1000, tz=UTC)


def page_context(attempt: Attempt, at: datetime) -> dict:
    """What a page of a running attempt needs to keep answers and time. `client_id` is this page's
    name for itself: a reload is another page."""
    return {
        "now": at,
        "now_milliseconds": int(at.timestamp() * 1000),
        "client_id": uuid_module.uuid4().hex,
        "has_clock": timing.has_clock(attempt, at),
        "may_pause": timing.may_pause(attempt, at),
        "pause_minutes": -(-attempt.pause_seconds_left // 60),
    }


def page_fields(data: QueryDict) -> dict:
    """What the page says about a save, beside the answer: arguments of `services.save_answer`."""
    return {
        "client_id": data.get("_client", ""),
        "seen": whole_number(data["_seen"], otherwise=None) if "_seen" in data else None,
        "told_at": told_time(data.get("_at", "")),
        "seconds": whole_number(data.get("_seconds", "")),
    }


def clock_of(attempt: Attempt, at: datetime) -> dict:
    """The clock, for a script: when it ends, what time it is here, whether it stands still."""
    return {
        "now": at.isoformat(),
        "deadline": attempt.deadline_at.isoformat() if attempt.deadline_at else None,
        "paused": timing.is_paused(attempt, at),
        "over": attempt.status != Attempt.Status.IN_PROGRESS or timing.is_over(attempt, at),
    }


@login_required
@require_safe
@never_cache
def clock(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How the clock stands: an allowance may have moved the deadline since the page was shown."""
    return JsonResponse(clock_of(own_final(request, uuid), now()))


# --- The queue ------------------------------------------------------------------------------------


@login_required
@require_POST
def saves(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The answers that a page has not yet seen kept: `{"user", "saves": [{"position", "client",
    "seq", "seen", "at", "seconds", "fields": [[name, value], …]}, …]}`.

    For each the answer says `stored`, `known` (it was kept before), `superseded` (answered later
    elsewhere) or `refused`, with a sentence; `seq` is the count that is kept now. One that is
    refused does not hold up the others, and all may be sent again.
    """
    attempt = own_final(request, uuid)
    body = _body(request)
    if body.get("user") != str(request.user.uuid):
        raise Conflict(_("These answers are another person’s. They were not saved."))
    responses = {
        response.position: response
        for response in attempt.responses.select_related("item_version__item")
    }
    results = [_kept(attempt, responses, save) for save in body["saves"]]
    attempt.refresh_from_db(fields=["status", "deadline_at", "paused_at", "pause_seconds_left"])
    return JsonResponse({**clock_of(attempt, now()), "saves": results})


def _body(request: HttpRequest) -> dict:
    unreadable = AcademyError(_("These answers cannot be read. Load the page again."))
    if len(request.body) > MOST_BYTES:
        raise unreadable
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise unreadable from error
    saves = body.get("saves") if isinstance(body, dict) else None
    if not isinstance(saves, list) or len(saves) > MOST_SAVES:
        raise unreadable
    if not all(isinstance(save, dict) for save in saves):
        raise unreadable
    return body


def _kept(attempt: Attempt, responses: dict[int, Response], save: dict) -> dict:
    """Keep one answer of the queue, and say what became of it."""
    position = whole_number(save.get("position"), otherwise=-1)
    said = {
        "position": position,
        "client": str(save.get("client", ""))[: services.CLIENT_ID_LENGTH],
        "seq": whole_number(save.get("seq")),
    }
    try:
        response = responses[position]
        data = _form_of(save)
        kept = services.save_answer(
            attempt=attempt,
            position=position,
            answer=services.read_answer(response, data, get_language()),
            sequence=said["seq"],
            language=get_language(),
            is_flagged="flag" in data,
            **page_fields(data),
        )
    except services.Superseded as newer:
        current = attempt.responses.values_list("sequence", flat=True).get(position=position)
        return {**said, "state": "superseded", "error": newer.message, "kept": current}
    except AcademyError as refused:
        return {**said, "state": "refused", "error": refused.message}
    except KeyError:
        words = _("There is no such question in this attempt.")
        return {**said, "state": "refused", "error": words}
    return {**said, "state": "known" if kept.is_repeat else "stored", "kept": kept.sequence}


def _form_of(save: dict) -> QueryDict:
    """A save of the queue as the form that it stands for."""
    data = QueryDict(mutable=True)
    for field in save.get("fields") or []:
        if isinstance(field, list) and len(field) == 2:
            data.appendlist(str(field[0]), str(field[1]).replace("\0", ""))
    for name in ("client", "seen", "at", "seconds"):
        if save.get(name) is not None:
            data[f"_{name}"] = str(save[name])
    return data


# --- Pauses ---------------------------------------------------------------------------------------


@login_required
@require_POST
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Stop the clock; the questions are hidden until it runs again."""
    pauses.pause_attempt(attempt=own_final(request, uuid))
    return _back(request, uuid)


@login_required
@require_POST
def resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    pauses.resume_attempt(attempt=own_final(request, uuid))
    return _back(request, uuid)


def _back(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """To the question that the person came from; to the review when they came from there."""
    number = whole_number(request.POST.get("number", ""))
    if number:
        return redirect("assessments:question", uuid=uuid, number=number)
    return redirect("assessments:review", uuid=uuid)
