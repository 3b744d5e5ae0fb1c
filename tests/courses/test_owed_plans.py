"""What is asked of a person changes without them: their plan is made anew, though they do not come by."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from academy.competencies.models import Profile, ProfileEntry
from academy.core.clock import today
from academy.people.services import assign_membership
from courses import plans
from courses.models import LearningPlan, PlanItem
from courses.tasks import sweep_plans
from tests.factories.people import (
    MembershipFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2025, 6, 1, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def module(school):
    module = school.module()
    school.course(module)
    return module


@pytest.fixture
def analyst(school):
    """A position that asks for what the module teaches."""
    position = PositionFactory()
    profile = Profile.objects.create(position=position)
    ProfileEntry.objects.create(profile=profile, competency=school.skill, level=2)
    return position


def settled(person) -> LearningPlan:
    """A plan that says what is asked today."""
    plan = plans.renew_plan(person)
    assert not plan.is_owed(today())
    return plan


def planned(person) -> list:
    return [item.module for item in PlanItem.objects.filter(learner=person)]


def owed() -> list:
    return [plan.learner for plan in LearningPlan.objects.owed(today()).order_by("learner__pk")]


def move(person, position, *, days: int = 0, **fields):
    return assign_membership(
        person=person,
        unit=OrgUnitFactory(),
        position=position,
        valid_from=today() + timedelta(days=days),
        **fields,
    )


# --- A person changes position --------------------------------------------------------------------


def test_a_new_position_reaches_the_plan_and_the_manager(school, module, analyst, client):
    boss = UserFactory()
    MembershipFactory(person=school.learner)
    settled(school.learner)
    assert planned(school.learner) == []
    move(school.learner, analyst, manager=boss)
    client.force_login(boss)
    assert "nothing to do" in client.get(reverse("portal:team")).content.decode()
    sweep_plans()
    assert planned(school.learner) == [module]
    assert owed() == []
    page = client.get(reverse("portal:team")).content.decode()
    assert "nothing to do" not in page
    assert "on course" in page


def test_its_owner_need_not_wait_for_the_sweep(school, module, analyst, client):
    settled(school.learner)
    move(school.learner, analyst)
    client.force_login(school.learner)
    assert client.get(reverse("portal:plan")).context["open_items"][0].module == module
    assert owed() == []


def test_a_position_that_begins_later_counts_from_its_day(school, module, analyst, clock):
    MembershipFactory(person=school.learner)
    settled(school.learner)
    move(school.learner, analyst, days=10)
    sweep_plans()
    assert planned(school.learner) == []
    assert owed() == []
    clock.shift(timedelta(days=9))
    sweep_plans()
    assert planned(school.learner) == []
    clock.shift(timedelta(days=1))
    sweep_plans()
    assert planned(school.learner) == [module]


def test_a_position_that_ends_is_followed_too(school, module, analyst, clock):
    move(school.learner, analyst, valid_to=today() + timedelta(days=5))
    settled(school.learner)
    assert planned(school.learner) == [module]
    clock.shift(timedelta(days=5))
    sweep_plans()
    assert planned(school.learner) == []
    assert LearningPlan.objects.get().position is None


def test_a_membership_taken_out_is_followed_too(school, module, analyst):
    membership = move(school.learner, analyst)
    settled(school.learner)
    membership.delete()
    sweep_plans()
    assert planned(school.learner) == []


def test_who_has_no_plan_is_given_none(school, analyst):
    move(school.learner, analyst)
    sweep_plans()
    assert not LearningPlan.objects.exists()


# --- What a position asks for changes -------------------------------------------------------------


@pytest.fixture
def two(analyst):
    """Somebody in the position, and somebody in another."""
    inside, outside = UserFactory(), UserFactory()
    move(inside, analyst)
    MembershipFactory(person=outside)
    for person in (inside, outside):
        settled(person)
    return inside, outside


def test_another_entry_is_owed_to_the_people_in_the_position_alone(school, module, analyst, two):
    inside, outside = two
    entry = ProfileEntry.objects.get()
    entry.delete()
    assert owed() == [inside]
    sweep_plans()
    assert planned(inside) == []
    ProfileEntry.objects.create(profile=entry.profile, competency=school.skill, level=2)
    sweep_plans()
    assert planned(inside) == [module]
    assert planned(outside) == []


def test_other_days_to_meet_it_move_the_due_day(module, analyst, two):
    inside, _outside = two
    profile = Profile.objects.get()
    profile.due_days = 10
    profile.save()
    sweep_plans()
    assert PlanItem.objects.get(learner=inside).due_on == today() + timedelta(days=10)


def test_the_baseline_is_owed_to_everyone(school, module, two):
    school.ask(2)
    assert owed() == list(two)
    sweep_plans()
    assert planned(two[1]) == [module]


def test_a_profile_given_to_another_position_is_owed_to_both(module, analyst, two):
    inside, outside = two
    profile = Profile.objects.get()
    profile.position = outside.memberships.get().position
    profile.save()
    assert owed() == [inside, outside]
    sweep_plans()
    assert planned(inside) == []
    assert planned(outside) == [module]


def test_a_profile_that_is_deleted_asks_for_nothing(module, analyst, two):
    inside, _outside = two
    Profile.objects.get().delete()
    sweep_plans()
    assert planned(inside) == []


# --- At any size ----------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1, 8])
def test_owing_takes_one_query_whatever_the_size(
    school, analyst, people, django_assert_num_queries
):
    for _one in range(people):
        person = UserFactory()
        move(person, analyst)
        settled(person)
    with django_assert_num_queries(1):
        plans.owe_plans_of(analyst.pk)
    assert len(owed()) == people


def test_the_sweep_goes_on_page_by_page(school, analyst):
    for _one in range(5):
        person = UserFactory()
        move(person, analyst)
        settled(person)
    plans.owe_plans()
    first = plans.renew_owed(limit=2)
    second = plans.renew_owed(after=first, limit=2)
    assert len(owed()) == 1
    assert plans.renew_owed(after=second, limit=2) is None
    assert owed() == []


def test_a_plan_that_cannot_be_renewed_holds_no_other_up(school, analyst, monkeypatch):
    people = [UserFactory() for _one in range(3)]
    for person in people:
        move(person, analyst)
        settled(person)
    plans.owe_plans()
    renew = plans.renew_plan

    def renew_but_one(person, **options):
        plan = renew(person, **options)
        if person == people[0]:
            raise ZeroDivisionError
        return plan

    with monkeypatch.context() as patch:
        patch.setattr(plans, "renew_plan", transaction.atomic(renew_but_one))
        sweep_plans()
    assert owed() == people[:1]
    sweep_plans()
    assert owed() == []
