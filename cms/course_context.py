"""What a course page shows beside its words.

A course page is the page most asked for, so what is the same for everyone (the page, its outline,
what it teaches) is put together once and kept in the cache, and only the person's own progress is
asked of the database: three queries beside those of the session and its person.
"""

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from academy.competencies.models import ProficiencyLevel
from academy.core.clock import now
from cms.models import CoursePage
from courses.models import Course, CourseModule, Enrollment, Lesson, Module, ModuleCompetency
from courses.services import Outline, progress_within, still_valid

#: A page that was moved answers at its old address for so long.
KEPT_SECONDS = 60


@dataclass(frozen=True)
class Taught:
    """A competency the course teaches, and up to which level."""

    competency: object
    level: int
    band_title: object


@dataclass(frozen=True)
class Sheet:
    """A published course page and all about it that is the same for everyone. Kept in the cache."""

    page: CoursePage
    course: Course | None
    outline: Outline
    taught: list[Taught]
    picture: str
    language_urls: dict[str, str]

    @property
    def minutes(self) -> int:
        return sum(module.minutes for module, _lessons in self.outline)


def _key(path: str) -> str:
    return f"cms:course:1:{path}"


def kept_sheet(path: str) -> Sheet | None:
    """The course page at the path, if it is in the cache."""
    return cache.get(_key(path))


def keep_sheet(path: str, sheet: Sheet) -> None:
    cache.set(_key(path), sheet, KEPT_SECONDS)


def forget_sheets() -> None:
    """Something that course pages show was published: make them anew."""
    cache.delete_many([_key(page.get_url() or "") for page in CoursePage.objects.all()])


def make_sheet(page: CoursePage) -> Sheet:
    course = Course.objects.filter(uuid=page.translation_key).first()
    outline = _outline(course) if course else []
    translations = page.get_translations(inclusive=True).live().select_related("locale")
    return Sheet(
        page=page,
        course=course,
        outline=outline,
        taught=_taught([module.pk for module, _lessons in outline]),
        picture=page.image.get_rendition("width-640").url if page.image else "",
        language_urls={one.locale.language_code: one.get_url() for one in translations},
    )


def course_context(sheet: Sheet, request: HttpRequest) -> dict:
    """The template's context: the sheet, and the person's own progress."""
    enrollment, progress = None, None
    if sheet.course is not None and request.user.is_authenticated:
        enrollment = (
            Enrollment.objects.filter(learner=request.user, course=sheet.course)
            .exclude(status=Enrollment.Status.WITHDRAWN)
            .order_by("status", "-enrolled_at")
            .first()
        )
    if enrollment is not None:
        enrollment.course = sheet.course
        progress = progress_within(enrollment, sheet.outline)
        modules = [(one.module, one.lessons, one) for one in progress.modules]
    else:
        modules = [(module, lessons, None) for module, lessons in sheet.outline]
    return {
        "course": sheet.course,
        "modules": modules,
        "minutes": sheet.minutes,
        "taught": sheet.taught,
        "picture": sheet.picture,
        "language_urls": sheet.language_urls,
        "enrollment": enrollment,
        "progress": progress,
        "may_renew": bool(
            enrollment
            and enrollment.status == Enrollment.Status.COMPLETED
            and not still_valid(enrollment, at=now())
        ),
    }


def _outline(course: Course) -> Outline:
    rows = CourseModule.objects.filter(course=course, module__is_live=True).select_related("module")
    modules: list[Module] = [row.module for row in rows]
    lessons: dict[int, list[Lesson]] = {}
    for lesson in Lesson.objects.filter(module__in=modules, is_live=True):
        lessons.setdefault(lesson.module_id, []).append(lesson)
    return [(module, lessons.get(module.pk, [])) for module in modules]


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
