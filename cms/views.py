"""The lesson player: words from the pages, progress from the enrollment."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.views import serve as wagtail_serve

from academy.core.errors import NotFound
from cms.checks import Outcome, definition_of, find_check, read_answer, response_of
from cms.context_processors import current_brand
from cms.course_context import course_context, kept_sheet
from cms.models import CataloguePage, CoursePage, LessonPage, PlainPage
from courses.models import Enrollment, Lesson, Module
from courses.services import CourseProgress, ModuleProgress, answer_check, open_lesson, progress_of


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def brand_css(request: HttpRequest) -> HttpResponse:
    """The academy's own colours. The address changes when they do."""
    brand = current_brand()
    css = f":root{{--brand-primary:{brand.primary};--brand-accent:{brand.accent}}}\n"
    return HttpResponse(css, content_type="text/css")


def page_in_language(model, translation_key: UUID, language: str | None = None):
    """The live page in the language, or in another where it is not translated; None without any."""
    language = language or get_language()
    return (
        model.objects.live()
        .filter(translation_key=translation_key)
        .select_related("locale")
        .annotate(
            preference=Case(
                When(locale__language_code=language, then=Value(0)),
                default=Value(1),
                output_field=IntegerField(),
            )
        )
        .order_by("preference", "pk")
        .first()
    )


def _own_enrollment(request: HttpRequest, uuid: UUID) -> Enrollment:
    return get_object_or_404(
        Enrollment.objects.select_related("course", "last_lesson", "learner"),
        uuid=uuid,
        learner=request.user,
    )


def _neighbours(progress: CourseProgress, lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """The lessons before and after, across the modules of the course."""
    order = [one for module in progress.modules for one in module.lessons]
    position = next(index for index, one in enumerate(order) if one.pk == lesson.pk)
    before = order[position - 1] if position > 0 else None
    after = order[position + 1] if position + 1 < len(order) else None
    return before, after


def _lesson_in(progress: CourseProgress, lesson: UUID) -> tuple[ModuleProgress, Lesson, LessonPage]:
    """The lesson with its module and its words, or NotFound when the course has it no more."""
    for module in progress.modules:
        for row in module.lessons:
            if row.uuid == lesson and (page := page_in_language(LessonPage, lesson)):
                row.module = module.module
                return module, row, page
    raise NotFound(_("This lesson is not part of your course any more."))


def _outcome(request: HttpRequest, page: LessonPage) -> Outcome | None:
    """The answer to a check that the address carries, worked out again from the page."""
    try:
        check = UUID(request.GET.get("check", ""))
    except ValueError:
        return None
    question = find_check(page, check)
    return read_answer(check, question, request.GET) if question else None


@login_required
@require_safe
@never_cache
def lesson(request: HttpRequest, enrollment: UUID, lesson: UUID) -> HttpResponse:
    """One lesson, with the outline of its course beside it."""
    own = _own_enrollment(request, enrollment)
    [progress] = progress_of([own])
    module, row, page = _lesson_in(progress, lesson)
    open_lesson(enrollment=own, lesson=row)
    before, after = _neighbours(progress, row)
    return render(
        request,
        "cms/lesson.html",
        {
            "page": page,
            "lesson": row,
            "module": module,
            "enrollment": own,
            "progress": progress,
            "before": before,
            "after": after,
            "is_done": row.pk in module.done,
            "is_translated": page.locale.language_code == get_language(),
            "outcome": _outcome(request, page),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, enrollment: UUID, lesson: UUID, check: UUID) -> HttpResponse:
    """Answer a knowledge check. It counts for nothing; the record keeps that it was answered.

    The answer goes back to the lesson in the address, so that reloading shows it again and records
    nothing. `token` is the statement's id: a form sent twice is recorded once.
    """
    own = _own_enrollment(request, enrollment)
    [progress] = progress_of([own])
    _module, row, page = _lesson_in(progress, lesson)
    address = reverse("cms:lesson", kwargs={"enrollment": own.uuid, "lesson": row.uuid})
    if request.method != "POST":  # back from signing in again
        return redirect(f"{address}#check-{check}")
    question = find_check(page, check)
    if question is None:
        raise NotFound(
            _("This question is not part of the lesson any more. Open the lesson again.")
        )
    outcome = read_answer(check, question, request.POST)
    if not outcome.error:
        answer_check(
            enrollment=own,
            lesson=row,
            check=check,
            definition=definition_of(question, page.locale.language_code),
            response=response_of(question, outcome),
            is_right=outcome.is_right,
            token=_uuid_or_new(request.POST.get("token", "")),
        )
    words = urlencode({"check": check, "answer": outcome.given}, doseq=True)
    return redirect(f"{address}?{words}#check-{check}")


def _uuid_or_new(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


@login_required
@require_safe
def continue_course(request: HttpRequest, enrollment: UUID) -> HttpResponse:
    """Where the learner left off, on any device; the course's page when nothing is left to read."""
    own = _own_enrollment(request, enrollment)
    [progress] = progress_of([own])
    lessons = {one.pk: one for module in progress.modules for one in module.lessons}
    target = progress.next_lesson
    last = lessons.get(own.last_lesson_id)
    done = progress.modules[0].done if progress.modules else frozenset()
    if last is not None and last.pk not in done:
        target = last
    if target is not None:
        return redirect("cms:lesson", enrollment=own.uuid, lesson=target.uuid)
    page = page_in_language(CoursePage, own.course.uuid)
    return redirect(page.get_url(request) if page else "portal:home")


@login_required
@require_safe
def lesson_any(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A lesson's own address: open it in the enrollment it is taken in, or show its course."""
    row = get_object_or_404(Lesson.objects.select_related("module"), uuid=uuid, is_live=True)
    own = (
        Enrollment.objects.filter(learner=request.user, course__modules=row.module)
        .exclude(status=Enrollment.Status.WITHDRAWN)
        .order_by("status", "-enrolled_at")
        .first()
    )
    if own is not None:
        return redirect("cms:lesson", enrollment=own.uuid, lesson=row.uuid)
    course = row.module.courses.filter(is_live=True).first()
    page = page_in_language(CoursePage, course.uuid) if course else None
    if page is None:
        raise NotFound(_("No course offers this lesson now."))
    return redirect(page.get_url(request))


@login_required
@require_safe
def booklet(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """All lessons of a module on one page, for paper. For people enrolled in a course that has it."""
    module = get_object_or_404(Module, uuid=uuid, is_live=True)
    enrolled = Enrollment.objects.filter(learner=request.user, course__modules=module).exclude(
        status=Enrollment.Status.WITHDRAWN
    )
    if not enrolled.exists():
        raise NotFound(_("Enrol in a course that has this module to print its booklet."))
    keys = list(module.lessons.filter(is_live=True).values_list("uuid", flat=True))
    by_key: dict[UUID, LessonPage] = {}
    for page in LessonPage.objects.live().filter(translation_key__in=keys).select_related("locale"):
        if page.translation_key not in by_key or page.locale.language_code == get_language():
            by_key[page.translation_key] = page
    pages = [by_key[key] for key in keys if key in by_key]
    return render(request, "cms/booklet.html", {"module": module, "pages": pages})


def _first_page(request: HttpRequest, queryset) -> HttpResponse:
    """Lead to a page in the person's language, found by what it is in any language."""
    found = queryset.live().first()
    page = page_in_language(type(found), found.translation_key) if found else None
    if page is None:
        raise NotFound(_("This page has not been written yet."))
    return redirect(page.get_url(request))


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    return _first_page(request, CataloguePage.objects.all())


@require_safe
def plain_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of text by the name it was first given, whatever its name is in this language."""
    return _first_page(request, PlainPage.objects.filter(slug=slug))


@require_safe
def course(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A course by what it is, in the person's language."""
    page = page_in_language(CoursePage, uuid)
    if page is None:
        raise NotFound(_("This course is no longer offered."))
    return redirect(page.get_url(request))


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Wagtail's pages; a course page that is in the cache without asking Wagtail where it is."""
    sheet = kept_sheet(request.path) if request.method in ("GET", "HEAD") else None
    if sheet is None:
        return wagtail_serve(request, path)
    context = {"page": sheet.page, "self": sheet.page, **course_context(sheet, request)}
    return render(request, sheet.page.template, context)
