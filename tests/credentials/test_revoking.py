"""What a revocation leaves open: the person may take the course again for a new certificate."""

from datetime import timedelta

import pytest
from django.urls import reverse

from academy.core.clock import now
from courses.models import Enrollment
from courses.services import end_validity, enroll
from credentials.models import Credential
from credentials.services import revoke_credential, standing_of
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make()


@pytest.fixture
def learner():
    return UserFactory(first_name="Zoë", last_name="Đặng")


@pytest.fixture
def credential(made, learner) -> Credential:
    """One that does not run out by itself, for a course that was completed."""
    world.take_final(made, learner)
    return Credential.objects.get()


def revoke(credential: Credential):
    return revoke_credential(
        credential=credential, reason="wrong person", public_label="error", by=UserFactory()
    )


def test_while_it_stands_the_course_is_not_taken_again(made, learner, credential):
    assert enroll(learner=learner, course=made.course) == credential.enrollment


def test_the_course_can_be_taken_again_at_once(made, learner, credential):
    """And its modules have to be proven anew: what the old one rested on no longer counts."""
    revoke(credential)
    again = enroll(learner=learner, course=made.course)
    assert again != credential.enrollment
    assert again.status == "active"

    assert world.take_final(made, learner).registration == again.uuid
    again.refresh_from_db()
    assert again.status == "completed"
    new = Credential.objects.get(enrollment=again)
    assert new.code != credential.code
    assert standing_of(Credential.objects.get(pk=credential.pk)) == "revoked"
    assert standing_of(new) == "pending"


def test_the_course_page_offers_to_take_it_again(made, learner, credential, client):
    client.force_login(learner)
    page = reverse("cms:course", args=[made.course.uuid])
    action = reverse("courses:enroll", args=[made.course.uuid])
    assert action not in client.get(page, follow=True).content.decode()
    revoke(credential)
    assert action in client.get(page, follow=True).content.decode()


def test_what_had_run_out_before_keeps_its_day(credential):
    over = now() - timedelta(days=3)
    end_validity(enrollment=credential.enrollment, at=over)
    revoke(credential)
    assert Enrollment.objects.get().valid_to == over


def test_another_enrollment_under_way_is_left_alone(made, credential):
    other = enroll(learner=UserFactory(), course=made.course)
    revoke(credential)
    end_validity(enrollment=other, at=now())
    other.refresh_from_db()
    assert other.valid_to is None
