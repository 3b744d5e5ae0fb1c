"""The manager's page: their own team, status and due dates, nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from academy.core.clock import now
from academy.people.services import assign_membership
from academy.portal.team import members_of
from courses.models import LearningPlan, PlanItem
from tests.factories.competencies import CompetencyFactory, CompetencyRecordFactory
from tests.factories.courses import EnrollmentFactory, ModuleFactory
from tests.factories.people import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 6, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2025, 6, 1, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def boss():
    return UserFactory(first_name="Maia", last_name="Boss")


def report_to(boss, last_name, due=(), state="to_do"):
    """A member of the team whose plan has a module due on each of the days."""
    person = UserFactory(first_name="Ana", last_name=last_name)
    MembershipFactory(person=person, manager=boss)
    plan = LearningPlan.objects.create(learner=person, renewed_at=now())
    for day in due:
        PlanItem.objects.create(
            plan=plan, learner=person, module=ModuleFactory(), due_on=day, state=state
        )
    return person


def days(*offsets):
    return [TODAY + timedelta(days=offset) for offset in offsets]


def test_overdue_first_then_by_due_day_then_by_name(boss):
    report_to(boss, "Done")
    report_to(boss, "Late", due=days(-3, 40))
    report_to(boss, "Far", due=days(90))
    report_to(boss, "Near", due=days(10))
    report_to(boss, "Later", due=days(-9, -2))
    members = members_of(boss, TODAY)
    assert [(one.name, one.status) for one in members] == [
        ("Ana Later", "overdue"),
        ("Ana Late", "overdue"),
        ("Ana Near", "soon"),
        ("Ana Far", "open"),
        ("Ana Done", "done"),
    ]
    late = members[1]
    assert (late.to_do, late.overdue, late.due_on) == (2, 1, TODAY - timedelta(days=3))


def test_what_is_due_today_is_not_overdue_yet(boss):
    report_to(boss, "Now", due=days(0))
    [one] = members_of(boss, TODAY)
    assert (one.status, one.overdue) == ("soon", 0)


def test_proven_and_skipped_modules_are_no_longer_to_do(boss):
    for state, to_do in (("proven", 0), ("skipped", 0), ("skip_offered", 1), ("to_do", 1)):
        report_to(boss, state, due=days(5), state=state)
        [one] = [one for one in members_of(boss, TODAY) if one.name == f"Ana {state}"]
        assert one.to_do == to_do


def test_a_person_without_a_plan_is_listed(boss):
    MembershipFactory(manager=boss)
    [one] = members_of(boss, TODAY)
    assert (one.status, one.to_do, one.last_seen) == ("none", 0, None)


def test_courses_in_progress_and_the_last_activity(boss):
    person = report_to(boss, "Busy")
    EnrollmentFactory(learner=person, last_seen_at=datetime(2025, 5, 20, 8, tzinfo=UTC))
    EnrollmentFactory(learner=person, completed_at=datetime(2025, 4, 1, tzinfo=UTC))
    [one] = members_of(boss, TODAY)
    assert (one.in_progress, one.last_seen) == (1, date(2025, 5, 20))


def test_only_people_managed_today(boss, client):
    report_to(boss, "Mine")
    gone = report_to(boss, "Gone")
    assign_membership(
        person=gone,
        unit=gone.memberships.get().unit,
        position=gone.memberships.get().position,
        valid_from=date(2025, 5, 1),
        manager=UserFactory(),
    )
    MembershipFactory()
    client.force_login(boss)
    page = client.get(reverse("portal:team")).content.decode()
    assert "Ana Mine" in page
    assert "Ana Gone" not in page


def test_levels_and_offers_to_skip_are_not_shown(boss, client):
    person = report_to(boss, "Mine", due=days(5), state="skip_offered")
    competency = CompetencyFactory(title={"en": "Juggling registers"})
    CompetencyRecordFactory(learner=person, competency=competency, level=7, basis="placed")
    client.force_login(boss)
    page = client.get(reverse("portal:team")).content.decode()
    assert "Juggling" not in page
    assert "skip" not in page.split("<main")[1].split("</main>")[0]


def test_others_are_refused_in_words(client):
    client.force_login(UserFactory())
    response = client.get(reverse("portal:team"))
    assert response.status_code == 403
    assert "for line managers" in response.content.decode()


def test_anonymous_signs_in_first_and_nobody_posts(client, boss):
    assert client.get(reverse("portal:team")).status_code == 302
    report_to(boss, "Mine")
    client.force_login(boss)
    assert client.post(reverse("portal:team")).status_code == 405


@pytest.mark.parametrize("size", [1, 12])
def test_the_number_of_queries_does_not_grow(boss, django_assert_num_queries, size):
    for number in range(size):
        EnrollmentFactory(learner=report_to(boss, f"Person{number}", due=days(1, 2)))
    with django_assert_num_queries(5):
        members_of(boss, TODAY)
