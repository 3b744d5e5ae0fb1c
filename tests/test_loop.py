"""The thinnest loop, through the services: place, plan, learn, prove, credential, record."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.translation import override

from academy.competencies.models import CompetencyRecord
from academy.competencies.services import known_levels
from academy.people.models import User
from academy.xapi.models import Statement
from courses import plans, services
from courses.models import Enrollment, ModuleCompletion, PlanItem
from credentials.models import Credential
from credentials.services import issue_credential, standing_of
from tests.factories import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make()


def person(email: str = "amina@academy.example") -> User:
    return User.objects.create_user(email, "x", first_name="Amina", last_name="Đặng", language="en")


def test_the_whole_loop(made):
    learner = person()
    world.take_placement(made, learner, able=False)
    known = known_levels(learner)[made.skill.pk]
    assert known.held == 0
    assert known.placed == 0

    item = PlanItem.objects.get(learner=learner)
    assert item.module == made.module
    assert item.state == PlanItem.State.TO_DO

    enrollment = world.learn(made, learner)
    attempt = world.take_final(made, learner)
    assert attempt.passed
    assert attempt.registration == enrollment.uuid

    completion = ModuleCompletion.objects.get(learner=learner)
    assert completion.route == ModuleCompletion.Route.LEARNED
    assert len(completion.lesson_versions) == 2
    assert known_levels(learner)[made.skill.pk].held == 2
    item.refresh_from_db()
    assert item.state == PlanItem.State.PROVEN

    enrollment.refresh_from_db()
    assert enrollment.status == Enrollment.Status.COMPLETED
    credential = Credential.objects.get(enrollment=enrollment)
    assert issue_credential(credential.pk) is not None
    credential.refresh_from_db()
    assert credential.is_issued
    assert standing_of(credential) == "valid"
    assert credential.pdf.read(5) == b"%PDF-"

    verbs = [row.verb.rsplit("/", 1)[-1] for row in Statement.objects.order_by("id")]
    for verb in ("attempted", "answered", "completed", "registered", "initialized", "passed"):
        assert verb in verbs
    held = CompetencyRecord.objects.get(learner=learner, basis="held")
    for statement_id in held.evidence["statements"]:
        assert Statement.objects.by_ids([statement_id]).exists()


def test_a_strong_placement_offers_the_skip_and_holds_nothing(made):
    learner = person()
    world.take_placement(made, learner, able=True)
    item = PlanItem.objects.get(learner=learner)
    assert item.state == PlanItem.State.SKIP_OFFERED
    assert known_levels(learner)[made.skill.pk].held == 0
    plans.accept_skip(item=item)
    item.refresh_from_db()
    assert item.state == PlanItem.State.SKIPPED
    assert not Enrollment.objects.filter(learner=learner).exists()


def test_a_module_can_be_proven_at_once_with_its_route_noted(made):
    learner = person()
    world.take_final(made, learner)
    assert ModuleCompletion.objects.get(learner=learner).route == ModuleCompletion.Route.DIRECT
    assert Enrollment.objects.get(learner=learner).status == Enrollment.Status.COMPLETED


def test_two_languages_are_one_record(made):
    assert made.module.title == {"en": "Module", "fr": "Module (fr)"}
    assert made.module.lessons.count() == 2
    with override("fr"):
        assert str(made.course.title) == "Course (fr)"


def test_a_completed_course_is_not_taken_again_while_its_certificate_stands(made):
    learner = person()
    world.take_final(made, learner)
    first = Enrollment.objects.get(learner=learner)
    assert services.enroll(learner=learner, course=made.course).pk == first.pk
    assert Credential.objects.filter(learner=learner).count() == 1


def test_a_certificate_that_ran_out_asks_for_a_new_proof(made):
    learner = person()
    made.course.validity_months = 12
    made.course.save()
    world.take_final(made, learner)
    later = timezone.now() + timedelta(days=400)
    again = services.enroll(learner=learner, course=made.course, at=later)
    assert again.status == Enrollment.Status.ACTIVE
    [progress] = services.progress_of([again], at=later)
    assert progress.share < 1
    with time_machine.travel(later + timedelta(days=1)):
        world.take_final(made, learner)
    again.refresh_from_db()
    assert again.status == Enrollment.Status.COMPLETED
    assert Credential.objects.filter(learner=learner).count() == 2
