"""Learning in one course and in two: what counts where, and when a course is complete."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from academy.competencies.services import known_levels
from academy.core.errors import AcademyError, Conflict, NotFound
from academy.xapi.models import Statement
from courses import services
from courses.models import Enrollment, Lesson, LessonProgress, Module, ModuleCompletion
from courses.services import (
    LessonOutline,
    complete_lesson,
    enroll,
    open_lesson,
    progress_of,
    start_final,
    sync_lesson,
    withdraw,
    withdraw_enrollment,
)
from credentials.models import Credential
from tests.courses.conftest import lesson_of
from tests.factories.people import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def read(enrollment, *lessons) -> None:
    for lesson in lessons:
        complete_lesson(enrollment=enrollment, lesson=lesson)


def percent(enrollment) -> int:
    [progress] = progress_of([enrollment])
    return progress.percent


def status(enrollment) -> str:
    enrollment.refresh_from_db()
    return enrollment.status


def verbs() -> list[str]:
    return [one.verb.rsplit("/", 1)[-1] for one in Statement.objects.order_by("id")]


# --- One course -----------------------------------------------------------------------------------


def test_lessons_and_the_final_assessment_are_steps_of_equal_length(school):
    module = school.module()
    first, second = module.lessons.all()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    shown = [percent(enrollment)]
    for lesson in (first, second):
        read(enrollment, lesson)
        shown.append(percent(enrollment))
    assert shown == [0, 33, 66]
    school.prove(module)
    assert status(enrollment) == "completed"
    assert percent(enrollment) == 100


def test_lessons_alone_do_not_complete_what_has_a_final_assessment(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, *module.lessons.all())
    assert status(enrollment) == "active"
    [progress] = progress_of([enrollment])
    assert progress.next_lesson is None
    assert progress.next_final == module


def test_a_failed_final_assessment_proves_nothing(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    assert school.prove(module, right=1).passed is False
    assert status(enrollment) == "active"
    assert not ModuleCompletion.objects.exists()
    assert known_levels(school.learner) == {}
    assert "failed" in verbs()


def test_a_course_without_a_final_assessment_completes_with_its_lessons(school):
    module = school.module(final=False)
    first, second = module.lessons.all()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, first)
    assert status(enrollment) == "active"
    read(enrollment, second)
    assert status(enrollment) == "completed"
    assert percent(enrollment) == 100


def test_where_nothing_was_proven_no_certificate_is_owed_and_nothing_is_held(school):
    module = school.module(final=False, lessons=1)
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, *module.lessons.all())
    assert not Credential.objects.exists()
    assert known_levels(school.learner) == {}
    with pytest.raises(AcademyError, match="no final assessment"):
        start_final(learner=school.learner, module=module)


def test_a_lesson_is_opened_and_done_once_however_often_it_is_clicked(school):
    module = school.module()
    lesson = module.lessons.first()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    for _ in range(2):
        open_lesson(enrollment=enrollment, lesson=lesson)
    assert complete_lesson(enrollment=enrollment, lesson=lesson) is True
    assert complete_lesson(enrollment=enrollment, lesson=lesson) is False
    open_lesson(enrollment=enrollment, lesson=lesson)
    assert LessonProgress.objects.count() == 1
    assert verbs() == ["registered", "initialized", "completed"]


def test_where_the_learner_is_goes_along_to_every_device(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    last = module.lessons.last()
    open_lesson(enrollment=enrollment, lesson=last)
    enrollment.refresh_from_db()
    assert enrollment.last_lesson == last
    assert enrollment.last_seen_at is not None


def test_progress_keeps_the_version_it_was_earned_on(school):
    module = school.module(lessons=1)
    lesson = module.lessons.get()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, lesson)
    sync_lesson(
        module_uuid=module.uuid,
        lesson=LessonOutline(lesson.uuid, "New", 9, "2"),
        order=0,
        language="en",
    )
    lesson.refresh_from_db()
    assert lesson.current_version.number == 2
    assert LessonProgress.objects.get().version.number == 1
    school.prove(module)
    assert ModuleCompletion.objects.get().lesson_versions == {str(lesson.uuid): 1}


def test_an_enrolment_keeps_the_unit_it_began_in(school):
    membership = MembershipFactory(person=school.learner)
    enrollment = enroll(learner=school.learner, course=school.course(school.module()))
    assert enrollment.unit == membership.unit
    assert enroll(learner=UserFactory(), course=enrollment.course).unit is None


def test_a_course_that_is_no_longer_offered_is_not_begun_but_gone_on_with(school):
    course = school.course(school.module())
    enrollment = enroll(learner=school.learner, course=course)
    withdraw(model=type(course), uuid=course.uuid)
    course.refresh_from_db()
    assert enroll(learner=school.learner, course=course) == enrollment
    with pytest.raises(NotFound, match="no longer offered"):
        enroll(learner=UserFactory(), course=course)


def test_what_was_proven_is_not_asked_again(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module, school.module()))
    school.prove(module)
    with pytest.raises(Conflict, match="passed this assessment already"):
        start_final(learner=school.learner, module=module, enrollment=enrollment)


@pytest.mark.parametrize(
    ("months", "valid_to"), [(1, "2025-02-28"), (12, "2026-01-31"), (None, "None")]
)
def test_what_a_course_earns_runs_out_on_a_day_there_is(school, months, valid_to):
    """A month after 31 January is the last of February; a rule changed later changes nothing."""
    module = school.module(final=False, lessons=1)
    enrollment = enroll(
        learner=school.learner, course=school.course(module, validity_months=months)
    )
    complete_lesson(
        enrollment=enrollment,
        lesson=module.lessons.get(),
        at=datetime(2025, 1, 31, 12, tzinfo=UTC),
    )
    enrollment.refresh_from_db()
    assert str(enrollment.valid_to)[:10] == valid_to


def test_a_module_no_course_offers_cannot_be_proven(school):
    with pytest.raises(NotFound, match="No course offers this module"):
        start_final(learner=school.learner, module=school.module())


# --- A shared module ------------------------------------------------------------------------------


@pytest.fixture
def shared(school):
    """A module in two courses, both begun; the second has a module of its own besides."""
    module, own = school.module(), school.module()
    one, two = school.course(module), school.course(module, own)
    return (
        module,
        own,
        enroll(learner=school.learner, course=one),
        enroll(learner=school.learner, course=two),
    )


def test_lessons_done_in_one_course_count_in_the_other(shared):
    module, _own, one, two = shared
    read(one, *module.lessons.all())
    assert percent(one) == 66
    assert percent(two) == 33
    [progress] = progress_of([two])
    assert progress.next_final == module


def test_proof_counts_in_both_courses_and_completes_both(school, shared):
    module, own, one, two = shared
    school.prove(module)
    assert (status(one), status(two)) == ("completed", "active")
    assert percent(two) == 50
    school.prove(own)
    assert status(two) == "completed"
    assert ModuleCompletion.objects.count() == 2
    assert Credential.objects.count() == 2


def test_one_proof_completes_two_courses_at_once(school):
    module = school.module()
    enrollments = [enroll(learner=school.learner, course=school.course(module)) for _ in range(2)]
    school.prove(module)
    assert [status(one) for one in enrollments] == ["completed", "completed"]
    assert ModuleCompletion.objects.count() == 1
    assert Credential.objects.count() == 2


def test_a_module_proven_before_counts_in_a_course_begun_later(school):
    module = school.module()
    school.course(module)
    school.prove(module)
    later = enroll(learner=school.learner, course=school.course(module))
    assert status(later) == "completed"


def test_shared_lessons_complete_every_course_that_asks_for_no_more(school):
    """No final assessment: the last lesson, done in one course, completes the other as well."""
    module = school.module(final=False)
    one, two = (enroll(learner=school.learner, course=school.course(module)) for _ in range(2))
    read(one, *module.lessons.all())
    assert (status(one), status(two)) == ("completed", "completed")


def test_what_somebody_else_did_counts_for_them(school, shared):
    module, _own, one, _two = shared
    read(one, *module.lessons.all())
    school.prove(module)
    other = enroll(learner=UserFactory(), course=one.course)
    assert percent(other) == 0
    assert status(other) == "active"


# --- Leaving a course -----------------------------------------------------------------------------


def test_leaving_a_course_keeps_what_was_done_on_record(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, module.lessons.first())
    withdraw_enrollment(enrollment=enrollment)
    assert status(enrollment) == "withdrawn"
    assert LessonProgress.objects.count() == 1


def test_a_course_is_left_once(school):
    enrollment = enroll(learner=school.learner, course=school.course(school.module()))
    withdraw_enrollment(enrollment=enrollment)
    with pytest.raises(Conflict, match="no longer in progress"):
        withdraw_enrollment(enrollment=enrollment)


def test_a_completed_course_cannot_be_left(school):
    module = school.module()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    school.prove(module)
    with pytest.raises(Conflict):
        withdraw_enrollment(enrollment=enrollment)
    assert status(enrollment) == "completed"


def test_who_comes_back_starts_over_with_the_lessons(school):
    module = school.module()
    course = school.course(module)
    first = enroll(learner=school.learner, course=course)
    read(first, *module.lessons.all())
    withdraw_enrollment(enrollment=first)
    again = enroll(learner=school.learner, course=course)
    assert again.pk != first.pk
    assert again.uuid != first.uuid
    assert percent(again) == 0


def test_an_assessment_begun_before_leaving_still_proves_the_module(school):
    """And the course that was left stays left; another that has the module is completed."""
    module = school.module()
    left = enroll(learner=school.learner, course=school.course(module))
    attempt = start_final(learner=school.learner, module=module)
    withdraw_enrollment(enrollment=left)
    other = enroll(learner=school.learner, course=school.course(module))
    school.answer(attempt)
    assert status(left) == "withdrawn"
    assert status(other) == "completed"


# --- A lesson is taken off ------------------------------------------------------------------------


def remove(lesson) -> None:
    withdraw(model=Lesson, uuid=lesson.uuid)


def test_a_removed_lesson_no_longer_counts_against_completion(school):
    module = school.module(final=False)
    first, second = module.lessons.all()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    remove(second)
    read(enrollment, first)
    assert status(enrollment) == "completed"


def test_a_lesson_removed_last_completes_those_who_had_done_the_rest(school):
    """They have nothing left to click: nobody would ever complete the course otherwise. The sweep
    finds them: a lesson may be taken off by mistake and put back at once."""
    module = school.module(final=False)
    first, second = module.lessons.all()
    course = school.course(module)
    enrollment = enroll(learner=school.learner, course=course)
    read(enrollment, first)
    newcomer = enroll(learner=UserFactory(), course=course)
    remove(second)
    assert status(enrollment) == "active"
    assert services.complete_due() is None
    assert (status(enrollment), status(newcomer)) == ("completed", "active")


def test_a_module_removed_last_completes_those_who_had_proven_the_rest(school):
    kept, gone = school.module(), school.module()
    enrollment = enroll(learner=school.learner, course=school.course(kept, gone))
    school.prove(kept)
    newcomer = enroll(learner=UserFactory(), course=enrollment.course)
    withdraw(model=Module, uuid=gone.uuid)
    assert services.complete_due() is None
    assert (status(enrollment), status(newcomer)) == ("completed", "active")


def test_a_removed_lesson_that_was_done_gives_no_credit(school):
    module = school.module(final=False)
    first, second = module.lessons.all()
    lesson_of(module, 2)
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, first)
    remove(first)
    assert percent(enrollment) == 0
    assert progress_of([enrollment])[0].next_lesson == second


def test_the_route_looks_only_at_lessons_that_are_offered(school):
    module = school.module()
    first, second = module.lessons.all()
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, first)
    remove(second)
    school.prove(module)
    completion = ModuleCompletion.objects.get()
    assert completion.route == "learned"
    assert completion.lesson_versions == {str(first.uuid): 1}


def test_a_lesson_added_later_leaves_a_completed_course_completed(school):
    module = school.module(final=False, lessons=1)
    enrollment = enroll(learner=school.learner, course=school.course(module))
    read(enrollment, *module.lessons.all())
    lesson_of(module, 1)
    assert status(enrollment) == "completed"
    assert percent(enrollment) == 100


# --- Proof and its record -------------------------------------------------------------------------


def test_a_graded_attempt_is_recorded_once(school):
    module = school.module()
    school.course(module)
    attempt = school.prove(module)
    assert services.record_final(attempt, at=attempt.submitted_at) is None
    assert ModuleCompletion.objects.count() == 1
    assert school.learner.competency_records.count() == 1


def test_an_attempt_counts_though_the_module_has_another_assessment_by_now(school):
    """What a person began to prove is pinned: a trainer's change does not void an hour's work."""
    module, other = school.module(), school.module()
    school.course(module)
    school.course(other)
    attempt = start_final(learner=school.learner, module=module)
    taken, given = module.final_assessment, other.final_assessment
    Module.objects.filter(pk=other.pk).update(final_assessment=None)
    Module.objects.filter(pk=module.pk).update(final_assessment=given)
    Module.objects.filter(pk=other.pk).update(final_assessment=taken)
    module.refresh_from_db()
    assert start_final(learner=school.learner, module=module) == attempt, "it was not resumed"
    school.answer(attempt)
    assert ModuleCompletion.objects.get().module == module
    assert Enrollment.objects.get().status == "completed"


def test_an_attempt_counts_though_the_module_has_no_assessment_by_now(school):
    module = school.module()
    school.course(module)
    attempt = start_final(learner=school.learner, module=module)
    Module.objects.filter(pk=module.pk).update(final_assessment=None)
    school.answer(attempt)
    assert ModuleCompletion.objects.get().module == module


def test_the_next_attempt_is_at_the_assessment_of_today(school):
    module, other = school.module(), school.module()
    school.course(module)
    school.prove(module, right=0)
    given = other.final_assessment
    Module.objects.filter(pk=other.pk).update(final_assessment=None)
    Module.objects.filter(pk=module.pk).update(final_assessment=given)
    module.refresh_from_db()
    assert start_final(learner=school.learner, module=module).assessment == given


def test_an_attempt_that_is_no_way_to_a_module_proves_nothing(school):
    from assessments.services import start_attempt

    module = school.module()
    school.course(module)
    attempt = start_attempt(
        assessment=module.final_assessment, learner=school.learner, registration=uuid4()
    )
    assert school.answer(attempt).passed
    assert not ModuleCompletion.objects.exists()


def test_the_start_page_says_how_many_questions_there_are(school, client):
    """Also where a section takes all of its bank, which is written as 0."""
    module = school.module()
    school.course(module)
    client.force_login(school.learner)
    from django.urls import reverse

    page = client.get(reverse("courses:start_final", args=[module.uuid])).content.decode()
    assert "There are 4 questions." in page


def test_an_enrolment_is_active_once(school):
    from django.db import IntegrityError, transaction

    course = school.course(school.module())
    enrollment = enroll(learner=school.learner, course=course)
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.create(
            learner=school.learner, course=course, enrolled_at=enrollment.enrolled_at
        )
