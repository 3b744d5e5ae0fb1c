"""The signed-in person's own pages: what is next, the plan, the record, the settings."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, translate_url
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from academy.competencies.models import ProficiencyLevel
from academy.competencies.services import asked_of, known_levels
from academy.core.clock import now, today
from academy.core.errors import NotFound
from academy.people.models import Position, User
from academy.portal.contest import grounds_of, result_rows
from academy.portal.forms import DeferForm, SettingsForm
from assessments.corrections import corrected_lately, corrections_of
from assessments.models import Assessment, Attempt
from assessments.placement import (
    latest_placement,
    open_placement,
    placed_competencies,
    with_reviews,
)
from assessments.spot_checks import next_spot_check
from courses import plans
from courses.models import Enrollment, LearningPlan, Module, PlanItem
from courses.services import CourseProgress, finals_being_marked, progress_of
from credentials.models import Credential
from credentials.services import standing_of


@dataclass(frozen=True)
class NextThing:
    """The one thing to do next: a sentence, a button and where it leads."""

    title: str
    text: str
    action: str
    url: str


def _unsettled(learner: User) -> list[Attempt]:
    """The attempts that are under way or being marked: what is due first, first. One query."""
    return list(
        Attempt.objects.filter(learner=learner)
        .exclude(status=Attempt.Status.GRADED)
        .select_related("assessment")
        .order_by("mark_by", "-started_at", "-pk")
    )


def next_thing(
    learner: User,
    attempt: Attempt | None,
    progress: list[CourseProgress],
    items: list[PlanItem],
) -> NextThing | None:
    """What is under way comes before what is planned; a placement before any of it."""
    if attempt is not None:
        placement = attempt.assessment.kind == Assessment.Kind.PLACEMENT
        url = (
            reverse("assessments:placement_item", args=[attempt.uuid])
            if placement
            else reverse("assessments:review", args=[attempt.uuid])
        )
        text = _("You have started it. Your answers so far are saved.")
        return NextThing(str(attempt.assessment.title), text, _("Go on"), url)
    if latest_placement(learner) is None and open_placement() is not None:
        return NextThing(
            _("Find out where you stand"),
            _("A short placement shows what you can already do, so that you learn only the rest."),
            _("Start the placement"),
            reverse("assessments:placement_intro"),
        )
    for one in progress:
        final = one.next_final
        if final is not None:
            return NextThing(
                str(final.title),
                _("You have done the lessons. The final assessment is next."),
                _("Go to the final assessment"),
                reverse("courses:start_final", args=[final.uuid]),
            )
        if one.next_lesson is not None:
            return NextThing(
                str(one.next_lesson.title),
                _("Next lesson in “%(course)s”.") % {"course": one.enrollment.course.title},
                _("Continue"),
                reverse("cms:continue", args=[one.enrollment.uuid]),
            )
    for item in items:
        if item.state == PlanItem.State.TO_DO:
            return NextThing(
                str(item.module.title),
                _("First on your plan."),
                _("See my plan"),
                reverse("portal:plan"),
            )
    return None


def _active_progress(learner: User) -> list[CourseProgress]:
    enrollments = list(
        Enrollment.objects.active()
        .filter(learner=learner)
        .select_related("course")
        .order_by("-last_seen_at", "-enrolled_at")
    )
    return progress_of(enrollments)


def _plan_items(learner: User) -> list[PlanItem]:
    return list(PlanItem.objects.filter(learner=learner).select_related("module"))


@login_required
@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """My learning: one thing to do next, then what is due, under way and earned."""
    progress = _active_progress(request.user)
    items = _plan_items(request.user)
    open_items = [item for item in items if item.is_open]
    unsettled = _unsettled(request.user)
    running = Attempt.Status.IN_PROGRESS
    under_way = next((one for one in unsettled if one.status == running), None)
    due = sorted((item for item in open_items if item.due_on), key=lambda item: item.due_on)[:4]
    return render(
        request,
        "portal/home.html",
        {
            "next": next_thing(request.user, under_way, progress, items),
            "progress": progress,
            "being_marked": [one for one in unsettled if one.status == Attempt.Status.MARKING],
            "due": due,
            "open_items": open_items,
            "minutes_left": sum(item.module.minutes for item in open_items),
            "credentials": _credentials(request.user)[:3],
            "today": today(),
            "has_plan": bool(items),
            "corrected": corrected_lately(request.user, at=now()),
            "quick_question": next_spot_check(request.user),
        },
    )


# --- The plan -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GapRow:
    """One competency asked for: the level asked, what is held, what was placed."""

    competency: object
    asked: int
    asked_band: object
    held: int
    placed: int
    placed_band: object
    from_baseline: bool

    @property
    def is_met(self) -> bool:
        return self.held >= self.asked


def _bands() -> dict[tuple[int, int], object]:
    return {
        (level.framework_id, level.number): level.band_title
        for level in ProficiencyLevel.objects.all()
    }


def gap_of(learner: User, position: Position | None = None) -> list[GapRow]:
    """What is asked of the person (or would be, in another position) against what is known."""
    known = known_levels(learner)
    bands = _bands()
    rows = []
    for one in asked_of(learner, position=position):
        levels = known.get(one.competency.pk)
        framework = one.competency.framework_id
        rows.append(
            GapRow(
                competency=one.competency,
                asked=one.level,
                asked_band=bands[framework, one.level],
                held=levels.held if levels else 0,
                placed=levels.placed if levels else 0,
                placed_band=bands.get((framework, levels.placed)) if levels else None,
                from_baseline=one.from_baseline,
            )
        )
    return rows


@login_required
@require_safe
@never_cache
def plan(request: HttpRequest) -> HttpResponse:
    """What is asked, what is held, and the modules between the two."""
    row = LearningPlan.objects.filter(learner=request.user).select_related("position").first()
    if row is None or row.is_owed(today()):
        row = plans.renew_plan(request.user)  # the first time, and sooner than the sweep
    items = _plan_items(request.user)
    open_items = [item for item in items if item.is_open]
    grounds = grounds_of([item for item in items if item.skip_grounds])
    for item in items:
        item.grounds = grounds.get(item.pk, [])
    positions = list(Position.objects.all())
    other = next(
        (one for one in positions if str(one.uuid) == request.GET.get("position", "")), None
    )
    return render(
        request,
        "portal/plan.html",
        {
            "plan": row,
            "gap": gap_of(request.user),
            "items": items,
            "being_marked": finals_being_marked(request.user.pk),
            "open_items": open_items,
            "minutes_left": sum(item.module.minutes for item in open_items),
            "latest": latest_placement(request.user),
            "placement": open_placement(),
            "addable": Module.objects.filter(is_live=True, courses__is_live=True)
            .exclude(pk__in=[item.module_id for item in items])
            .distinct(),
            "positions": positions,
            "other": other,
            "other_gap": gap_of(request.user, other) if other else [],
            "today": today(),
        },
    )


def _own_item(request: HttpRequest, uuid: UUID) -> PlanItem:
    return get_object_or_404(
        PlanItem.objects.select_related("module", "learner"), uuid=uuid, learner=request.user
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        plans.renew_plan(request.user)
        messages.success(request, _("Your plan is up to date."))
    return redirect("portal:plan")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def skip(request: HttpRequest, uuid: UUID) -> HttpResponse:
    item = _own_item(request, uuid)
    if request.method != "POST":
        return redirect("portal:plan")
    plans.accept_skip(item=item)
    messages.success(request, _("“%(module)s” is off your list.") % {"module": item.module.title})
    return redirect("portal:plan")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unskip(request: HttpRequest, uuid: UUID) -> HttpResponse:
    item = _own_item(request, uuid)
    if request.method == "POST":
        plans.undo_skip(item=item)
    return redirect("portal:plan")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def defer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    item = _own_item(request, uuid)
    form = DeferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        plans.defer(item=item, until=form.cleaned_data["until"])
        messages.success(request, _("Planned for later. The due date stays the same."))
        return redirect("portal:plan")
    return render(request, "portal/defer.html", {"item": item, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("portal:plan")
    try:
        uuid = UUID(request.POST.get("module", ""))
    except ValueError as error:
        raise NotFound(_("Choose a module from the list.")) from error
    module = get_object_or_404(Module, uuid=uuid, is_live=True)
    plans.add_to_plan(learner=request.user, module=module)
    messages.success(request, _("“%(module)s” is on your plan.") % {"module": module.title})
    return redirect("portal:plan")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    item = _own_item(request, uuid)
    if request.method == "POST":
        plans.remove_from_plan(item=item)
    return redirect("portal:plan")


# --- Placement result -----------------------------------------------------------------------------


@login_required
@require_safe
@never_cache
def placement_result(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What the placement shows, how sure it is, and what it lets the person skip."""
    attempt = get_object_or_404(
        with_reviews(Attempt.objects.select_related("assessment")), uuid=uuid, learner=request.user
    )
    if not attempt.is_placement:
        raise NotFound(_("There is no such placement."))
    if attempt.status != Attempt.Status.GRADED:
        return redirect("assessments:placement_item", uuid=attempt.uuid)
    if attempt.is_second_form:
        return redirect("portal:placement_result", uuid=attempt.pinned["second_form_of"])
    asked = {one.competency.pk: one.level for one in asked_of(request.user)}
    placed = placed_competencies(attempt)
    required = {
        one.competency.pk: one.band_of[asked[one.competency.pk]]
        for one in placed
        if asked.get(one.competency.pk)
    }
    latest = latest_placement(request.user)
    items = _plan_items(request.user)
    mine = [item for item in items if item.skip_attempt == attempt.uuid]
    grounds = grounds_of(mine, placed)
    for item in mine:
        item.grounds = grounds[item.pk]
    excused = PlanItem.SkippedBy.PLACEMENT
    return render(
        request,
        "portal/placement_result.html",
        {
            "attempt": attempt,
            "corrections": corrections_of(attempt),
            "rows": result_rows(attempt, placed, required, is_latest=attempt == latest),
            "calibrated": all(one.calibrated for one in placed),
            "skippable": [item for item in mine if item.state == PlanItem.State.SKIP_OFFERED],
            "excused": [
                item
                for item in mine
                if item.state == PlanItem.State.SKIPPED and item.skipped_by == excused
            ],
            "to_do": [item for item in items if item.state == PlanItem.State.TO_DO],
            "answered": int(attempt.score_max or 0),
            "now": now(),
        },
    )


# --- Credentials ---------------------------------------------------------------------------------


def _credentials(learner: User) -> list[Credential]:
    rows = list(Credential.objects.filter(learner=learner).select_related("course", "revocation"))
    for row in rows:
        row.standing = standing_of(row)
    return rows


@login_required
@require_safe
@never_cache
def credentials(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/credentials.html", {"credentials": _credentials(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """My settings. Choosing a language leads to this page in that language."""
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        person = form.save()
        with override(person.language):
            messages.success(request, _("Your settings are saved."))
            url = reverse("portal:settings")
        response = redirect(translate_url(url, person.language))
        response.set_cookie(
            django_settings.LANGUAGE_COOKIE_NAME,
            person.language,
            max_age=django_settings.LANGUAGE_COOKIE_AGE,
            samesite=django_settings.LANGUAGE_COOKIE_SAMESITE,
        )
        return response
    return render(request, "portal/settings.html", {"form": form})
