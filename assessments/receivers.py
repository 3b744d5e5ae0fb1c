"""What assessments do when a question is published in Wagtail."""

from django.dispatch import receiver
from wagtail.signals import published, unpublished

from assessments import services
from assessments.models import ItemContent


@receiver(published, sender=ItemContent, dispatch_uid="assessments.publish_item")
def publish_item(sender, instance: ItemContent, **kwargs):
    services.publish_item(instance)


@receiver(unpublished, sender=ItemContent, dispatch_uid="assessments.retire_item")
def retire_item(sender, instance: ItemContent, **kwargs):
    services.retire_item(instance)
