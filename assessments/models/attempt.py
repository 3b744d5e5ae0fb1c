"""Attempts and what was answered in them."""

import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessment import Assessment
from assessments.models.bank import ItemVersion


def private_storage():
    return storages["private"]


class Attempt(models.Model):
    """One person taking one assessment once.

    `registration` is the xAPI registration it belongs to and is opaque here: the caller knows
    whether it is an enrollment. `pinned` freezes what the attempt depends on: for a placement the
    bank's parameters, cuts and rules; the cut score and limits have columns of their own. Given
    `pinned`, `seed` and the responses in order, every selection can be replayed.

    What people mark pins, when it is handed in, how it is marked (`pinned["marking"]`) and by when
    (`mark_by`).
    """

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("in progress")
        MARKING = "marking", _("being marked")
        GRADED = "graded", _("graded")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="attempts")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts"
    )
    registration = models.UUIDField()
    number = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_PROGRESS)
    language = models.CharField(max_length=12)
    seed = models.PositiveBigIntegerField()
    engine = models.CharField(max_length=20, default="1")
    pinned = models.JSONField(default=dict)
    cut_score = models.DecimalField(max_digits=4, decimal_places=3)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_seconds_left = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    mark_by = models.DateTimeField(null=True, blank=True)
    score_raw = models.FloatField(null=True, blank=True)
    score_max = models.FloatField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)
    result = models.JSONField(default=dict)
    statement_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "learner"],
                condition=Q(status="in_progress"),
                name="assessments_one_attempt_under_way",
            ),
            models.CheckConstraint(
                condition=Q(status="in_progress") | Q(submitted_at__isnull=False),
                name="assessments_graded_is_submitted",
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "-started_at"], name="assessments_attempt_person"),
            models.Index(
                fields=["deadline_at"],
                condition=Q(status="in_progress"),
                name="assessments_attempt_due",
            ),
            models.Index(
                fields=["mark_by"],
                condition=Q(status="marking"),
                name="assessments_attempt_to_mark",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment} #{self.number}"

    @property
    def is_placement(self) -> bool:
        return self.assessment.kind == Assessment.Kind.PLACEMENT

    @property
    def is_second_form(self) -> bool:
        """It looks again at one competency of a placement that its person contested."""
        return "second_form_of" in self.pinned

    @property
    def score_scaled(self) -> float | None:
        """The share of points, 0 to 1."""
        if self.score_raw is None or not self.score_max:
            return None
        return self.score_raw / self.score_max


class Response(models.Model):
    """One item shown in an attempt, and its answer. `sequence` grows with each save of the page,
    so that a late or repeated save never overwrites a newer answer; `client_id` names the page that
    saved last. `section` is the place of its section among those pinned; `seconds` the time the
    item was on a screen, as far as its pages told."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="responses")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    item_version = models.ForeignKey(
        ItemVersion, on_delete=models.PROTECT, related_name="responses"
    )
    option_order = models.JSONField(default=list)
    section = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True, blank=True)
    language = models.CharField(max_length=12, blank=True)
    sequence = models.PositiveBigIntegerField(default=0)
    client_id = models.CharField(max_length=40, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    is_flagged = models.BooleanField(default=False)
    shown_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["attempt_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "position"], name="assessments_response_position_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt} {self.position}"


class AnswerFile(models.Model):
    """A file handed in as an answer. Kept in private storage under a name of ours (`name` is the one
    it came with); a newer one takes its place in the answer, never on the disk."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="files")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    file = models.FileField(upload_to="answers/%Y/%m/", max_length=200, storage=private_storage)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["response_id", "id"]

    def __str__(self) -> str:
        return self.name
