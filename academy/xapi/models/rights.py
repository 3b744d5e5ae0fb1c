"""What people asked of the record of their learning, and what was taken out of it."""

import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def private_storage():
    """Where no address leads: files here are served by views alone."""
    return storages["private"]


class PersonExport(models.Model):
    """A copy of everything recorded about a person, for that person.

    The row is the owed work: pending until a worker claims it with a lease, claimed again by
    another when the lease ran out, then done or failed. `written` of `expected` statements is how
    far it is. File and row are removed when `expires_at` has come.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        CLAIMED = "claimed", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("could not be made")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to="exports/", storage=private_storage, blank=True)

    class Meta:
        verbose_name = _("copy of a record")
        verbose_name_plural = _("copies of records")
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=["pending", "claimed"]),
                name="xapi_export_one_under_way",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(file="") & Q(expires_at__isnull=False)),
                name="xapi_export_done_has_file",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["pending", "claimed"]),
                name="xapi_export_owed",
            ),
            models.Index(fields=["expires_at"], name="xapi_export_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.PENDING, self.State.CLAIMED)


class Erasure(models.Model):
    """A person was taken out of the learning record: who did it, when, why, and how much it was.

    While it is under way the row also holds what the person was called (`names`, `strings`) and the
    account that stands in their place (`pseudonym`), so that it can be taken up again; when it is
    finished all three are blank, and nothing leads from one to the other.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reason = models.TextField(_("reason"))
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField()
    worked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    names = models.JSONField(default=list)
    strings = models.JSONField(default=list)
    pseudonym = models.JSONField(default=dict)
    statements = models.PositiveIntegerField(default=0)
    attachments = models.PositiveIntegerField(default=0)
    documents = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(names=[], strings=[], pseudonym={}),
                name="xapi_erasure_finished_forgets",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class ErasureRequest(models.Model):
    """Another store has statements about an erased person, and is to be asked to erase them.

    xAPI has no request for that, so somebody asks whoever runs the store, and says so here.
    `names` is what the person is called there; it is blank once that is confirmed.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("to be asked for")
        CONFIRMED = "confirmed", _("confirmed")

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="requests")
    destination = models.CharField(_("destination"), max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    names = models.JSONField(default=list)
    requested_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("erasure elsewhere")
        verbose_name_plural = _("erasures elsewhere")
        ordering = ["requested_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["erasure", "destination"], name="xapi_erasure_request_once"
            ),
            models.CheckConstraint(
                condition=Q(state="requested", confirmed_at__isnull=True)
                | Q(state="confirmed", confirmed_at__isnull=False, names=[]),
                name="xapi_erasure_request_confirmed_forgets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.erasure} → {self.destination}"


class Purge(models.Model):
    """Statements of a class that were older than they are kept, removed in one run."""

    retention_class = models.CharField(_("class"), max_length=20)
    stored_before = models.DateTimeField(_("stored before"))
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    statements = models.PositiveIntegerField(default=0)
    partitions = models.JSONField(default=list)

    class Meta:
        verbose_name = _("purge")
        verbose_name_plural = _("purges")
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"{self.retention_class}, {self.stored_before:%Y-%m-%d}"
