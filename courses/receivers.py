"""What courses do when an attempt was graded, when what is asked of people changed, and when a
person is erased."""

from datetime import datetime
from uuid import UUID

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from academy.competencies.models import Profile, ProfileEntry
from academy.people.models import Membership, User
from academy.people.signals import person_erased
from assessments.models import Attempt, PlacementReview, Regrade
from assessments.signals import attempt_graded, attempt_regraded, channels_asked, review_decided
from courses import plans, services


@receiver(attempt_graded, sender=Attempt, dispatch_uid="courses.record_attempt")
def record_attempt(sender, attempt: Attempt, at: datetime, **kwargs):
    if attempt.is_second_form:
        return  # its review tells what came of it
    if attempt.is_placement:
        plans.record_placement(attempt)
    elif services.record_final(attempt, at=at):
        plans.renew_plan(attempt.learner, at=at)


@receiver(attempt_regraded, sender=Attempt, dispatch_uid="courses.record_regrade")
def record_regrade(sender, attempt: Attempt, was_passed, regrade: Regrade, at: datetime, **kwargs):
    if attempt.is_placement:
        plans.record_placement(attempt, at=at)
    elif services.record_regrade(attempt, was_passed=bool(was_passed), regrade=regrade, at=at):
        plans.renew_plan(attempt.learner, at=at)


@receiver(channels_asked, dispatch_uid="courses.say_channels")
def say_channels(sender, registrations: set[UUID], **kwargs) -> dict[UUID, str]:
    return services.channels_of(registrations)


@receiver(review_decided, sender=PlacementReview, dispatch_uid="courses.record_review")
def record_review(sender, review: PlacementReview, **kwargs):
    plans.record_review(review)


@receiver([post_save, post_delete], sender=Membership, dispatch_uid="courses.owe_plan")
def owe_plan(sender, instance: Membership, **kwargs):
    plans.owe_plans(learner=instance.person_id)


@receiver(pre_save, sender=Profile, dispatch_uid="courses.owe_plans_before")
def owe_plans_before(sender, instance: Profile, **kwargs):
    """A profile that is given to another position leaves the one it was of."""
    for position in Profile.objects.filter(pk=instance.pk).values_list("position", flat=True):
        plans.owe_plans_of(position)


@receiver([post_save, post_delete], sender=Profile, dispatch_uid="courses.owe_plans_of_profile")
def owe_plans_of_profile(sender, instance: Profile, **kwargs):
    plans.owe_plans_of(instance.position_id)


@receiver([post_save, post_delete], sender=ProfileEntry, dispatch_uid="courses.owe_plans_of_entry")
def owe_plans_of_entry(sender, instance: ProfileEntry, **kwargs):
    plans.owe_plans_of(instance.profile.position_id)


@receiver(person_erased, sender=User, dispatch_uid="courses.forget_person")
def forget_person(sender, person: User, **kwargs):
    services.forget_person(person)
