"""The thinnest loop, through the services: place, plan, learn, prove, credential, record."""

import pytest
from django.utils.translation import override

from academy.competencies.models import CompetencyRecord, Profile, ProfileEntry
from academy.competencies.services import known_levels
from academy.people.models import User
from academy.xapi.models import Statement
from assessments.models import Attempt
from assessments.services import answer_placement, save_answer, start_attempt, submit_attempt
from courses import plans, services
from courses.models import Enrollment, ModuleCompletion, PlanItem
from credentials.models import Credential
from credentials.services import issue_credential, standing_of
from tests.factories import teaching

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """One competency asked of everyone, one module that teaches it, one course, one placement."""
    skill = teaching.competency()
    bank = teaching.bank("bank", skill, items=8)
    baseline = Profile.objects.create(due_days=90)
    ProfileEntry.objects.create(profile=baseline, competency=skill, level=2)
    module = teaching.module("Module", {skill: 2}, assessment=teaching.final("final", bank))
    return {
        "skill": skill,
        "module": module,
        "course": teaching.course("Course", module),
        "placement": teaching.placement((bank, skill)),
    }


def person(email: str = "amina@academy.example") -> User:
    return User.objects.create_user(email, "x", first_name="Amina", last_name="Đặng", language="en")


def right_answer(response) -> str:
    return response.item_version.content["key"]


def wrong_answer(response) -> str:
    key = response.item_version.content["key"]
    return next(one for one in response.option_order if one != key)


def take_placement(world, learner, *, able: bool) -> Attempt:
    attempt = start_attempt(
        assessment=world["placement"], learner=learner, registration=world["module"].uuid
    )
    while attempt.status == Attempt.Status.IN_PROGRESS:
        shown = attempt.responses.order_by("-position").first()
        attempt = answer_placement(
            attempt=attempt,
            position=shown.position,
            answer=right_answer(shown) if able else wrong_answer(shown),
            language="en",
        )
    return attempt


def pass_final(world, learner) -> Attempt:
    attempt = services.start_final(learner=learner, module=world["module"])
    for response in attempt.responses.all():
        save_answer(
            attempt=attempt,
            position=response.position,
            answer=right_answer(response),
            sequence=1,
            language="en",
        )
    return submit_attempt(attempt=attempt)


def test_the_whole_loop(world, django_capture_on_commit_callbacks):
    learner = person()
    take_placement(world, learner, able=False)
    known = known_levels(learner)[world["skill"].pk]
    assert known.held == 0 and known.placed == 1

    item = PlanItem.objects.get(learner=learner)
    assert item.module == world["module"] and item.state == PlanItem.State.TO_DO

    enrollment = services.enroll(learner=learner, course=world["course"])
    for lesson in world["module"].lessons.all():
        services.open_lesson(enrollment=enrollment, lesson=lesson)
        assert services.complete_lesson(enrollment=enrollment, lesson=lesson)
    attempt = pass_final(world, learner)
    assert attempt.passed and attempt.registration == enrollment.uuid

    completion = ModuleCompletion.objects.get(learner=learner)
    assert completion.route == ModuleCompletion.Route.LEARNED
    assert len(completion.lesson_versions) == 2
    assert known_levels(learner)[world["skill"].pk].held == 2
    item.refresh_from_db()
    assert item.state == PlanItem.State.PROVEN

    enrollment.refresh_from_db()
    assert enrollment.status == Enrollment.Status.COMPLETED
    credential = Credential.objects.get(enrollment=enrollment)
    assert issue_credential(credential.pk) is not None
    credential.refresh_from_db()
    assert credential.is_issued and standing_of(credential) == "valid"
    assert credential.pdf.read(5) == b"%PDF-"

    verbs = [row.verb.rsplit("/", 1)[-1] for row in Statement.objects.order_by("id")]
    for verb in ("attempted", "answered", "completed", "registered", "initialized", "passed"):
        assert verb in verbs
    held = CompetencyRecord.objects.get(learner=learner, basis="held")
    for statement_id in held.evidence["statements"]:
        assert Statement.objects.by_ids([statement_id]).exists()


def test_a_strong_placement_offers_the_skip_and_holds_nothing(world):
    learner = person()
    take_placement(world, learner, able=True)
    item = PlanItem.objects.get(learner=learner)
    assert item.state == PlanItem.State.SKIP_OFFERED
    assert known_levels(learner)[world["skill"].pk].held == 0
    plans.accept_skip(item=item)
    item.refresh_from_db()
    assert item.state == PlanItem.State.SKIPPED
    assert not Enrollment.objects.filter(learner=learner).exists()


def test_a_module_can_be_proven_at_once_with_its_route_noted(world):
    learner = person()
    pass_final(world, learner)
    assert ModuleCompletion.objects.get(learner=learner).route == ModuleCompletion.Route.DIRECT
    assert Enrollment.objects.get(learner=learner).status == Enrollment.Status.COMPLETED


def test_two_languages_are_one_record(world):
    assert world["module"].title == {"en": "Module", "fr": "Module (fr)"}
    assert world["module"].lessons.count() == 2
    with override("fr"):
        assert str(world["course"].title) == "Course (fr)"
