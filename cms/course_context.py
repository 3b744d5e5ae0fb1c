"""What a course page shows beside its words. At most six queries in all, signed in or not."""

from dataclasses import dataclass

from django.http import HttpRequest

from academy.competencies.models import ProficiencyLevel
from cms.models import CoursePage
from courses.models import Course, CourseModule, Enrollment, Lesson, ModuleCompetency
from courses.services import progress_of


@dataclass(frozen=True)
class Taught:
    """A competency the course teaches, and up to which level."""

    competency: object
    level: int
    band_title: object


def course_context(page: CoursePage, request: HttpRequest) -> dict:
    course = Course.objects.filter(uuid=page.translation_key).first()
    if course is None:  # a preview before the first publication
        return {"course": None, "modules": [], "taught": [], "enrollment": None, "progress": None}
    enrollment = None
    if request.user.is_authenticated:
        enrollment = (
            Enrollment.objects.filter(learner=request.user, course=course)
            .exclude(status=Enrollment.Status.WITHDRAWN)
            .order_by("status", "-enrolled_at")
            .first()
        )
    if enrollment is not None:
        enrollment.course = course
        [progress] = progress_of([enrollment])
        modules = [(one.module, one.lessons, one) for one in progress.modules]
    else:
        progress, modules = None, _outline(course)
    return {
        "course": course,
        "modules": modules,
        "minutes": sum(module.minutes for module, _lessons, _progress in modules),
        "taught": _taught([module.pk for module, _lessons, _progress in modules]),
        "enrollment": enrollment,
        "progress": progress,
    }


def _outline(course: Course) -> list[tuple]:
    rows = CourseModule.objects.filter(course=course, module__is_live=True).select_related("module")
    modules = [row.module for row in rows]
    lessons: dict[int, list[Lesson]] = {}
    for lesson in Lesson.objects.filter(module__in=modules, is_live=True):
        lessons.setdefault(lesson.module_id, []).append(lesson)
    return [(module, lessons.get(module.pk, []), None) for module in modules]


def _taught(modules: list[int]) -> list[Taught]:
    highest: dict[int, ModuleCompetency] = {}
    for row in ModuleCompetency.objects.filter(module__in=modules).select_related(
        "competency__framework"
    ):
        before = highest.get(row.competency_id)
        if before is None or row.level > before.level:
            highest[row.competency_id] = row
    bands = {
        (level.framework_id, level.number): level.band_title
        for level in ProficiencyLevel.objects.filter(
            framework__in={row.competency.framework_id for row in highest.values()}
        )
    }
    return [
        Taught(row.competency, row.level, bands.get((row.competency.framework_id, row.level), ""))
        for row in sorted(
            highest.values(), key=lambda row: (row.competency.framework_id, row.competency.order)
        )
    ]
