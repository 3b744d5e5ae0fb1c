"""Simulated placements: what a bank can measure, before people find out."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessment import Assessment
from assessments.models.bank import ItemBank


class Simulation(models.Model):
    """One simulation of a placement, or of a bank as if it were one, by `people` who answer as the
    model says. Owed work: `done` of them are through; `result` is what
    `measurement.simulation.Simulated.as_json` says."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(
        Assessment, null=True, blank=True, on_delete=models.CASCADE, related_name="simulations"
    )
    bank = models.ForeignKey(
        ItemBank, null=True, blank=True, on_delete=models.CASCADE, related_name="simulations"
    )
    people = models.PositiveIntegerField(_("people"))
    seed = models.PositiveIntegerField(_("seed"))
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    done = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(assessment__isnull=True, bank__isnull=False)
                | models.Q(assessment__isnull=False, bank__isnull=True),
                name="assessments_simulation_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.assessment or self.bank)

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
