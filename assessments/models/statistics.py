"""What the answers say about the items of a bank or an assessment, as worked out once."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessment import Assessment
from assessments.models.bank import ItemBank


class ItemStatistics(models.Model):
    """The figures of one bank or one assessment, as of `as_of`; the newest take the place of those
    before. `figures` is what `item_statistics.work_out` says, `flagged` how many items misbehave.
    It names nobody, and holds no figure about fewer people than `item_statistics.LEAST_GROUP`."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    bank = models.OneToOneField(
        ItemBank, null=True, on_delete=models.CASCADE, related_name="statistics"
    )
    assessment = models.OneToOneField(
        Assessment, null=True, on_delete=models.CASCADE, related_name="statistics"
    )
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    asked_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)
    flagged = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("item statistics")
        verbose_name_plural = _("item statistics")
        constraints = [
            models.CheckConstraint(
                condition=Q(bank__isnull=False, assessment__isnull=True)
                | Q(bank__isnull=True, assessment__isnull=False),
                name="assessments_statistics_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.scope)

    @property
    def scope(self) -> ItemBank | Assessment:
        return self.bank or self.assessment
