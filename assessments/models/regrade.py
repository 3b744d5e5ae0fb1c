"""Grades given again after a bad key: what was decided, and every score that changed."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.attempt import Attempt, Response
from assessments.models.bank import ItemVersion


class Regrade(models.Model):
    """One decision about the answers to one version of an item. Previewed first, applied once, by a
    task that can be stopped and taken up (`cursor`: the last response it looked at); never undone,
    only followed by another."""

    class Policy(models.TextChoices):
        FULL_CREDIT = "full", _("full points for everyone")
        BEST_OF = "best", _("the better of the old key and the new one")
        NEW_KEY = "new", _("the new key")
        NEUTRALISE = "neutral", _("the question does not count")

    class State(models.TextChoices):
        PREVIEW = "preview", _("preview")
        PENDING = "pending", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item_version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="regrades")
    new_version = models.ForeignKey(
        ItemVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    policy = models.CharField(_("policy"), max_length=8, choices=Policy)
    reason = models.TextField(_("reason"), help_text=_("Told to those whose score changes."))
    takes_back = models.BooleanField(
        _("take back passes"),
        default=False,
        help_text=_(
            "Passes that the new scores no longer reach, and certificates that rest on them. "
            "Otherwise who has passed stays passed."
        ),
    )
    state = models.CharField(max_length=8, choices=State, default=State.PREVIEW)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        ordering = ["-decided_at", "-id"]

    def __str__(self) -> str:
        return f"{self.item_version} ({self.policy})"


class ScoreChange(models.Model):
    """What a regrade did to one response and its attempt. Append-only.

    `before` and `after` are `{"score", "neutral", "raw", "max", "passed", "areas", "sections"}`: the
    response's score and whether it counts, and the attempt's outcome. An attempt graded while the
    decision stood already has no outcome before it.
    """

    regrade = models.ForeignKey(Regrade, on_delete=models.PROTECT, related_name="changes")
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="score_changes")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="score_changes")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    before = models.JSONField()
    after = models.JSONField()
    statement_id = models.UUIDField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("score change")
        verbose_name_plural = _("score changes")
        ordering = ["regrade_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["regrade", "response"], name="assessments_score_change_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.regrade}: {self.response}"
