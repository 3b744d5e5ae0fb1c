"""What assessments do when a question is published, unpublished or deleted in Wagtail, and when a
person is erased."""

from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.signals import published, unpublished

from academy.people.models import User
from academy.people.signals import person_erased
from assessments import reviews, services
from assessments.models import Attempt, Item, ItemContent
from assessments.models.bank import ItemStatus
from assessments.signals import attempt_graded


@receiver(published, sender=ItemContent, dispatch_uid="assessments.publish_item")
def publish_item(sender, instance: ItemContent, **kwargs):
    services.publish_item(instance)


@receiver(unpublished, sender=ItemContent, dispatch_uid="assessments.retire_item")
def retire_item(sender, instance: ItemContent, **kwargs):
    services.retire_item(instance)


@receiver(post_delete, sender=ItemContent, dispatch_uid="assessments.retire_deleted_item")
def retire_deleted_item(sender, instance: ItemContent, **kwargs):
    """A question whose source is deleted is drawn no more; a deleted translation changes nothing."""
    older = ItemContent.objects.filter(translation_key=instance.translation_key, pk__lt=instance.pk)
    if not older.exists():
        Item.objects.filter(uuid=instance.translation_key).update(status=ItemStatus.RETIRED)


@receiver(attempt_graded, sender=Attempt, dispatch_uid="assessments.settle_second_form")
def settle_second_form(sender, attempt: Attempt, at, **kwargs):
    if attempt.is_second_form:
        reviews.settle_second_form(attempt, at=at)


@receiver(person_erased, sender=User, dispatch_uid="assessments.forget_person")
def forget_person(sender, person: User, **kwargs):
    services.forget_person(person)
