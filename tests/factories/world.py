"""A small academy with one of everything, for tests of pages."""

from copy import deepcopy
from dataclasses import dataclass

from academy.competencies.models import Competency, Profile, ProfileEntry
from academy.people.models import User
from assessments.models import Assessment, Attempt, Response
from assessments.services import answer_placement, save_answer, start_attempt, submit_attempt
from courses.models import Course, Enrollment, Module
from courses.services import complete_lesson, enroll, open_lesson, start_final
from tests.factories import teaching
from tests.factories.kept import made_once


@dataclass
class World:
    """One competency asked of everyone at level 2; one module of two lessons teaches it."""

    skill: Competency
    module: Module
    course: Course
    placement: Assessment


def make(*, items: int = 8, **final) -> World:
    """The same rows each time, and objects of their own for each test."""
    key = ("world", items, tuple(sorted(final.items())))
    return deepcopy(made_once(key, lambda: _make(items=items, **final)))


def _make(*, items: int, **final) -> World:
    skill = teaching.competency()
    bank = teaching.bank("bank", skill, items=items)
    baseline = Profile.objects.create(due_days=90)
    ProfileEntry.objects.create(profile=baseline, competency=skill, level=2)
    module = teaching.module(
        "Module", {skill: 2}, assessment=teaching.final("final", bank, **final)
    )
    return World(
        skill, module, teaching.course("Course", module), teaching.placement((bank, skill))
    )


def right(response: Response):
    return response.item_version.content["key"]


def wrong(response: Response):
    return next(one for one in response.option_order if one != right(response))


def take_placement(world: World, learner: User, *, able: bool = True) -> Attempt:
    attempt = start_attempt(
        assessment=world.placement, learner=learner, registration=world.module.uuid
    )
    while attempt.status == Attempt.Status.IN_PROGRESS:
        shown = attempt.responses.order_by("-position").first()
        attempt = answer_placement(
            attempt=attempt,
            position=shown.position,
            answer=right(shown) if able else wrong(shown),
            language="en",
        )
    return attempt


def learn(world: World, learner: User) -> Enrollment:
    enrollment = enroll(learner=learner, course=world.course)
    for lesson in world.module.lessons.all():
        open_lesson(enrollment=enrollment, lesson=lesson)
        complete_lesson(enrollment=enrollment, lesson=lesson)
    return enrollment


def take_final(world: World, learner: User, *, able: bool = True) -> Attempt:
    attempt = start_final(learner=learner, module=world.module)
    for response in attempt.responses.all():
        save_answer(
            attempt=attempt,
            position=response.position,
            answer=right(response) if able else wrong(response),
            sequence=1,
            language="en",
        )
    return submit_attempt(attempt=attempt)
