"""A person's learning plan: the way from what they can do to what is asked of them."""

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from academy.people.models import Position
from courses.models.catalogue import Module
from courses.querysets import LearningPlanQuerySet


class LearningPlan(models.Model):
    """One plan a person. Renewing it keeps what the person decided: skips, additions, deferrals.

    `renew_on` is the day from which on it no longer says what is asked: the sweep makes it anew
    then, so that a manager sees it in step though its owner does not come by.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="learning_plan"
    )
    position = models.ForeignKey(
        Position, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    renewed_at = models.DateTimeField()
    renew_on = models.DateField(null=True, blank=True, db_index=True)

    objects = LearningPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("learning plan")
        verbose_name_plural = _("learning plans")

    def __str__(self) -> str:
        return str(self.learner)

    def is_owed(self, on: date) -> bool:
        """Whether it has to be made anew by the day."""
        return self.renew_on is not None and self.renew_on <= on


class PlanItem(models.Model):
    """A module on a plan, why it is there, and what was decided about it.

    `skip_grounds` is what allows to skip it: `[{"competency": id, "level": n, "probability": p}]`.
    `skipped_by` says who skipped it; what the placement did follows the placement, what the person
    did stays. One that the person took back (`is_wanted`) is never skipped by itself again.
    """

    class State(models.TextChoices):
        TO_DO = "to_do", _("to do")
        SKIP_OFFERED = "skip_offered", _("you may skip it")
        SKIPPED = "skipped", _("skipped")
        PROVEN = "proven", _("proven")

    class Origin(models.TextChoices):
        GAP = "gap", _("asked of you")
        ADDED = "added", _("added by you")

    class SkippedBy(models.TextChoices):
        PERSON = "person", _("by you")
        PLACEMENT = "placement", _("by your placement")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(LearningPlan, on_delete=models.CASCADE, related_name="items")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="plan_items")
    state = models.CharField(max_length=14, choices=State, default=State.TO_DO)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.GAP)
    order = models.PositiveSmallIntegerField(default=0)
    due_on = models.DateField(null=True, blank=True)
    deferred_to = models.DateField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    skip_attempt = models.UUIDField(null=True, blank=True)
    skip_grounds = models.JSONField(default=list)
    skipped_by = models.CharField(max_length=10, choices=SkippedBy, blank=True)
    is_wanted = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("plan item")
        verbose_name_plural = _("plan items")
        ordering = ["plan_id", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "module"], name="courses_plan_module_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.module}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.TO_DO, self.State.SKIP_OFFERED)
