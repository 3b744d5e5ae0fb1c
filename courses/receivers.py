"""What courses do when an attempt was graded."""

from datetime import datetime

from django.dispatch import receiver

from assessments.models import Attempt
from assessments.signals import attempt_graded
from courses import plans, services


@receiver(attempt_graded, sender=Attempt, dispatch_uid="courses.record_attempt")
def record_attempt(sender, attempt: Attempt, at: datetime, **kwargs):
    if attempt.is_placement:
        plans.record_placement(attempt)
    elif services.record_final(attempt, at=at):
        plans.renew_plan(attempt.learner, at=at)
