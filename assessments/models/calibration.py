"""How hard items are, as measured: every calibration is kept."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessment import Assessment
from assessments.models.bank import Item, ItemBank


class Calibration(models.Model):
    """One estimation of a bank's parameters from the answers there were, linked to the scale of the
    one before (θ_old = slope × θ_new + intercept). It counts for attempts that start after it."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(ItemBank, on_delete=models.CASCADE, related_name="calibrations")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    asked_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    people = models.PositiveIntegerField(default=0)
    responses = models.PositiveIntegerField(default=0)
    slope = models.FloatField(default=1)
    intercept = models.FloatField(default=0)
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        ordering = ["bank_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "number"], name="assessments_calibration_once"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.number}"


class ItemParameters(models.Model):
    """An item's parameters by one calibration, on the bank's scale, with standard errors."""

    calibration = models.ForeignKey(
        Calibration, on_delete=models.CASCADE, related_name="parameters"
    )
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="parameters")
    discrimination = models.FloatField()
    difficulty = models.FloatField()
    guessing = models.FloatField()
    discrimination_se = models.FloatField()
    difficulty_se = models.FloatField()
    responses = models.PositiveIntegerField()
    fit = models.FloatField(null=True)
    is_drifting = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("item parameters")
        verbose_name_plural = _("item parameters")
        ordering = ["calibration_id", "item_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["calibration", "item"], name="assessments_parameters_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.calibration}: {self.item}"


class Exposure(models.Model):
    """How often a placement used an item, and how often it might have (`measurement.adaptive`)."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="exposures")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="exposures")
    administered = models.PositiveIntegerField(default=0)
    eligible = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "item"], name="assessments_exposure_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.item}"
