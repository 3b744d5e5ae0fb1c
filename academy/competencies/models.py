"""Competency frameworks, what positions ask for, and what people are known to be able to do."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from academy.competencies.querysets import CompetencyRecordQuerySet
from academy.core.fields import LocalizedField
from academy.people.models import Position


class Framework(models.Model):
    """A published competency framework (CASE: CFDocument). Its content as loaded is versioned."""

    code = models.SlugField(max_length=60, unique=True, allow_unicode=False)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = LocalizedField(_("title"))
    publisher = models.CharField(_("publisher"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("competency framework")
        verbose_name_plural = _("competency frameworks")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.title)


class FrameworkVersion(models.Model):
    """One file as it was loaded. Loading the same bytes again adds nothing."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    document = models.JSONField()
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["framework_id", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "number"], name="competencies_version_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework} v{self.number}"


class Area(models.Model):
    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="areas")
    code = models.CharField(max_length=20)
    title = LocalizedField(_("title"))
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["framework_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="competencies_area_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ProficiencyLevel(models.Model):
    """A step of a framework. Placement reports bands: DigComp's eight levels are four bands."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="levels")
    number = models.PositiveSmallIntegerField(_("number"))
    band = models.PositiveSmallIntegerField(_("band"))
    band_title = LocalizedField(_("band title"))

    class Meta:
        ordering = ["framework_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "number"], name="competencies_level_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.band_title}"


class Competency(models.Model):
    """One competency of a framework (CASE: CFItem). `ref` names it anywhere: "digcomp-2.2:1.2"."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="competencies")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="competencies")
    code = models.CharField(max_length=20)
    ref = models.CharField(max_length=90, unique=True)
    title = LocalizedField(_("title"))
    order = models.PositiveSmallIntegerField(default=0)
    is_retired = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("competency")
        verbose_name_plural = _("competencies")
        ordering = ["framework_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="competencies_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.framework.code} {self.code} · {self.title}"


class Profile(ClusterableModel):
    """What a position asks for; the one without a position is the baseline, asked of everyone."""

    position = models.OneToOneField(
        Position, null=True, blank=True, on_delete=models.CASCADE, related_name="profile"
    )
    due_days = models.PositiveSmallIntegerField(
        _("days to meet it"),
        default=180,
        help_text=_("Counted from the first day in the position."),
    )

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(position__isnull=True),
                name="competencies_one_baseline",
                violation_error_message=_("There is a baseline already. Change that one."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.position.title) if self.position_id else str(_("Baseline for everyone"))


class ProfileEntry(models.Model):
    profile = ParentalKey(Profile, on_delete=models.CASCADE, related_name="entries")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="asked_by")
    level = models.PositiveSmallIntegerField(_("level"))

    class Meta:
        ordering = ["profile_id", "competency_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "competency"], name="competencies_entry_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency} ≥ {self.level}"

    def clean(self):
        """The level is one of the competency's framework."""
        super().clean()
        if self.competency_id is None or self.level is None:
            return
        framework = self.competency.framework
        numbers = sorted(framework.levels.values_list("number", flat=True))
        if numbers and self.level not in numbers:
            raise ValidationError(
                {
                    "level": _("%(framework)s has the levels %(first)d to %(last)d.")
                    % {"framework": framework, "first": numbers[0], "last": numbers[-1]}
                }
            )


class CompetencyRecord(models.Model):
    """What is known of one person and one competency, how, and from when. Append-only.

    `placed` was shown by placement and is provisional; `held` was proven by a final assessment;
    `recognised` was accepted from prior evidence; `waived` is not required, with a reason.
    `evidence` lists xAPI statement ids and the attempt, so that the claim can be traced.
    A correction is a new row with a later `recorded_at`.
    """

    class Basis(models.TextChoices):
        PLACED = "placed", _("placed")
        HELD = "held", _("held")
        RECOGNISED = "recognised", _("recognised")
        WAIVED = "waived", _("waived")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="competency_records"
    )
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="records")
    level = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=12, choices=Basis)
    evidence = models.JSONField(default=dict)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = CompetencyRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("competency record")
        verbose_name_plural = _("competency records")
        ordering = ["-recorded_at", "-id"]
        indexes = [
            models.Index(fields=["learner", "competency", "basis"], name="competencies_rec_person"),
            models.Index(fields=["competency", "basis", "level"], name="competencies_rec_cover"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="competencies_record_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.competency} {self.level} ({self.basis})"
