"""Enrolling, learning, proving, completing, and keeping the outline in step with the pages."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog
from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from academy.competencies.models import Competency, CompetencyRecord
from academy.competencies.services import record_competency
from academy.core.clock import now, today
from academy.core.errors import AcademyError, Conflict, NotFound
from academy.people.models import Membership, User
from academy.people.services import lock_person
from assessments.models import Assessment, Attempt, Regrade
from assessments.services import start_attempt
from courses import statements
from courses.completion import ModuleState, course_is_complete, course_share, route_of
from courses.models import (
    Course,
    CourseModule,
    Enrollment,
    FinalAttempt,
    LearningPlan,
    Lesson,
    LessonProgress,
    LessonVersion,
    Module,
    ModuleCompetency,
    ModuleCompletion,
)
from courses.signals import completion_taken_back, course_completed

log = structlog.get_logger(__name__)

# --- The outline, kept in step with the pages -----------------------------------------------------


@dataclass(frozen=True)
class LessonOutline:
    """A lesson as its page in the source language says it is."""

    uuid: UUID
    title: str
    minutes: int
    content_hash: str


@transaction.atomic
def sync_lesson(
    *,
    module_uuid: UUID,
    lesson: LessonOutline,
    order: int,
    language: str,
    substantive: bool = False,
    at: datetime | None = None,
) -> Lesson:
    """Publish or update one lesson. Other content than before writes a new version; progress made
    on older versions stays as it is."""
    module = Module.objects.filter(uuid=module_uuid).first()
    if module is None:
        module = Module.objects.create(uuid=module_uuid, is_live=False)
    row, _created = Lesson.objects.get_or_create(uuid=lesson.uuid, defaults={"module": module})
    row.module = module
    row.title = {**row.title, language: lesson.title}
    row.minutes = lesson.minutes
    row.order = order
    row.is_live = True
    row.save()
    current = row.current_version
    if current is None or current.content_hash != lesson.content_hash:
        last = row.versions.aggregate(last=Max("number"))["last"] or 0
        row.current_version = LessonVersion.objects.create(
            lesson=row,
            number=last + 1,
            content_hash=lesson.content_hash,
            substantive=substantive,
            published_at=at or now(),
        )
        row.save(update_fields=["current_version"])
    return row


@transaction.atomic
def sync_module(
    *,
    uuid: UUID,
    title: str,
    language: str,
    minutes: int,
    final_assessment: Assessment | None,
    teaches: Sequence[tuple[Competency, int]],
) -> Module:
    """Publish or update a module: title in the language, what it teaches, how it is proven."""
    module, _created = Module.objects.get_or_create(uuid=uuid)
    module.title = {**module.title, language: title}
    module.minutes = minutes
    module.final_assessment = final_assessment
    module.is_live = True
    module.save()
    module.teaches.exclude(competency__in=[competency for competency, _level in teaches]).delete()
    for competency, level in teaches:
        ModuleCompetency.objects.update_or_create(
            module=module, competency=competency, defaults={"level": level}
        )
    return module


@transaction.atomic
def sync_course(
    *,
    uuid: UUID,
    title: str,
    outcome: str,
    language: str,
    validity_months: int | None,
    modules: Sequence[UUID],
) -> Course:
    """Publish or update a course: title in the language, and its modules in their order."""
    course, _created = Course.objects.get_or_create(uuid=uuid)
    course.title = {**course.title, language: title}
    course.outcome = {**course.outcome, language: outcome}
    course.validity_months = validity_months
    course.is_live = True
    course.save()
    rows = {module.uuid: module for module in Module.objects.filter(uuid__in=modules)}
    course.course_modules.exclude(module__uuid__in=modules).delete()
    for order, module_uuid in enumerate(modules):
        if module_uuid in rows:
            CourseModule.objects.update_or_create(
                course=course, module=rows[module_uuid], defaults={"order": order}
            )
    return course


def sync_title(*, model: type, uuid: UUID, language: str, title: str) -> None:
    """A translation was published: keep its title. The outline is the source language's alone."""
    row = model.objects.filter(uuid=uuid).first()
    if row is not None:
        row.title = {**row.title, language: title}
        row.save(update_fields=["title"])


def reorder_lessons(*, order: Sequence[UUID]) -> None:
    """The lessons of a module were put in another order."""
    for position, uuid in enumerate(order):
        Lesson.objects.filter(uuid=uuid).exclude(order=position).update(order=position)


def withdraw(*, model: type, uuid: UUID) -> None:
    """The page was unpublished or deleted: the row leaves the catalogue and keeps its history.

    Where it was all that was left to do, `complete_due` completes the course a little later: what
    was taken off by mistake can be put back before.
    """
    model.objects.filter(uuid=uuid).update(is_live=False)


# --- Enrolling and learning -----------------------------------------------------------------------


@transaction.atomic
def enroll(*, learner: User, course: Course, at: datetime | None = None) -> Enrollment:
    """Enroll, or return the enrollment that is active: a second click makes no second one.

    A course that was completed, and whose certificate has not run out, is not taken again: that
    enrollment is returned. Once it has run out a new one begins, in which the modules have to be
    proven anew; lessons done before stay done, so that renewing is shorter than the first time.
    """
    at = at or now()
    lock_person(learner)
    mine = Enrollment.objects.filter(learner=learner, course=course)
    active = mine.active().first()
    if active is not None:
        return active
    completed = mine.completed().order_by("-completed_at").first()
    if completed is not None and still_valid(completed, at=at):
        return completed
    if not course.is_live:
        raise NotFound(_("This course is no longer offered."))
    membership = Membership.objects.on(localdate(at)).primary().filter(person=learner).first()
    enrollment = Enrollment.objects.create(
        learner=learner,
        course=course,
        unit=membership.unit if membership else None,
        enrolled_at=at,
        counts_from=completed.completed_at if completed else None,
    )
    statements.enrolled(enrollment)
    # Modules proven before count at once: a course may be complete the moment it is begun.
    complete_course_if_due(enrollment, at=at)
    return enrollment


def still_valid(enrollment: Enrollment, *, at: datetime) -> bool:
    """Whether what a completed enrollment earned has not run out."""
    return enrollment.valid_to is None or at < enrollment.valid_to


def end_validity(*, enrollment: Enrollment, at: datetime) -> None:
    """What the enrollment earned was taken back: it runs out now, and the course may be taken again."""
    Enrollment.objects.completed().filter(pk=enrollment.pk).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    ).update(valid_to=at)


@transaction.atomic
def open_lesson(*, enrollment: Enrollment, lesson: Lesson, at: datetime | None = None) -> None:
    """Remember where the learner is, on every device; the first time also says so."""
    at = at or now()
    _progress, created = LessonProgress.objects.get_or_create(
        enrollment=enrollment,
        lesson=lesson,
        defaults={
            "learner_id": enrollment.learner_id,
            "version_id": lesson.current_version_id,
            "started_at": at,
        },
    )
    if created:
        statements.lesson_started(enrollment, lesson, at=at)
    if enrollment.status == Enrollment.Status.ACTIVE:
        Enrollment.objects.filter(pk=enrollment.pk).update(last_lesson=lesson, last_seen_at=at)


def channels_of(registrations: Iterable[UUID]) -> dict[UUID, str]:
    """The channel by which most lessons of each enrollment were done, where any was."""
    channels: dict[UUID, str] = {}
    wanted = list(registrations)
    for first in range(0, len(wanted), 1000):  # databases limit how many are asked for at once
        some = wanted[first : first + 1000]
        done = LessonProgress.objects.filter(enrollment__uuid__in=some, completed_at__isnull=False)
        counts = done.values_list("enrollment__uuid", "channel").annotate(lessons=Count("pk"))
        channels |= {
            registration: channel
            for registration, channel, _n in counts.order_by("lessons", "channel")
        }
    return channels


@transaction.atomic
def complete_lesson(
    *,
    enrollment: Enrollment,
    lesson: Lesson,
    channel: str = LessonProgress.Channel.ONLINE,
    at: datetime | None = None,
) -> bool:
    """Mark a lesson done, on the version that is current. Returns whether it was news.

    Done twice (double click, two tabs) it is recorded once, and one statement is written.
    """
    at = at or now()
    lock_person(enrollment.learner)  # two last lessons at once must see each other
    LessonProgress.objects.get_or_create(
        enrollment=enrollment,
        lesson=lesson,
        defaults={"learner_id": enrollment.learner_id, "started_at": at},
    )
    won = LessonProgress.objects.filter(
        enrollment=enrollment, lesson=lesson, completed_at__isnull=True
    ).update(completed_at=at, channel=channel, version_id=lesson.current_version_id)
    if not won:
        return False
    statements.lesson_completed(enrollment, lesson, at=at)
    if lesson.module.final_assessment_id is None:
        _complete_courses_with(lesson.module, learner=enrollment.learner_id, at=at)
    return True


@transaction.atomic
def answer_check(
    *,
    enrollment: Enrollment,
    lesson: Lesson,
    check: UUID,
    definition: dict[str, Any],
    response: str,
    is_right: bool,
    token: UUID,
) -> None:
    """Record that a knowledge check of a lesson was answered. It changes no progress.

    `check` is the question's own id, `definition` what xAPI says of it, `response` the answer in
    xAPI's notation. The same answer sent twice with one `token` is recorded once; another answer
    under a token that was used (the page was gone back to) is an answer of its own.
    """
    said = partial(
        statements.check_answered, enrollment, lesson, check, definition, response, is_right
    )
    try:
        with transaction.atomic():
            said(statement_id=token)
    except Conflict:
        said(statement_id=uuid4())


# --- Where a person is ----------------------------------------------------------------------------


@dataclass(frozen=True)
class ModuleProgress:
    """One module of a course for one person, ready to show."""

    module: Module
    lessons: list[Lesson]
    done: frozenset[int]
    completion: ModuleCompletion | None
    #: Its final assessment was handed in, and people are marking it.
    is_being_marked: bool = False

    @property
    def state(self) -> ModuleState:
        return ModuleState(
            lessons=len(self.lessons),
            lessons_done=len(self.done & {lesson.pk for lesson in self.lessons}),
            is_proven=self.completion is not None,
            has_final=self.module.final_assessment_id is not None,
        )


@dataclass(frozen=True)
class CourseProgress:
    """A course for one person. `share` is 0 to 1."""

    enrollment: Enrollment
    modules: list[ModuleProgress]

    @property
    def share(self) -> float:
        if self.enrollment.status == Enrollment.Status.COMPLETED:
            return 1.0
        return course_share(module.state for module in self.modules)

    @property
    def percent(self) -> int:
        return int(self.share * 100)

    @property
    def next_lesson(self) -> Lesson | None:
        """The first lesson not done, in a module not proven."""
        for module in self.modules:
            if not module.state.is_complete:
                for lesson in module.lessons:
                    if lesson.pk not in module.done:
                        return lesson
        return None

    @property
    def next_final(self) -> Module | None:
        """The first module whose lessons are done and whose final assessment is not passed, nor
        being marked."""
        for module in self.modules:
            state, waits = module.state, module.is_being_marked
            if state.has_final and state.lessons_complete and not state.is_complete and not waits:
                return module.module
        return None

    @property
    def being_marked(self) -> list[Module]:
        """The modules whose final assessment was handed in, and is being marked."""
        return [one.module for one in self.modules if one.is_being_marked]


#: A course's live modules in order, each with its live lessons in order.
Outline = list[tuple[Module, list[Lesson]]]


def outlines_of(courses: Iterable[int]) -> dict[int, Outline]:
    """By course id. Two queries."""
    rows = list(
        CourseModule.objects.filter(course__in=courses, module__is_live=True).select_related(
            "module__final_assessment"
        )
    )
    lessons: dict[int, list[Lesson]] = {}
    for lesson in Lesson.objects.filter(module__in={row.module_id for row in rows}, is_live=True):
        lessons.setdefault(lesson.module_id, []).append(lesson)
    outlines: dict[int, Outline] = {}
    for row in rows:
        outlines.setdefault(row.course_id, []).append((row.module, lessons.get(row.module_id, [])))
    return outlines


def progress_of(
    enrollments: Sequence[Enrollment], *, at: datetime | None = None
) -> list[CourseProgress]:
    """Where a person is in these enrollments (all theirs). Four queries, however many there are."""
    if not enrollments:
        return []
    outlines = outlines_of({enrollment.course_id for enrollment in enrollments})
    return _progress(enrollments, outlines, at or now())


def progress_within(
    enrollment: Enrollment, outline: Outline, *, at: datetime | None = None
) -> CourseProgress:
    """Where a person is in one enrollment whose course's outline is at hand. Two queries."""
    [progress] = _progress([enrollment], {enrollment.course_id: outline}, at or now())
    return progress


def _progress(
    enrollments: Sequence[Enrollment], outlines: dict[int, Outline], at: datetime
) -> list[CourseProgress]:
    learner_id = enrollments[0].learner_id
    modules = {module.pk for outline in outlines.values() for module, _lessons in outline}
    # A shared module's lessons count in every course the person is taking.
    done = frozenset(
        LessonProgress.objects.filter(
            learner=learner_id, lesson__module__in=modules, completed_at__isnull=False
        )
        .exclude(enrollment__status=Enrollment.Status.WITHDRAWN)
        .values_list("lesson_id", flat=True)
    )
    proven: dict[int, ModuleCompletion] = {}
    for completion in (
        ModuleCompletion.objects.filter(learner=learner_id, module__in=modules)
        .valid(at)
        .order_by("completed_at")
    ):
        proven[completion.module_id] = completion

    def counting(enrollment: Enrollment, module: Module) -> ModuleCompletion | None:
        found = proven.get(module.pk)
        since = enrollment.counts_from
        return found if found and (since is None or found.completed_at > since) else None

    def found(marking: Set[int]) -> list[CourseProgress]:
        return [
            CourseProgress(
                enrollment,
                [
                    ModuleProgress(
                        module,
                        lessons,
                        done,
                        counting(enrollment, module),
                        is_being_marked=module.pk in marking,
                    )
                    for module, lessons in outlines.get(enrollment.course_id, [])
                ],
            )
            for enrollment in enrollments
        ]

    progress = found(frozenset())
    if any(one.next_final for one in progress):  # the only ones that can be
        return found(finals_being_marked(learner_id))
    return progress


def finals_being_marked(learner_id: int) -> set[int]:
    """The modules whose final assessment the person handed in, and people are marking."""
    handed_in = Attempt.objects.filter(learner=learner_id, status=Attempt.Status.MARKING)
    return set(
        FinalAttempt.objects.filter(attempt__in=handed_in.values("uuid")).values_list(
            "module", flat=True
        )
    )


# --- Proving and completing -----------------------------------------------------------------------


@transaction.atomic
def start_final(
    *,
    learner: User,
    module: Module,
    enrollment: Enrollment | None = None,
    at: datetime | None = None,
    seed: int | None = None,
) -> Attempt:
    """Start (or resume) a module's final assessment under the enrollment's registration.

    Without an enrollment the person is enrolled in the first live course that has the module, so
    that a module one can already do may be proven at once. An attempt that is under way goes on,
    though the module has another final assessment by now.
    """
    if module.final_assessment is None:
        raise AcademyError(_("This module has no final assessment."))
    if enrollment is None:
        enrollment = (
            Enrollment.objects.active()
            .filter(learner=learner, course__modules=module)
            .order_by("enrolled_at")
            .first()
        )
    if enrollment is None:
        course = Course.objects.filter(modules=module, is_live=True).order_by("pk").first()
        if course is None:
            raise NotFound(_("No course offers this module now."))
        enrollment = enroll(learner=learner, course=course, at=at)
    if is_proven(enrollment, module, at=at or now()):
        raise Conflict(_("You have passed this assessment already."))
    under_way = final_under_way(learner, module)
    attempt = start_attempt(
        assessment=under_way.assessment if under_way else module.final_assessment,
        learner=learner,
        registration=enrollment.uuid,
        at=at,
        seed=seed,
    )
    FinalAttempt.objects.get_or_create(
        attempt=attempt.uuid, defaults={"module": module, "enrollment": enrollment}
    )
    return attempt


def final_under_way(learner: User, module: Module) -> Attempt | None:
    """The person's attempt to prove the module that is not submitted yet."""
    begun = FinalAttempt.objects.filter(module=module, enrollment__learner=learner)
    return (
        Attempt.objects.filter(
            learner=learner, status=Attempt.Status.IN_PROGRESS, uuid__in=begun.values("attempt")
        )
        .select_related("assessment")
        .first()
    )


def is_proven_already(learner: User, module: Module, *, at: datetime | None = None) -> bool:
    """Whether the person has proven the module where they are taking it, and it has not run out."""
    at = at or now()
    enrollment = (
        Enrollment.objects.filter(learner=learner, course__modules=module)
        .exclude(status=Enrollment.Status.WITHDRAWN)
        .order_by("status", "-enrolled_at")
        .select_related("course")
        .first()
    )
    if enrollment is None:
        return False
    over = enrollment.status == Enrollment.Status.COMPLETED and not still_valid(enrollment, at=at)
    return not over and is_proven(enrollment, module, at=at)


def is_proven(enrollment: Enrollment, module: Module, *, at: datetime) -> bool:
    """Whether the module counts as proven in the enrollment already."""
    [progress] = progress_of([enrollment], at=at)
    return any(one.completion for one in progress.modules if one.module.pk == module.pk)


@transaction.atomic
def record_final(attempt: Attempt, *, at: datetime) -> ModuleCompletion | None:
    """A final assessment was graded: when it was passed, its module is proven, the competencies the
    module teaches are held, and courses that are thereby complete are completed.

    `at` is when it was graded, which a late sweep makes later than when it was submitted: what was
    proven between the two counts. Idempotent by attempt. An attempt that `start_final` did not
    begin, or not passed, proves nothing.
    """
    if not attempt.passed:
        return None
    begun = (
        FinalAttempt.objects.filter(attempt=attempt.uuid)
        .select_related("module", "enrollment")
        .first()
    )
    if begun is None or ModuleCompletion.objects.filter(attempt=attempt.uuid).exists():
        return None
    module = begun.module
    lessons = {lesson.pk: lesson for lesson in module.lessons.filter(is_live=True)}
    done = dict(
        LessonProgress.objects.filter(
            learner=attempt.learner_id, lesson__in=lessons, completed_at__isnull=False
        ).values_list("lesson_id", "version__number")
    )
    completion = ModuleCompletion.objects.create(
        learner_id=attempt.learner_id,
        module=module,
        enrollment=begun.enrollment,
        attempt=attempt.uuid,
        route=route_of(lessons.keys(), done.keys()),
        score=attempt.score_scaled,
        lesson_versions={str(lessons[pk].uuid): number for pk, number in done.items()},
        completed_at=attempt.submitted_at,
    )
    satisfied = statements.module_satisfied(completion)
    for taught in module.teaches.select_related("competency"):
        record_competency(
            learner=attempt.learner,
            competency=taught.competency,
            level=taught.level,
            basis=CompetencyRecord.Basis.HELD,
            statements=[attempt.statement_id, satisfied],
            attempt=attempt.uuid,
            at=attempt.submitted_at,
        )
    _complete_courses_with(module, learner=attempt.learner_id, at=at)
    return completion


@transaction.atomic
def record_regrade(attempt: Attempt, *, was_passed: bool, regrade: Regrade, at: datetime) -> bool:
    """A final was graded again. Newly passed, it proves its module as any pass does; a pass that was
    taken back proves it no longer, and what rests on that ends: the competencies held by it, and
    courses that are no longer complete. Whether anything changed.
    """
    if bool(attempt.passed) == was_passed:
        return False
    completion = ModuleCompletion.objects.filter(attempt=attempt.uuid).first()
    if not attempt.passed:
        return completion is not None and _take_back(completion, regrade, at=at)
    if completion is None:
        return record_final(attempt, at=at) is not None
    ModuleCompletion.objects.filter(pk=completion.pk).update(valid_to=None)  # taken back before
    for taught in completion.module.teaches.select_related("competency"):
        record_competency(
            learner=attempt.learner,
            competency=taught.competency,
            level=taught.level,
            basis=CompetencyRecord.Basis.HELD,
            statements=[attempt.statement_id],
            attempt=attempt.uuid,
            at=at,
        )
    _complete_courses_with(completion.module, learner=attempt.learner_id, at=at)
    return True


def _take_back(completion: ModuleCompletion, regrade: Regrade, *, at: datetime) -> bool:
    """End what a completion proved. Another valid proof of the same module keeps its courses whole."""
    ModuleCompletion.objects.filter(pk=completion.pk).update(valid_to=at)
    for record in CompetencyRecord.objects.filter(
        learner=completion.learner_id, basis=CompetencyRecord.Basis.HELD
    ).valid(at):
        if record.evidence.get("attempt") == str(completion.attempt):
            CompetencyRecord.objects.filter(pk=record.pk, valid_from__lt=at).update(valid_to=at)
    enrollments = (
        Enrollment.objects.completed()
        .filter(learner=completion.learner_id, course__modules=completion.module_id)
        .filter(completed_at__gte=completion.completed_at)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at))
        .select_related("course", "learner")
    )
    for enrollment in enrollments:
        if is_proven(enrollment, completion.module, at=at):  # by another attempt
            continue
        end_validity(enrollment=enrollment, at=at)
        completion_taken_back.send(
            sender=Enrollment,
            enrollment=enrollment,
            reason=regrade.reason,
            by=regrade.decided_by,
            at=at,
        )
    return True


def _complete_courses_with(module: Module, *, learner: int, at: datetime) -> None:
    """Complete what is due of the person's active enrollments that have the module."""
    for enrollment in Enrollment.objects.active().filter(course__modules=module, learner=learner):
        complete_course_if_due(enrollment, at=at)


def complete_course_if_due(enrollment: Enrollment, *, at: datetime) -> bool:
    """Complete the enrollment when its course's rule is met. Compare-and-set: it happens once."""
    [progress] = progress_of([enrollment], at=at)
    if not course_is_complete(module.state for module in progress.modules):
        return False
    months = enrollment.course.validity_months
    valid_to = at + relativedelta(months=months) if months else None
    won = (
        Enrollment.objects.active()
        .filter(pk=enrollment.pk)
        .update(status=Enrollment.Status.COMPLETED, completed_at=at, valid_to=valid_to)
    )
    if not won:
        return False
    enrollment.refresh_from_db()
    statements.course_completed(enrollment)
    completions = [module.completion for module in progress.modules if module.completion]
    course_completed.send(sender=Enrollment, enrollment=enrollment, completions=completions)
    return True


def complete_due(*, at: datetime | None = None, after: int = 0, limit: int = 200) -> int | None:
    """Complete active enrollments whose rule is met by a change of the outline: a module or a
    lesson that was left to do was taken away. One page of them; returns where the next begins. One
    that fails is logged and holds no other up.
    """
    at = at or now()
    page = list(
        Enrollment.objects.active()
        .filter(pk__gt=after)
        .select_related("course", "learner")
        .order_by("pk")[:limit]
    )
    for enrollment in page:
        try:
            with transaction.atomic():
                lock_person(enrollment.learner)
                complete_course_if_due(enrollment, at=at)
        except Exception:
            log.exception("course_not_completed", enrollment=str(enrollment.uuid))
    return page[-1].pk if len(page) == limit else None


@transaction.atomic
def withdraw_enrollment(*, enrollment: Enrollment, at: datetime | None = None) -> None:
    """Leave a course. What was done stays on record; one may enroll again later."""
    changed = (
        Enrollment.objects.active()
        .filter(pk=enrollment.pk)
        .update(status=Enrollment.Status.WITHDRAWN)
    )
    if not changed:
        raise Conflict(_("This enrolment is no longer in progress."))
    statements.abandoned(enrollment, at=at or now())


@transaction.atomic
def forget_person(person: User) -> None:
    """A person is erased: what they planned goes, what they completed stays; what is under way ends,
    without a statement, for there is nobody left to speak of."""
    LearningPlan.objects.filter(learner=person).delete()
    Enrollment.objects.active().filter(learner=person).update(status=Enrollment.Status.WITHDRAWN)


def primary_position(person: User, *, on=None):
    """The position of the person's primary membership on the day, or None."""
    membership = (
        Membership.objects.on(on or today())
        .primary()
        .filter(person=person)
        .select_related("position")
    ).first()
    return membership.position if membership else None
