"""Placement that can be contested and is checked on: reviews, and spot checks of what was skipped."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.competencies.models import Competency
from assessments.models.attempt import Attempt
from assessments.models.bank import ItemVersion


class PlacementReview(models.Model):
    """ "I disagree": one person contests the level of one competency. A human decides with the
    evidence, or a second form does; either way it is answered by `due_at`, and never changed."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("a person looks at it")
        SECOND_FORM = "form", _("other questions")

    class Decision(models.TextChoices):
        KEPT = "kept", _("the level stays")
        CHANGED = "changed", _("the level is changed")
        WITHDRAWN = "withdrawn", _("withdrawn by the learner")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="reviews")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="placement_reviews"
    )
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.HUMAN)
    reason = models.TextField(_("reason"))
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    second_form = models.ForeignKey(
        Attempt, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    band = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(_("answer to the learner"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    statement_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("placement review")
        verbose_name_plural = _("placement reviews")
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "competency"], name="assessments_review_once"
            ),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_at__isnull=False),
                name="assessments_review_decided_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(decision=""), name="assessments_review_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt}: {self.competency}"

    @property
    def is_open(self) -> bool:
        return not self.decision

    @property
    def is_persons_change(self) -> bool:
        """A person, and no second form, put somebody in another band."""
        return self.kind == self.Kind.HUMAN and self.decision == self.Decision.CHANGED

    def is_overdue(self, at: datetime) -> bool:
        return self.is_open and self.due_at < at


class SpotCheck(models.Model):
    """One item about something that was skipped, asked later among other questions, to learn how
    often a skip was wrong. It never counts for or against the person.

    `skipped` is the uuid of what was skipped (opaque here), `attempt` the placement that allowed it;
    `was_held` what the answers to all items of one skip say, once they are in.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="spot_checks")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="spot_checks"
    )
    skipped = models.UUIDField()
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    band = models.PositiveSmallIntegerField()
    item_version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="+")
    seed = models.PositiveBigIntegerField()
    option_order = models.JSONField(default=list)
    planned_at = models.DateTimeField(default=timezone.now)
    due_after = models.DateTimeField()
    answer = models.JSONField(null=True, blank=True)
    language = models.CharField(max_length=12, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)
    statement_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("spot check")
        verbose_name_plural = _("spot checks")
        ordering = ["due_after", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "skipped", "item_version", "attempt"],
                name="assessments_spot_check_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["learner", "due_after"],
                condition=Q(answered_at__isnull=True),
                name="assessments_spot_check_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.item_version}"
