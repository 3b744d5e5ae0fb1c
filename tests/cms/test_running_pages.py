"""Trainers arrange what has to be arranged, and learn nothing else about anybody."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from academy.people.roles import TRAINER
from assessments.models import Allowance, Assessment, Item
from courses.services import enroll, start_final
from tests.factories import teaching, world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> world.World:
    return world.make(time_limit_minutes=30)


@pytest.fixture
def final(made) -> Assessment:
    return made.module.final_assessment


@pytest.fixture
def trainer() -> Client:
    client = Client()
    client.force_login(UserFactory(role=TRAINER))
    return client


# --- Allowances -----------------------------------------------------------------------------------


def test_an_allowance_moves_a_running_attempt_and_is_logged(trainer, made, final):
    learner = UserFactory()
    attempt = start_final(learner=learner, module=made.module)
    form = {"assessment": final.pk, "email": learner.email.upper(), "extra_minutes": "15"}
    assert trainer.post(reverse("running:add_allowance"), form).status_code == 302
    attempt.refresh_from_db()
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=45)
    allowance = Allowance.objects.get()
    entry = ModelLogEntry.objects.get(action="wagtail.create", object_id=str(allowance.pk))
    assert entry.data["extra_minutes"] == 15
    path = reverse("running:edit_allowance", args=[allowance.pk])
    assert trainer.post(path, {"extra_minutes": "5"}).status_code == 302
    attempt.refresh_from_db()
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=35)
    assert learner.get_full_name() in trainer.get(reverse("running:allowances")).content.decode()
    delete = reverse("running:delete_allowance", args=[allowance.pk])
    assert trainer.get(delete).status_code == 200
    assert trainer.post(delete).status_code == 302
    attempt.refresh_from_db()
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=30)
    actions = ModelLogEntry.objects.filter(object_id=str(allowance.pk)).values_list("action")
    assert {action for [action] in actions} == {"wagtail.create", "wagtail.edit", "wagtail.delete"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "nobody@academy.example"}, "Nobody in the academy"),
        ({"extra_minutes": ""}, "Say what is allowed"),
        ({"closes_at": "2031-01-01 10:00"}, "Choose a later time"),
        ({"extra_minutes": "-5"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_allowed_is_said(trainer, final, change, words):
    final.closes_at = timezone.now() + timedelta(days=3000)
    final.save()
    learner = UserFactory()
    form = {"assessment": final.pk, "email": learner.email, "extra_minutes": "5", **change}
    page = trainer.post(reverse("running:add_allowance"), form)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Allowance.objects.exists()


def test_a_second_allowance_for_the_same_is_refused(trainer, final):
    learner = UserFactory()
    form = {"assessment": final.pk, "email": learner.email, "extra_attempts": "1"}
    trainer.post(reverse("running:add_allowance"), form)
    page = trainer.post(reverse("running:add_allowance"), form)
    assert "Change that one" in page.content.decode()
    assert Allowance.objects.count() == 1


def test_the_list_of_allowances_costs_the_same_however_long(trainer, final):
    path = reverse("running:allowances")
    counts = []
    for size in (1, 5):
        for _each in range(size):
            Allowance.objects.create(assessment=final, learner=UserFactory(), extra_minutes=5)
        trainer.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert trainer.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- To arrange -----------------------------------------------------------------------------------


def test_trainers_see_who_needs_a_version_where_there_is_none_and_nothing_else(
    trainer, made, final
):
    needing = UserFactory(alternative_version=True, last_name="Needing")
    private = UserFactory(
        time_factor=Decimal("2"), may_pause=True, large_print=True, last_name="Private"
    )
    UserFactory(alternative_version=True, last_name="Elsewhere")
    passed = UserFactory(alternative_version=True, last_name="Passed")
    for person in (needing, private, passed):
        enroll(learner=person, course=made.course)
    world.take_final(made, passed)
    path = reverse("running:arrange", args=[final.pk])
    page = trainer.get(path).content.decode()
    assert "Needing" in page
    for name in ("Private", "Elsewhere", "Passed", "2.00"):
        assert name not in page
    final.alternative = teaching.final("other", final.sections.get().bank)
    final.save()
    page = trainer.get(path).content.decode()
    assert "Needing" not in page
    assert "nothing to arrange" in page


def test_authors_are_warned_of_questions_that_some_cannot_answer(trainer, final):
    items = list(Item.objects.filter(bank=final.sections.get().bank).order_by("pk"))
    Item.objects.filter(pk=items[0].pk).update(barriers=["sight", "pointer"])
    Item.objects.filter(pk=items[1].pk).update(barriers=["pointer"])
    edit = reverse("wagtailsnippets_assessments_assessment:edit", args=[final.pk])
    page = trainer.get(edit).content.decode()
    assert f"2 of the {len(items)} questions this may ask have no accessible equivalent" in page
    assert "2 × a mouse or a finger" in page
    assert "1 × seeing a picture" in page
    banks = reverse("wagtailsnippets_assessments_itembank:list")
    page = trainer.get(banks).content.decode()
    assert f"2 of {len(items)}" in page
    assert "2 × a mouse or a finger" in page
    with CaptureQueriesContext(connection) as one:
        trainer.get(banks)
    for number in range(3):
        teaching.bank(f"more-{number}", teaching.competency(), items=2)
    with CaptureQueriesContext(connection) as four:
        trainer.get(banks)
    assert len(one) == len(four)


def test_a_close_that_is_moved_in_the_admin_moves_running_attempts(trainer, made, final):
    learner = UserFactory()
    close = timezone.now() + timedelta(minutes=10)
    Assessment.objects.filter(pk=final.pk).update(closes_at=close)
    made.module.refresh_from_db()
    attempt = start_final(learner=learner, module=made.module)
    assert attempt.deadline_at == close
    final.refresh_from_db()
    final.closes_at = close + timedelta(minutes=5)
    final.save()
    from cms.wagtail_hooks import move_close

    move_close(None, final)
    attempt.refresh_from_db()
    assert attempt.deadline_at == close + timedelta(minutes=5)
