"""What a learner does in a course. Each view takes a POST, calls one service and leads on."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from academy.core.clock import now
from academy.core.errors import NotFound
from assessments.allowances import time_allowed
from assessments.drawing import forms_of, question_count, version_for
from assessments.models import Attempt, Section
from assessments.secure_browser import require_secure_browser
from assessments.services import refusal_to_start
from courses import services
from courses.models import Course, Enrollment, Lesson, Module


def _own(request: HttpRequest, uuid: UUID) -> Enrollment:
    return get_object_or_404(
        Enrollment.objects.select_related("course", "learner"), uuid=uuid, learner=request.user
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def enroll(request: HttpRequest, course: UUID) -> HttpResponse:
    row = get_object_or_404(Course, uuid=course)
    if request.method != "POST":  # back from the sign-in page
        return redirect("cms:course", uuid=row.uuid)
    enrollment = services.enroll(learner=request.user, course=row)
    return redirect("cms:continue", enrollment=enrollment.uuid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, enrollment: UUID) -> HttpResponse:
    own = _own(request, enrollment)
    if request.method != "POST":
        return redirect("cms:continue", enrollment=own.uuid)
    services.withdraw_enrollment(enrollment=own)
    messages.success(request, _("You have left the course. What you did in it stays on record."))
    return redirect("portal:home")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def complete_lesson(request: HttpRequest, enrollment: UUID, lesson: UUID) -> HttpResponse:
    """Mark the lesson done and go on: to the next lesson, or to the final assessment."""
    own = _own(request, enrollment)
    if request.method != "POST":
        return redirect("cms:lesson", enrollment=own.uuid, lesson=lesson)
    row = get_object_or_404(
        Lesson.objects.select_related("module").filter(is_live=True, module__courses=own.course),
        uuid=lesson,
    )
    services.complete_lesson(enrollment=own, lesson=row)
    [progress] = services.progress_of([own])
    for module in progress.modules:
        if module.module.pk != row.module_id:
            continue
        if module.state.lessons_complete and not module.state.is_complete:
            return redirect("courses:start_final", module=row.module.uuid)
        following = [one for one in module.lessons if one.order > row.order]
        if following:
            return redirect("cms:lesson", enrollment=own.uuid, lesson=following[0].uuid)
    return redirect("cms:continue", enrollment=own.uuid)


def _refusal(request: HttpRequest, module: Module) -> str | None:
    """Why the person cannot start the module's final assessment now; None when they can."""
    if services.is_proven_already(request.user, module):
        return _("You have passed this assessment already.")
    return refusal_to_start(module.final_assessment, request.user, at=now())


@login_required
@require_safe
def learn_module(request: HttpRequest, module: UUID) -> HttpResponse:
    """From a plan to the module's first open lesson, or to the course to enroll in for it."""
    row = get_object_or_404(Module, uuid=module, is_live=True)
    enrollment = (
        Enrollment.objects.active()
        .filter(learner=request.user, course__modules=row)
        .order_by("enrolled_at")
        .first()
    )
    if enrollment is None:
        course = Course.objects.filter(modules=row, is_live=True).order_by("pk").first()
        if course is None:
            raise NotFound(_("No course offers this module now."))
        return redirect("cms:course", uuid=course.uuid)
    [progress] = services.progress_of([enrollment])
    mine = next((one for one in progress.modules if one.module.pk == row.pk), None)
    left = [one for one in mine.lessons if one.pk not in mine.done] if mine else []
    if left:
        return redirect("cms:lesson", enrollment=enrollment.uuid, lesson=left[0].uuid)
    return redirect("courses:start_final", module=row.uuid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start_final(request: HttpRequest, module: UUID) -> HttpResponse:
    """What the final assessment is like; starting it is a choice, made with a button."""
    row = get_object_or_404(
        Module.objects.select_related("final_assessment").filter(is_live=True), uuid=module
    )
    if row.final_assessment is None:
        raise NotFound(_("This module has no final assessment."))
    require_secure_browser(request, row.final_assessment)
    if request.method == "POST":
        attempt = services.start_final(learner=request.user, module=row)
        return redirect("assessments:question", uuid=attempt.uuid, number=1)
    under_way = services.final_under_way(request.user, row)
    assessment = version_for(row.final_assessment, request.user)
    lessons = row.lessons.filter(is_live=True)
    done = lessons.filter(progress__learner=request.user, progress__completed_at__isnull=False)
    return render(
        request,
        "courses/start_final.html",
        {
            "module": row,
            "assessment": assessment,
            "count": question_count(assessment),
            "adapts": assessment.sections.filter(rule=Section.Rule.ADAPTIVE).exists(),
            "attempts": Attempt.objects.filter(
                assessment__in=forms_of(row.final_assessment),
                learner=request.user,
            ).exclude(status=Attempt.Status.IN_PROGRESS),
            "under_way": under_way,
            "refusal": None if under_way else _refusal(request, row),
            "lessons_left": lessons.count() - done.distinct().count(),
            **time_allowed(row.final_assessment, request.user),
            "home": reverse("portal:home"),
        },
    )
