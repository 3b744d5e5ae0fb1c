"""What questions were imported from where, and imports that are under way."""

import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def private_storage():
    """Where no address leads: files here are read by services alone."""
    return storages["private"]


class ImportSource(models.Model):
    """A question of a bank that came from a file: by this the same file read again changes nothing.

    `source_id` is what the file calls it; `digest` is of all that the file said of it.
    """

    bank = models.ForeignKey(
        "assessments.ItemBank", on_delete=models.CASCADE, related_name="import_sources"
    )
    content = models.ForeignKey(
        "assessments.ItemContent", on_delete=models.CASCADE, related_name="import_sources"
    )
    source_id = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["bank_id", "source_id"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "source_id"], name="assessments_source_once"),
        ]

    def __str__(self) -> str:
        return self.source_id


class ImportJob(models.Model):
    """A file that somebody uploads into a bank: read first, imported when they say so.

    The row is the owed work: pending until a worker claims it with a lease, claimed again by
    another when the lease ran out, then done or failed; reading and importing are two such steps.
    `report` is an `assessments.importing.ImportReport` as JSON. File and row go at `expires_at`.
    """

    class Step(models.TextChoices):
        READ = "read", _("reading")
        IMPORT = "import", _("importing")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="import_jobs"
    )
    bank = models.ForeignKey(
        "assessments.ItemBank", on_delete=models.CASCADE, related_name="import_jobs"
    )
    file = models.FileField(upload_to="imports/", storage=private_storage)
    file_name = models.CharField(max_length=200)
    interface_language = models.CharField(max_length=12)
    choices = models.JSONField(default=dict)
    step = models.CharField(max_length=8, choices=Step, default=Step.READ)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    owed_since = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of questions")
        verbose_name_plural = _("imports of questions")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["owed_since"],
                condition=Q(state__in=["pending", "claimed"]),
                name="assessments_import_owed",
            ),
            models.Index(fields=["expires_at"], name="assessments_import_expiry"),
        ]

    def __str__(self) -> str:
        return self.file_name
