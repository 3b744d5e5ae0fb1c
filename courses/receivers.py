"""What courses do when an attempt was graded, and when a person is erased."""

from datetime import datetime

from django.dispatch import receiver

from academy.people.models import User
from academy.people.signals import person_erased
from assessments.models import Attempt
from assessments.signals import attempt_graded
from courses import plans, services


@receiver(attempt_graded, sender=Attempt, dispatch_uid="courses.record_attempt")
def record_attempt(sender, attempt: Attempt, at: datetime, **kwargs):
    if attempt.is_placement:
        plans.record_placement(attempt)
    elif services.record_final(attempt, at=at):
        plans.renew_plan(attempt.learner, at=at)


@receiver(person_erased, sender=User, dispatch_uid="courses.forget_person")
def forget_person(sender, person: User, **kwargs):
    services.forget_person(person)
