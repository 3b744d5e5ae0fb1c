"""What courses say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.people.models import User
from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, Extension, adl, cmi5, streams, tincan
from courses.models import (
    Course,
    Enrollment,
    LearningPlan,
    Lesson,
    Module,
    ModuleCompletion,
    PlanItem,
)


def course_activity(course: Course) -> dict:
    return activity(kind="courses", uuid=course.uuid, type=ActivityType.COURSE, name=course.title)


def module_activity(module: Module) -> dict:
    return activity(kind="modules", uuid=module.uuid, type=ActivityType.MODULE, name=module.title)


def lesson_activity(lesson: Lesson) -> dict:
    return activity(kind="lessons", uuid=lesson.uuid, type=ActivityType.LESSON, name=lesson.title)


def _within(*parents: dict) -> dict:
    return {"contextActivities": {"grouping": list(parents)}}


def enrolled(enrollment: Enrollment) -> UUID:
    """`registered`: the registration under which everything in this enrollment is recorded."""
    return record(
        actor=enrollment.learner,
        verb=adl.REGISTERED,
        activity=course_activity(enrollment.course),
        registration=enrollment.uuid,
        at=enrollment.enrolled_at,
    )


def lesson_started(enrollment: Enrollment, lesson: Lesson, *, at: datetime) -> UUID:
    """`initialized`: the lesson was opened for the first time in this enrollment (cmi5 9.3.2)."""
    return record(
        actor=enrollment.learner,
        verb=adl.INITIALIZED,
        activity=lesson_activity(lesson),
        context=_within(module_activity(lesson.module), course_activity(enrollment.course)),
        registration=enrollment.uuid,
        at=at,
    )


def lesson_completed(enrollment: Enrollment, lesson: Lesson, *, at: datetime) -> UUID:
    """`completed`: the learner said they were done with the lesson (cmi5 9.3.3)."""
    return record(
        actor=enrollment.learner,
        verb=adl.COMPLETED,
        activity=lesson_activity(lesson),
        result={"completion": True},
        context=_within(module_activity(lesson.module), course_activity(enrollment.course)),
        registration=enrollment.uuid,
        at=at,
    )


def check_answered(
    enrollment: Enrollment,
    lesson: Lesson,
    check: UUID,
    definition: dict,
    response: str,
    is_right: bool,
    *,
    statement_id: UUID,
) -> UUID:
    """`answered`: a knowledge check of a lesson, with the response and whether it was right."""
    question = activity(
        kind="checks", uuid=check, type=ActivityType.CMI_INTERACTION, name=definition["name"]
    )
    question["definition"] |= definition
    return record(
        actor=enrollment.learner,
        verb=adl.ANSWERED,
        activity=question,
        result={"success": is_right, "response": response},
        context={
            "contextActivities": {
                "parent": [lesson_activity(lesson)],
                "grouping": [module_activity(lesson.module), course_activity(enrollment.course)],
            }
        },
        registration=enrollment.uuid,
        statement_id=statement_id,
    )


def abandoned(enrollment: Enrollment, *, at: datetime) -> UUID:
    """`abandoned`: the learner left the course (cmi5 9.3.6)."""
    return record(
        actor=enrollment.learner,
        verb=cmi5.ABANDONED,
        activity=course_activity(enrollment.course),
        registration=enrollment.uuid,
        at=at,
    )


def module_satisfied(completion: ModuleCompletion) -> UUID:
    """`satisfied`: the module's moveOn criterion, passing its final assessment, was met (cmi5 9.3.9)."""
    return record(
        actor=completion.learner,
        verb=cmi5.SATISFIED,
        activity=module_activity(completion.module),
        context=_within(course_activity(completion.enrollment.course)),
        registration=completion.enrollment.uuid,
        at=completion.completed_at,
    )


def course_completed(enrollment: Enrollment) -> UUID:
    """`completed`: every module of the course is proven."""
    return record(
        actor=enrollment.learner,
        verb=adl.COMPLETED,
        activity=course_activity(enrollment.course),
        result={"completion": True, "success": True},
        registration=enrollment.uuid,
        at=enrollment.completed_at,
    )


def module_skipped(learner: User, module: Module, registration: UUID, *, at: datetime) -> UUID:
    """`skipped`: the learner accepted the offer that their placement allowed."""
    return record(
        actor=learner,
        verb=tincan.SKIPPED,
        activity=module_activity(module),
        registration=registration,
        at=at,
    )


def module_excused(item: PlanItem, registration: UUID, *, at: datetime) -> UUID:
    """`waived`: the placement, by a calibrated bank, skipped the module (cmi5 9.3.7, 9.5.5.2)."""
    return record(
        actor=item.learner,
        verb=cmi5.WAIVED,
        activity=module_activity(item.module),
        result={
            "completion": False,
            "extensions": {Extension.CMI5_REASON: "Tested Out"},
        },
        registration=registration,
        at=at,
    )


def module_planned(learner: User, module: Module, *, at: datetime) -> UUID:
    """`planned`: the learner put the module on their plan, took it back or moved it to a day."""
    return record(actor=learner, verb=tincan.PLANNED, activity=module_activity(module), at=at)


def module_removed(learner: User, module: Module, *, at: datetime) -> UUID:
    """`removed`: the learner took a module off the plan that they had put there."""
    return record(actor=learner, verb=streams.REMOVED, activity=module_activity(module), at=at)


def plan_renewed(learner: User, plan: LearningPlan, modules: list[Module], *, at: datetime) -> UUID:
    """`planned`: the modules now on the person's plan."""
    return record(
        actor=learner,
        verb=tincan.PLANNED,
        activity=activity(
            kind="plans",
            uuid=plan.uuid,
            type=ActivityType.OBJECTIVE,
            name={"en": "Learning plan", "fr": "Plan d’apprentissage"},
        ),
        context=_within(*[module_activity(module) for module in modules]) if modules else None,
        at=at,
    )
