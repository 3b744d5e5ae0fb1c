"""What credentials do when a course was completed, and when a person is erased."""

from django.db import transaction
from django.dispatch import receiver

from academy.people.models import User
from academy.people.signals import person_erased
from courses.models import Enrollment
from courses.signals import completion_taken_back, course_completed
from credentials import services
from credentials.issuer import issuer
from credentials.tasks import issue_credential


@receiver(course_completed, sender=Enrollment, dispatch_uid="credentials.owe")
def owe_credential(sender, enrollment: Enrollment, completions: list, **kwargs):
    credential = services.owe_credential(
        enrollment=enrollment, completions=completions, issuer=issuer()
    )
    if credential is not None and credential.state == credential.State.PENDING:
        # Robust: a broker that is down must not fail what was earned; the sweep finds the row.
        transaction.on_commit(lambda: issue_credential.delay(credential.pk), robust=True)


@receiver(completion_taken_back, sender=Enrollment, dispatch_uid="credentials.revoke")
def revoke_credential(sender, enrollment: Enrollment, reason: str, by, at, **kwargs):
    services.revoke_for(enrollment=enrollment, reason=reason, by=by, at=at)


@receiver(person_erased, sender=User, dispatch_uid="credentials.forget_person")
def forget_person(sender, person: User, **kwargs):
    services.forget_person(person)
