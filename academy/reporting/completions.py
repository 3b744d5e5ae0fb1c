"""Courses completed: how many, where, and by whom.

Counted are completions, which are events: a person who completes a course twice counts twice. Each
belongs to the unit the person was in when the enrolment began (`Enrollment.unit`), whatever unit
they are in now.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from academy.core.errors import AcademyError
from academy.core.fields import Localized
from academy.people.models import OrgUnit, User
from academy.people.visibility import Data, visible_people
from academy.reporting.organisation import Branches, only_root
from courses.models import Course, CourseModule, Enrollment, ModuleCompletion
from credentials.models import Credential
from credentials.services import Standing, standing_of

LEARNED, DIRECT = ModuleCompletion.Route.LEARNED, ModuleCompletion.Route.DIRECT


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def completed(
    unit: OrgUnit | None = None,
    course: Course | None = None,
    since: date | None = None,
    until: date | None = None,
):
    """Completed enrolments of the period, both days included, in the unit and all below it."""
    rows = Enrollment.objects.completed()
    if unit is not None:
        rows = rows.filter(unit__path__startswith=unit.path)
    if course is not None:
        rows = rows.filter(course=course)
    if since is not None:
        rows = rows.filter(completed_at__gte=_start_of(since))
    if until is not None:
        rows = rows.filter(completed_at__lt=_start_of(until + timedelta(days=1)))
    return rows


# --- The figures ----------------------------------------------------------------------------------


@dataclass
class CompletionRow:
    """Completions by course: of a unit with all below it; of the unit itself (`is_direct`; without a
    unit, of people who were in none); or in total."""

    unit: OrgUnit | None
    is_direct: bool = False
    is_total: bool = False
    cells: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def count(self) -> int:
        return sum(self.cells.values())


@dataclass(frozen=True)
class Completions:
    """Rows add up to `total`."""

    unit: OrgUnit | None
    since: date | None
    until: date | None
    courses: list[Course]
    rows: list[CompletionRow]
    total: CompletionRow


def completions(
    unit: OrgUnit | None = None,
    course: Course | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Completions:
    """Completions of the period by unit and by course. Four queries, whatever the size.

    Without a unit, all are counted, those of people who were in no unit in a row of their own; when
    the tree has one root, its children are listed.
    """
    branches = Branches.of(unit or only_root())
    total = CompletionRow(unit, is_total=True)
    direct = CompletionRow(branches.unit, is_direct=True)
    nowhere = CompletionRow(None, is_direct=True)
    rows = {child.code: CompletionRow(child) for child in branches.children}
    counted = (
        completed(unit, course, since, until)
        .order_by()
        .values_list("unit__path", "course_id")
        .annotate(count=Count("pk"))
    )
    for path, course_id, count in counted:
        row = rows.get(branches.code_for(path), direct) if path else nowhere
        row.cells[course_id] += count
        total.cells[course_id] += count
    shown = Q(pk__in=list(total.cells)) | Q(is_live=True)
    courses = Course.objects.filter(pk=course.pk) if course else Course.objects.filter(shown)
    listed = [one for one in (direct, *rows.values(), nowhere) if one.count or not one.is_direct]
    return Completions(unit, since, until, list(courses), listed, total)


# --- The list behind them -------------------------------------------------------------------------


@dataclass(frozen=True)
class Completion:
    """One completed enrolment. `score` is the mean of the final assessments, 0 to 1."""

    enrollment: int
    person: int
    uuid: UUID
    name: str
    unit: Localized | None
    course: Localized
    course_id: int
    enrolled_at: datetime
    completed_at: datetime
    route: str
    score: float | None
    credential: Credential | None
    standing: str

    @property
    def route_label(self) -> str:
        return ROUTES[self.route]

    @property
    def standing_label(self) -> str:
        return STANDINGS[self.standing]


ROUTES = {
    LEARNED: LEARNED.label,
    DIRECT: DIRECT.label,
    "mixed": _("some modules by final assessment only"),
    "lessons": _("lessons"),
}
REFUSED = "refused"
STANDINGS = {
    Standing.VALID: _("valid"),
    Standing.PENDING: _("being prepared"),
    Standing.EXPIRED: _("expired"),
    Standing.REVOKED: _("revoked"),
    REFUSED: _("could not be made"),
    "": _("none"),
}


def credential_standing(credential: Credential | None) -> str:
    """The standing as verifiers see it, except that HR is told when a document could not be made."""
    if credential is None:
        return ""
    standing = standing_of(credential)
    if standing == Standing.PENDING and credential.state == Credential.State.REFUSED:
        return REFUSED
    return standing


@dataclass(frozen=True)
class Cursor:
    """Where a page of the list ends: the list goes from the latest completion back in time."""

    completed_at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.completed_at.timestamp():.6f}-{self.pk}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises `AcademyError` when the text is none of ours."""
        try:
            seconds, pk = text.split("-")
            whole, _dot, micros = seconds.partition(".")
            instant = datetime.fromtimestamp(int(whole), tz=timezone.get_default_timezone())
            return cls(instant + timedelta(microseconds=int(micros or 0)), int(pk))
        except (ValueError, OverflowError, OSError) as error:
            raise AcademyError(gettext("This page of the list does not exist.")) from error


@dataclass(frozen=True)
class CompletionPage:
    rows: list[Completion]
    older: Cursor | None


def completion_list(
    unit: OrgUnit | None = None,
    course: Course | None = None,
    since: date | None = None,
    until: date | None = None,
    *,
    viewer: User,
    older_than: Cursor | None = None,
    size: int = 50,
    only_direct: bool = False,
    learner: User | None = None,
) -> CompletionPage:
    """A page of the completions that `completions` counts, the latest first. Three queries.

    only_direct: those of the unit itself (or, without a unit, of no unit at all).
    """
    rows = completed(unit, course, since, until).filter(
        learner__in=visible_people(viewer, Data.LEVELS).values("pk")
    )
    if only_direct:
        rows = rows.filter(unit=unit)
    if learner is not None:
        rows = rows.filter(learner=learner)
    if older_than is not None:
        rows = rows.filter(
            Q(completed_at__lt=older_than.completed_at)
            | Q(completed_at=older_than.completed_at, pk__lt=older_than.pk)
        )
    page = list(
        rows.order_by("-completed_at", "-pk").select_related(
            "learner", "course", "unit", "credential__revocation"
        )[: size + 1]
    )
    more, page = len(page) > size, page[:size]
    return CompletionPage(
        rows=_with_evidence(page),
        older=Cursor(page[-1].completed_at, page[-1].pk) if more else None,
    )


def all_completions(*args, viewer: User, size: int = 2000, **kwargs) -> Iterator[Completion]:
    """Every row of the list, page by page, so that an export needs no more memory than a page."""
    cursor = None
    while True:
        page = completion_list(*args, viewer=viewer, older_than=cursor, size=size, **kwargs)
        yield from page.rows
        if page.older is None:
            return
        cursor = page.older


def _with_evidence(enrollments: list[Enrollment]) -> list[Completion]:
    """How each was completed: of each module of its course, the proof that counted then."""
    if not enrollments:
        return []
    modules: dict[int, set[int]] = defaultdict(set)
    for course, module in CourseModule.objects.filter(
        course__in={one.course_id for one in enrollments}
    ).values_list("course_id", "module_id"):
        modules[course].add(module)
    proofs: dict[int, list[tuple]] = defaultdict(list)
    for learner, *proof in (
        ModuleCompletion.objects.filter(learner__in={one.learner_id for one in enrollments})
        .order_by("completed_at", "id")
        .values_list("learner_id", "module_id", "completed_at", "valid_to", "route", "score")
    ):
        proofs[learner].append(proof)
    rows = []
    for one in enrollments:
        counted = {
            module: (route, score)
            for module, proven_at, valid_to, route, score in proofs[one.learner_id]
            if module in modules[one.course_id]
            and proven_at <= one.completed_at
            and (valid_to is None or valid_to > one.completed_at)
        }
        routes = {route for route, _score in counted.values()}
        scores = [score for _route, score in counted.values()]
        credential = getattr(one, "credential", None)
        rows.append(
            Completion(
                enrollment=one.pk,
                person=one.learner_id,
                uuid=one.learner.uuid,
                name=str(one.learner),
                unit=one.unit.name if one.unit else None,
                course=one.course.title,
                course_id=one.course_id,
                enrolled_at=one.enrolled_at,
                completed_at=one.completed_at,
                route="lessons" if not routes else "mixed" if len(routes) > 1 else routes.pop(),
                score=sum(scores) / len(scores) if scores else None,
                credential=credential,
                standing=credential_standing(credential),
            )
        )
    return rows
