"""What people mark: rubrics, and the marks that were given."""

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from academy.core.fields import LocalizedField
from assessments.models.attempt import Response


class Rubric(ClusterableModel):
    """What an answer is marked by. An `ItemVersion` freezes a copy: changing a rubric never changes
    how an answer that was handed in before is marked."""

    class Kind(models.TextChoices):
        POINTS = "points", _("points for each criterion")
        SAFE_TO_FAIL = "safe_to_fail", _("safe to fail: how it was tried, not how it came out")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = LocalizedField(_("title"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.POINTS)

    class Meta:
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.title) or self.code


class Criterion(ClusterableModel):
    """One thing looked at. One that is not scored (the outcome of a safe-to-fail trial) is described
    and commented on, and counts nothing."""

    rubric = ParentalKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.PositiveSmallIntegerField(default=0)
    title = LocalizedField(_("title"))
    description = LocalizedField(_("what is looked at"), long=True, blank=True)
    is_scored = models.BooleanField(_("counts"), default=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return str(self.title)


class CriterionLevel(models.Model):
    """One level of a criterion, and what an answer at it looks like."""

    criterion = ParentalKey(Criterion, on_delete=models.CASCADE, related_name="levels")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.PositiveSmallIntegerField(default=0)
    title = LocalizedField(_("title"))
    description = LocalizedField(_("what it looks like"), long=True, blank=True)
    points = models.DecimalField(
        _("points"), max_digits=5, decimal_places=2, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.title} ({self.points})"


class Mark(models.Model):
    """One person's marking of one response: claimed, then given, never changed. A moderation is
    another mark, with its reason. `levels` is `{criterion uuid: level uuid}`, `comments`
    `{criterion uuid: words}`; `score` the share of points, 0 to 1."""

    class Role(models.TextChoices):
        FIRST = "first", _("first marker")
        SECOND = "second", _("second marker")
        ADJUDICATOR = "adjudicator", _("adjudicator")
        MODERATOR = "moderator", _("moderator")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="marks")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    marker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="marks_given"
    )
    claimed_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True, blank=True)
    levels = models.JSONField(default=dict)
    comments = models.JSONField(default=dict)
    comment = models.TextField(_("comment for the learner"), blank=True)
    note = models.TextField(_("note for other markers"), blank=True)
    score = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        ordering = ["response_id", "id"]
        permissions = [("mark_response", _("Can mark answers"))]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "role"],
                condition=~Q(role="moderator"),
                name="assessments_mark_role_once",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True) | Q(score__gte=0, score__lte=1),
                name="assessments_mark_given_is_scored",
            ),
        ]
        indexes = [
            models.Index(
                fields=["marker", "claimed_at"],
                condition=Q(given_at__isnull=True),
                name="assessments_mark_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response} ({self.role})"
